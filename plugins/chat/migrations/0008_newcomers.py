"""chat 0008: newcomers."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('core', '0007_bots'), ('chat', '0007_viewer')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ModesRow',
            name='hold_newcomers',
            field=fields.BooleanField(default=False, db_default=False),
        ),
    ]
