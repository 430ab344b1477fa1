"""Settings that an operator may choose in the browser, where no file, variable or option says them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aethex_live.actor import Actor
from aethex_live.errors import Conflict, Invalid
from aethex_live.events import record
from aethex_live.events.types import SiteChanged
from aethex_live.models import SiteFact
from aethex_live.settings import Site, checked

if TYPE_CHECKING:
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

CONTROL_KIND: Final = "site.changed"
PREFIX: Final = "setting."
LONGEST = 500
TERMS_FILE = "terms.txt"
# whether a choice is taken at once, or read at the start alone
CHOOSABLE: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "name": True,
        "url": False,
        "terms_version": True,
        "terms_url": True,
        "channels_per_person": False,
        "recordings_days": False,
        "leaving_days": False,
    }
)
AT_ONCE: Final = frozenset(name for name, at_once in CHOOSABLE.items() if at_once)

log = logging.getLogger("aethex.settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A setting as the settings page shows it. `value` is in force here, `chosen` what was chosen in the browser.

    `locked`: `source` says it, so it can't be chosen here. `waiting`: the choice counts from the next start.
    """

    name: str
    description: str
    value: str
    chosen: str | None
    source: str
    locked: bool
    at_once: bool
    waiting: bool


async def stored(db: Database) -> dict[str, str]:
    """What was chosen in the browser; a value that is not right any more is left out and logged."""
    rows = await db.fetch("select key, value from core_site_fact where key like 'setting.%'")
    found = {row["key"].removeprefix(PREFIX): row["value"] for row in rows}
    return {name: text for name, text in found.items() if name in CHOOSABLE and _holds(name, text)}


def _holds(name: str, text: str) -> bool:
    try:
        checked({name: text})
    except ValueError as error:
        log.warning("The setting %s that was chosen in the browser is left out: %s", name, error)
        return False
    return True


class SiteChoices:
    """Shows and keeps the choices, and tells every process."""

    def __init__(self, db: Database, site: Site, control: Control, audit: Audit) -> None:
        self._db = db
        self._site = site
        self._control = control
        self._audit = audit

    async def all(self) -> Sequence[Choice]:
        """Every setting that can be chosen, in the order of the page."""
        chosen = await stored(self._db)
        return [self._choice(name, chosen.get(name)) for name in CHOOSABLE]

    def _choice(self, name: str, chosen: str | None) -> Choice:
        value, locked = text_of(getattr(self._site, name)), not self._site.is_open(name)
        wanted = text_of(
            getattr(checked({"host": self._site.host, "port": self._site.port} | _given(name, chosen)), name)
        )
        return Choice(
            name=name,
            description=Site.model_fields[name].description or "",
            value=value,
            chosen=chosen,
            source=self._site.source(name),
            locked=locked,
            at_once=CHOOSABLE[name],
            waiting=not locked and value != wanted and (chosen is not None or self._site.source(name) != "default"),
        )

    async def change(self, values: Mapping[str, str], actor: Actor) -> list[str]:
        """Keep choices; an empty text goes back to the default. Returns the names that changed.

        Raises Invalid about a field, Conflict for a setting that file, environment or command line say.
        """
        before = await stored(self._db)
        fresh = {name: text.strip() for name, text in values.items() if text.strip() != before.get(name, "")}
        for name, text in fresh.items():
            self._check(name, text)
        self._check_terms(before | fresh)
        if fresh:
            await self._keep(before, fresh, actor)
            await self.heard({})
        return sorted(fresh)

    async def _keep(self, before: Mapping[str, str], fresh: Mapping[str, str], actor: Actor) -> None:
        async with self._db.transaction():
            for name, text in fresh.items():
                if text:
                    await SiteFact.update_or_create(key=PREFIX + name, defaults={"value": text})
                else:
                    await SiteFact.filter(key=PREFIX + name).delete()
            changes = {name: {"before": before.get(name), "after": text or None} for name, text in fresh.items()}
            await record(SiteChanged(fields=sorted(fresh)), subject="site", actor=actor.user_id)
            await self._audit.write("site.changed", actor=actor, subject="site", detail=changes)
            await self._control.send(CONTROL_KIND, {})

    def _check(self, name: str, text: str) -> None:
        if name not in CHOOSABLE:
            raise Invalid(f"{name} can't be chosen in the browser.", field=name)
        if not self._site.is_open(name):
            raise Conflict(f"{name} is set by {self._site.source(name)}; change it there.")
        if len(text) > LONGEST:
            raise Invalid(f"Use at most {LONGEST} characters.", field=name)
        try:
            checked(_given(name, text or None))
        except ValueError as error:
            raise Invalid(str(error), field=name) from None

    def _check_terms(self, wanted: Mapping[str, str]) -> None:
        """Terms that nobody can read would keep the site from starting."""
        version = wanted.get("terms_version") or ("" if self._site.is_open("terms_version") else "1")
        url = wanted.get("terms_url") or ("" if self._site.is_open("terms_url") else self._site.terms_url)
        path = self._site.data / TERMS_FILE
        if version not in {"", "0"} and self._site.is_open("terms_version") and not url and not path.is_file():
            raise Invalid(
                f"There are no terms to accept: give their address, or write them into {path} first.",
                field="terms_version",
            )

    async def heard(self, _data: Mapping[str, object]) -> None:
        """Take what counts at once; called in every process by the control channel."""
        self._site.adopt(await stored(self._db), AT_ONCE)


def _given(name: str, text: str | None) -> dict[str, str]:
    return {} if text is None else {name: text}


def text_of(value: object) -> str:
    """A value as the page shows it; nothing is empty."""
    return "" if value is None else str(value)
