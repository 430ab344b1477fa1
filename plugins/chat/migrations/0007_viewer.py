"""chat 0007: viewer."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0007_bots'), ('chat', '0006_manners')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Block',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_constraint=True, to_field='id', related_name='chat_blocks', on_delete=OnDelete.CASCADE)),
                ('blocked', fields.ForeignKeyField('core.User', source_field='blocked_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_blocked_by', on_delete=OnDelete.CASCADE)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_block', 'app': 'chat', 'unique_together': (('user', 'blocked'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Dock',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('token', fields.OneToOneField('core.ApiToken', source_field='token_id', db_constraint=True, to_field='id', related_name='chat_dock', on_delete=OnDelete.CASCADE)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_docks', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharField(max_length=8)),
            ],
            options={'table': 'chat_dock', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Dock',
            constraint=CheckConstraint(check='"kind" in (\'read\', \'write\', \'moderate\')', name='chat_dock_kind_known'),
        ),
        ops.CreateModel(
            name='LookRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.OneToOneField('core.User', source_field='user_id', db_constraint=True, to_field='id', related_name='chat_look', on_delete=OnDelete.CASCADE)),
                ('look', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'chat_look', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
