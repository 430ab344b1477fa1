"""auth_local 0001: initial."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from aethex_live.ids import uuid7
from tortoise import fields

class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name='Credential',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('subject', fields.CharField(unique=True, max_length=200)),
                ('secret', fields.TextField(unique=False)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'auth_local_credential', 'app': 'auth_local', 'pk_attr': 'id'},
            bases=['Row'],
        ),
    ]
