"""chat 0003: held."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0006_channels'), ('chat', '0002_modes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='HeldMessage',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.ForeignKeyField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_held', on_delete=OnDelete.CASCADE)),
                ('author', fields.ForeignKeyField('core.User', source_field='author_id', db_index=True, db_constraint=True, to_field='id', related_name='chat_held', on_delete=OnDelete.CASCADE)),
                ('text', fields.CharField(max_length=500)),
                ('reply_to', fields.UUIDField(null=True)),
                ('client_id', fields.CharField(max_length=36)),
                ('reason', fields.CharField(default='', db_default='', max_length=200)),
                ('created_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_by', fields.UUIDField(null=True)),
                ('approved', fields.BooleanField(null=True)),
            ],
            options={'table': 'chat_held', 'app': 'chat', 'unique_together': (('channel', 'author', 'client_id'),), 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
