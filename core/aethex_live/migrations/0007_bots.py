"""core 0007: accounts of programs, and what names look like."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from aethex_live.domain.lookalikes import look_of

_NAMES = "select id, username, display_name from core_user where state <> 'deleted'"
_LOOKS = "update core_user set username_look = $2, name_look = $3 where id = $1"


async def look_at_names(_apps: object, editor: Any) -> None:
    """Write down what the names of today look like; from now on every new name is."""
    for row in await editor.client.execute_query_dict(_NAMES):
        looks = [row["id"], look_of(row["username"]), look_of(row["display_name"])]
        await editor.client.execute_query(_LOOKS, looks)


class Migration(migrations.Migration):
    dependencies = [("core", "0006_channels")]

    operations = [
        ops.AddField(
            model_name="User",
            name="bot_of",
            field=fields.ForeignKeyField(
                "core.User",
                source_field="bot_of_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name="bots",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="User",
            name="name_look",
            field=fields.CharField(default="", db_default="", db_index=True, max_length=100),
        ),
        ops.AddField(
            model_name="User",
            name="username_look",
            field=fields.CharField(default="", db_default="", db_index=True, max_length=100),
        ),
        ops.RunPython(look_at_names, ops.RunPython.noop),
    ]
