"""core 0003: the first categories, and the row that counts control messages."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from aethex_live.ids import derived_id

CATEGORIES = {
    "just-chatting": "Just chatting",
    "music": "Music",
    "games": "Games",
    "creative": "Creative",
    "software": "Software",
    "science-and-tech": "Science and tech",
    "talk-shows": "Talk shows",
    "sports": "Sports",
    "outdoors": "Outdoors",
    "art": "Art",
}
INSERT = "insert into core_category (id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing"


class Migration(migrations.Migration):
    dependencies = [("core", "0002_event_numbers")]

    operations = [
        ops.RunSQL(
            [(INSERT, [derived_id("category", slug), slug, name]) for slug, name in CATEGORIES.items()],
            ops.RunSQL.noop,
        ),
        ops.RunSQL("insert into core_control_version (id, version) values (1, 0)", ops.RunSQL.noop),
    ]
