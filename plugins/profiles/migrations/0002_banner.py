"""profiles 0002: banner."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0005_audit_chain'), ('profiles', '0001_initial')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Profile',
            name='banner_alt',
            field=fields.CharField(default='', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='Profile',
            name='banner_key',
            field=fields.CharField(null=True, db_index=True, max_length=200),
        ),
        ops.AddField(
            model_name='Profile',
            name='banner_provider',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Profile',
            name='links',
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
    ]
