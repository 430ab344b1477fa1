"""chat 0005: acts."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0007_bots'), ('chat', '0004_emotes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Appeal',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_appeals', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_appeals', on_delete=OnDelete.CASCADE)),
                ('text', fields.CharField(max_length=500)),
                ('state', fields.CharField(default='open', db_default='open', max_length=8)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.UUIDField(null=True)),
                ('answer', fields.CharField(default='', db_default='', max_length=500)),
            ],
            options={'table': 'chat_appeal', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Appeal',
            constraint=CheckConstraint(check='"state" in (\'open\', \'approved\', \'denied\', \'over\')', name='chat_appeal_state_known'),
        ),
        ops.AddConstraint(
            model_name='Appeal',
            constraint=UniqueConstraint(fields=('channel_id', 'user_id'), name='chat_appeal_one', condition='"state" = \'open\''),
        ),
        ops.CreateModel(
            name='Note',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_notes', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_notes', on_delete=OnDelete.CASCADE)),
                ('author', fields.ForeignKeyField('core.User', source_field='author_id', null=True, db_constraint=True, to_field='id', related_name='chat_notes_written', on_delete=OnDelete.SET_NULL)),
                ('author_name', fields.CharField(max_length=50)),
                ('text', fields.CharField(max_length=500)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_note', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PersonWarning',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_warnings', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_warnings', on_delete=OnDelete.CASCADE)),
                ('reason', fields.CharField(max_length=200)),
                ('by', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('acknowledged_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_warning', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='PersonWarning',
            constraint=UniqueConstraint(fields=('channel_id', 'user_id'), name='chat_warning_one', condition='"acknowledged_at" is null'),
        ),
        ops.CreateModel(
            name='ShieldRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.OneToOneField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_shield', on_delete=OnDelete.CASCADE)),
                ('preset', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('before', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('by', fields.UUIDField(null=True)),
                ('since', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_shield', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='ShieldRow',
            constraint=CheckConstraint(check='("before" is null) = ("since" is null)', name='chat_shield_on'),
        ),
        ops.RemoveConstraint(
            model_name='Restriction',
            name='chat_restriction_end',
            fields=None,
        ),
        ops.AddConstraint(
            model_name='Restriction',
            constraint=CheckConstraint(check='"kind" = \'ban\' or "until" is not null', name='chat_restriction_end'),
        ),
    ]
