"""chat 0004: emotes."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0006_channels'), ('chat', '0003_held')]

    initial = False

    operations = [
        ops.CreateModel(
            name='EmoteRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_emotes', on_delete=OnDelete.CASCADE)),
                ('code', fields.CharField(max_length=24)),
                ('code_key', fields.CharField(max_length=24)),
                ('provider', fields.CharField(max_length=64)),
                ('key', fields.CharField(max_length=200)),
                ('animated', fields.BooleanField(default=False, db_default=False)),
                ('size', fields.IntField()),
                ('state', fields.CharField(max_length=8)),
                ('created_by', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decided_by', fields.UUIDField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', db_default='', max_length=200)),
            ],
            options={'table': 'chat_emote', 'app': 'chat', 'unique_together': (('channel', 'code_key'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='EmoteRow',
            constraint=CheckConstraint(check='"state" in (\'pending\', \'approved\', \'denied\')', name='chat_emote_state_known'),
        ),
        ops.AddField(
            model_name='Line',
            name='emotes',
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name='ModesRow',
            name='emotes_only',
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
