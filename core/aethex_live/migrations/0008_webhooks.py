"""core 0008: what vendors tell by webhooks, addresses that get no mails, and sessions of providers."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from aethex_live.ids import uuid7


class Migration(migrations.Migration):
    dependencies = [("core", "0007_bots")]

    operations = [
        ops.CreateModel(
            name="MailStop",
            fields=[
                ("address_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("reason", fields.CharField(max_length=12)),
                ("provider", fields.CharField(max_length=40)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "core_mail_stop", "app": "core", "pk_attr": "address_hash"},
            bases=["Model"],
        ),
        ops.AddConstraint(
            model_name="MailStop",
            constraint=CheckConstraint(
                check="\"reason\" in ('bounced', 'complained')", name="core_mail_stop_reason_known"
            ),
        ),
        ops.CreateModel(
            name="ProviderState",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                ("provider", fields.CharField(max_length=40)),
                ("subject", fields.CharField(max_length=200)),
                ("family", fields.CharField(max_length=20)),
                ("type", fields.CharField(max_length=40)),
                ("occurred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "core_provider_state",
                "app": "core",
                "unique_together": (("kind", "provider", "subject", "family"),),
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.AddField(
            model_name="Session",
            name="provider_session",
            field=fields.CharField(null=True, db_index=True, max_length=200),
        ),
        ops.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                ("provider", fields.CharField(max_length=40)),
                ("digest", fields.CharField(max_length=64)),
                ("state", fields.CharField(default="read", db_default="read", max_length=12)),
                ("error", fields.TextField(default="", db_default="", unique=False)),
                ("headers", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("body", fields.BinaryField()),
                ("times", fields.IntField(default=1, db_default=1)),
                ("received_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "core_webhook_delivery",
                "app": "core",
                "unique_together": (("kind", "provider", "digest"),),
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.AddConstraint(
            model_name="WebhookDelivery",
            constraint=CheckConstraint(
                check="\"state\" in ('read', 'unreadable')", name="core_webhook_delivery_state_known"
            ),
        ),
        ops.CreateModel(
            name="WebhookEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=12)),
                ("provider", fields.CharField(max_length=40)),
                ("event_id", fields.CharField(max_length=200)),
                ("type", fields.CharField(max_length=40)),
                ("subject", fields.CharField(max_length=200)),
                ("ref", fields.CharField(null=True, max_length=200)),
                ("occurred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("data", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("received_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("delivery_id", fields.UUIDField(null=True)),
                ("job_id", fields.UUIDField(null=True)),
                ("state", fields.CharField(default="new", db_default="new", max_length=8)),
                ("note", fields.TextField(default="", db_default="", unique=False)),
                ("runs", fields.IntField(default=0, db_default=0)),
                ("handled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "core_webhook_event",
                "app": "core",
                "unique_together": (("kind", "provider", "event_id"),),
                "indexes": [
                    Index(fields=["kind", "provider", "subject", "occurred_at"], name="core_webhook_event_by_subject"),
                    Index(fields=["state", "received_at"], name="core_webhook_event_by_state"),
                ],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.AddConstraint(
            model_name="WebhookEvent",
            constraint=CheckConstraint(
                check="\"state\" in ('new', 'done', 'stale')", name="core_webhook_event_state_known"
            ),
        ),
    ]
