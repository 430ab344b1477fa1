"""chat 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0003_seed')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Line',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_lines', on_delete=OnDelete.CASCADE)),
                ('seq', fields.BigIntField()),
                ('author', fields.ForeignKeyField('core.User', source_field='author_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='chat_lines', on_delete=OnDelete.SET_NULL)),
                ('author_name', fields.CharField(max_length=50)),
                ('role', fields.CharField(max_length=10)),
                ('kind', fields.CharField(max_length=8)),
                ('text', fields.CharField(default='', db_default='', max_length=500)),
                ('mentions', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('act', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('reply_to', fields.UUIDField(null=True)),
                ('client_id', fields.CharField(max_length=36)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'chat_line', 'app': 'chat', 'unique_together': (('channel', 'seq'), ('channel', 'author', 'client_id')), 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Line',
            constraint=CheckConstraint(check='"role" in (\'owner\', \'moderator\', \'member\')', name='chat_line_role_known'),
        ),
        ops.AddConstraint(
            model_name='Line',
            constraint=CheckConstraint(check='"kind" in (\'message\', \'act\')', name='chat_line_kind_known'),
        ),
        ops.AddConstraint(
            model_name='Line',
            constraint=CheckConstraint(check='("kind" = \'act\') = ("act" is not null)', name='chat_line_act'),
        ),
        ops.CreateModel(
            name='Restriction',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_restrictions', on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('core.User', source_field='user_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_restrictions', on_delete=OnDelete.CASCADE)),
                ('kind', fields.CharField(max_length=8)),
                ('until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', db_default='', max_length=200)),
                ('by', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('lifted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('lifted_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'chat_restriction', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='Restriction',
            constraint=CheckConstraint(check='"kind" in (\'timeout\', \'ban\')', name='chat_restriction_kind_known'),
        ),
        ops.AddConstraint(
            model_name='Restriction',
            constraint=CheckConstraint(check='("kind" = \'timeout\') = ("until" is not null)', name='chat_restriction_end'),
        ),
        ops.AddConstraint(
            model_name='Restriction',
            constraint=UniqueConstraint(fields=('channel_id', 'user_id'), name='chat_restriction_one', condition='"lifted_at" is null'),
        ),
    ]
