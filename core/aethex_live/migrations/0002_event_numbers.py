"""core 0002: the order of inserts in the event log, by which the dispatcher gives positions.

A column that Tortoise does not know: an identity is filled by the server alone, whoever writes the row.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        ops.RunSQL(
            [
                "alter table core_event add column number bigint generated always as identity",
                "create index core_event_unplaced on core_event (number) where position is null",
            ],
            "alter table core_event drop column number",
        ),
    ]
