"""core 0009: subjects of identities may name an issuer, so they are longer."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("core", "0008_webhooks")]

    operations = [
        ops.AlterField(
            model_name="Identity",
            name="subject",
            field=fields.CharField(max_length=512),
        ),
    ]
