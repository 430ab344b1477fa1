"""applause 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0004_foundation')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Count',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('broadcast', fields.OneToOneField('core.Broadcast', source_field='broadcast_id', db_constraint=True, to_field='id', related_name='applause_count', on_delete=OnDelete.CASCADE)),
                ('claps', fields.IntField(default=0, db_default=0)),
            ],
            options={'table': 'applause_count', 'app': 'applause', 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
