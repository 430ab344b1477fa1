"""chat 0002: modes."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('core', '0005_audit_chain'), ('chat', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ModesRow',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('channel', fields.OneToOneField('core.Channel', source_field='channel_id', db_constraint=True, to_field='id', related_name='chat_modes', on_delete=OnDelete.CASCADE)),
                ('slow_s', fields.SmallIntField(default=0, db_default=0)),
                ('unique_only', fields.BooleanField(default=False, db_default=False)),
                ('links', fields.CharField(default='allow', db_default='allow', max_length=8)),
                ('min_age_minutes', fields.IntField(default=0, db_default=0)),
                ('verified_only', fields.BooleanField(default=False, db_default=False)),
            ],
            options={'table': 'chat_modes', 'app': 'chat', 'pk_attr': 'id'},
            bases=['Row'],
        ),
        ops.AddConstraint(
            model_name='ModesRow',
            constraint=CheckConstraint(check='"links" in (\'allow\', \'hold\', \'refuse\')', name='chat_modes_links_known'),
        ),
        ops.AddConstraint(
            model_name='ModesRow',
            constraint=CheckConstraint(check='"slow_s" between 0 and 600', name='chat_modes_slow'),
        ),
    ]
