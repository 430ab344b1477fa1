"""What most rows share: a UUIDv7 key that is made in Python, so that an id is known before the insert."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from aethex_live.ids import uuid7


class Row(Model):
    """A row with a UUIDv7 primary key: ids sort by the time at which they were made."""

    id: UUID = fields.UUIDField(primary_key=True, default=uuid7)

    class Meta:
        abstract = True


def one_of(table: str, column: str, *values: str) -> CheckConstraint:
    """A CHECK that `column` holds one of `values` (or NULL, where the column allows it)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(check=f'"{column}" in ({listed})', name=f"{table}_{column}_known")
