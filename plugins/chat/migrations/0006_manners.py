"""chat 0006: manners."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0007_bots'), ('chat', '0005_acts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PinRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.OneToOneField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_pin', on_delete=OnDelete.CASCADE)),
                ('line', fields.UUIDField(null=True)),
                ('text', fields.CharField(max_length=500)),
                ('author', fields.UUIDField(null=True, db_index=True)),
                ('author_name', fields.CharField(max_length=50)),
                ('by', fields.UUIDField(null=True)),
                ('by_name', fields.CharField(max_length=50)),
                ('until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_pin', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='RulesAccepted',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_rules_accepted', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_rules_accepted', on_delete=OnDelete.CASCADE)),
                ('version', fields.IntField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_rules_accepted', 'app': 'chat', 'unique_together': (('channel', 'user'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='RulesRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.OneToOneField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_rules', on_delete=OnDelete.CASCADE)),
                ('text', fields.CharField(default='', db_default='', max_length=2000)),
                ('version', fields.IntField(default=1, db_default=1)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_rules', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Line',
            name='accent',
            field=fields.CharField(default='', db_default='', max_length=8),
        ),
        ops.AddField(
            model_name='Line',
            name='badges',
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name='Line',
            name='visible_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddConstraint(
            model_name='Line',
            constraint=CheckConstraint(check='"accent" in (\'\', \'note\', \'good\', \'warn\')', name='chat_line_accent_known'),
        ),
        ops.AddField(
            model_name='ModesRow',
            name='delay_s',
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='ModesRow',
            name='follow_minutes',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='ModesRow',
            name='followers_only',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='ModesRow',
            name='subscribers_only',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddConstraint(
            model_name='ModesRow',
            constraint=CheckConstraint(check='"delay_s" between 0 and 10', name='chat_modes_delay'),
        ),
        # lines that viewers see later: few, and looked for at every message
        ops.RunSQL(
            'create index chat_line_later on chat_line (channel_id, visible_at) where visible_at is not null',
            'drop index chat_line_later',
        ),
    ]
