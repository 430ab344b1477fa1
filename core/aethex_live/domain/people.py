"""People as pages show them: names from the core, pictures and words from plugins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import UUID

from aethex_live.hookspecs import auth as specs
from aethex_live.models import User

if TYPE_CHECKING:
    from aethex_live._runtime.verbs import HookCaller


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is shown of an account; `avatar` and `banner` are addresses or None, `banner_alt` says what it shows."""

    id: UUID
    username: str
    name: str
    avatar: str | None = None
    bio: str = ""
    banner: str | None = None
    banner_alt: str = ""


class People:
    """Describes accounts, asking the plugins once for all of them."""

    def __init__(self, hooks: HookCaller) -> None:
        self._hooks = hooks

    async def describe(self, ids: Iterable[UUID]) -> dict[UUID, Person]:
        """The people of these ids; unknown ones are left out."""
        rows = (
            await User.filter(id__in=list(set(ids))).exclude(state="deleted").values("id", "username", "display_name")
        )
        facts: dict[UUID, dict[str, object]] = {row["id"]: {"name": row["display_name"]} for row in rows}
        if facts:
            facts = await self._hooks.fold(specs.describe_users, facts)
        return {row["id"]: _person(row["id"], row["username"], facts.get(row["id"], {})) for row in rows}


def _person(user_id: UUID, username: str, facts: dict[str, object]) -> Person:
    return Person(
        id=user_id,
        username=username,
        name=str(facts.get("name") or username),
        avatar=cast("str | None", facts.get("avatar")),
        bio=str(facts.get("bio") or ""),
        banner=cast("str | None", facts.get("banner")),
        banner_alt=str(facts.get("banner_alt") or ""),
    )
