"""profiles 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from tortoise.fields.base import OnDelete
from tortoise.fields.db_defaults import Now
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0003_seed')]

    initial = True

    operations = [
        ops.CreateModel(
            name='Profile',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('user', fields.OneToOneField('core.User', source_field='user_id', db_constraint=True, to_field='id', related_name='profiles_profile', on_delete=OnDelete.CASCADE)),
                ('bio', fields.CharField(default='', db_default='', max_length=500)),
                ('avatar_provider', fields.CharField(null=True, max_length=40)),
                ('avatar_key', fields.CharField(null=True, db_index=True, max_length=200)),
                ('updated_at', fields.DatetimeField(db_default=Now(), auto_now=True, auto_now_add=False)),
            ],
            options={'table': 'profiles_profile', 'app': 'profiles', 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
