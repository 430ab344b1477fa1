"""core 0004: foundation."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0001_initial'), ('core', '0002_event_numbers'), ('core', '0003_seed')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ApiToken',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='api_tokens', on_delete=OnDelete.CASCADE)),
                ('name', fields.CharField(max_length=50)),
                ('hint', fields.CharField(max_length=16)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('scopes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'core_api_token', 'app': 'core', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='chain',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='number',
            field=fields.BigIntField(null=True, unique=True),
        ),
        ops.AddField(
            model_name='Broadcast',
            name='rehearsal',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Channel',
            name='mature',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Channel',
            name='retention_days',
            field=fields.IntField(null=True),
        ),
        ops.AddConstraint(
            model_name='Channel',
            constraint=CheckConstraint(check='"retention_days" between 1 and 3650', name='core_channel_retention_days'),
        ),
        ops.AddField(
            model_name='Ingest',
            name='rehearsal',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Recording',
            name='expires_at',
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Recording',
            name='warned_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Session',
            name='proven_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RemoveConstraint(
            model_name='User',
            name='core_user_state_known',
            fields=None,
        ),
        ops.AddField(
            model_name='User',
            name='delete_at',
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='email_verified_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='terms_accepted_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='terms_version',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddConstraint(
            model_name='User',
            constraint=CheckConstraint(check='"state" in (\'active\', \'pending\', \'banned\', \'leaving\', \'deleted\')', name='core_user_state_known'),
        ),
    ]
