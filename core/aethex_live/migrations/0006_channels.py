"""core 0006: channels that an operator keeps out of lists, and closed ones that are to be deleted."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("core", "0005_audit_chain")]

    operations = [
        ops.AddField(
            model_name="Channel",
            name="held_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Channel",
            name="held_reason",
            field=fields.CharField(default="", db_default="", max_length=200),
        ),
        ops.AddField(
            model_name="Channel",
            name="delete_at",
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Channel",
            name="closed_by_operator",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddConstraint(
            model_name="Channel",
            constraint=CheckConstraint(
                check="\"held_at\" is null or \"visibility\" = 'unlisted'", name="core_channel_held_is_unlisted"
            ),
        ),
    ]
