"""Names that pass for somebody else's: of operators, of channels' owners, of the site itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from aethex_live.db import Database
from aethex_live.domain.confusables import skeleton
from aethex_live.errors import Conflict, Invalid

LONGEST_LOOK = 100
# who is called so seems to speak for the site
STAFF = (
    "admin",
    "administrator",
    "mod",
    "moderator",
    "official",
    "operator",
    "owner",
    "staff",
    "support",
    "system",
    "aethex",
)
NOBODY = UUID(int=0)
_TAKEN = """
select u.username, u.role from core_user u
where u.id <> $2 and u.state <> 'deleted' and $1 <> '' and (u.username_look = $1 or u.name_look = $1)
  and (u.role = 'operator'
       or exists (select 1 from core_channel c where c.owner_id = u.id and c.delete_at is null))
limit 1
"""


def look_of(name: str) -> str:
    """What a name looks like, whatever its case; "" when there is nothing to see. No text to show.

    Letters and digits alone: nova_, n.o.v.a and nova are one to somebody who reads fast. So are i, I, l and 1.
    """
    plain = skeleton(unicodedata.normalize("NFKC", name).casefold())
    folded = skeleton(plain.casefold()).replace("i", "l").replace("\u0131", "l")
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNS")[:LONGEST_LOOK]


@cache
def _staff() -> frozenset[str]:
    return frozenset(look_of(word) for word in STAFF)


async def check_look(db: Database, name: str, *, field: str, user_id: UUID = NOBODY, also: Iterable[str] = ()) -> None:
    """Raises Conflict about `field` when the name passes for that of an operator or of a channel's owner.

    Raises Invalid when it seems to speak for the site; `also` are more names that do, such as the site's own.
    """
    look = look_of(name)
    if look in _staff() or look in {look_of(word) for word in also}:
        raise Invalid(
            f"“{name}” reads as if it spoke for this site; choose another name.", field=field, code="name-of-staff"
        )
    rows = await db.fetch(_TAKEN, [look, user_id])
    if rows:
        whose = "who runs this site" if rows[0]["role"] == "operator" else "who has a channel here"
        raise Conflict(
            f"“{name}” looks like the name of somebody {whose}; choose one that nobody takes for theirs.",
            field=field,
            code="name-confusable",
        )
