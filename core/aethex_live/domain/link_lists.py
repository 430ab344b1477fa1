"""Linking many accounts with identities elsewhere, from an operator's list: looked at first, done in a second run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aethex_live.errors import Invalid, Refusal
from aethex_live.models import Identity
from aethex_live.providers import ProviderError
from aethex_live.providers.auth import Embedding, ProvenIdentity

if TYPE_CHECKING:
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.linking import Linking, Way

Outcome = Literal["link", "linked", "there", "wrong"]
COLUMNS = ("username", "subject")
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A line of the list: whose account, and what the issuer calls the person."""

    line: int
    username: str
    subject: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a line: `link` would be linked, `linked` was, `there` was linked before, `wrong` says why."""

    wish: Wish
    outcome: Outcome
    why: str = ""


def read_list(lines: Iterable[str]) -> Sequence[Wish]:
    """The lines of a CSV file with the columns username and subject. Raises Invalid with the line that is wrong."""
    rows = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise Invalid(
            f"The first line has to name the columns username and subject; {' and '.join(missing)} is missing."
        )
    found = []
    for row in rows:
        username, subject = ((row[name] or "").strip() for name in COLUMNS)
        if not username or not subject:
            raise Invalid(f"Line {rows.line_num} lacks a user name or a subject.")
        found.append(Wish(rows.line_num, username, subject))
        if len(found) > MOST:
            raise Invalid(f"The list has more than {MOST:,} lines; cut it into several.")
    return found


class LinkLists:
    """Carries out a list. Nothing is looked up by an e-mail address: the operator says who is who."""

    def __init__(self, accounts: Accounts, linking: Linking) -> None:
        self._accounts = accounts
        self._linking = linking

    async def run(self, provider: str, issuer: str, wishes: Sequence[Wish], *, apply: bool) -> Sequence[Result]:
        """The outcome of each line; without `apply` nothing is changed. Raises NotFound for an unknown issuer."""
        way, by = self._linking.way(provider, issuer)
        twice = _repeated(wishes)
        results = []
        for wish in wishes:
            if wish.line in twice:
                results.append(Result(wish, "wrong", twice[wish.line]))
                continue
            try:
                subject = by.subject_of(issuer, wish.subject)
                if isinstance(by, Embedding):  # it can be asked whether there is such a person at all
                    await by.look_up(subject)
                results.append(await self._one(way, subject, wish, apply=apply))
            except (Refusal, ProviderError) as refused:
                results.append(Result(wish, "wrong", str(refused)))
        return results

    async def _one(self, way: Way, subject: str, wish: Wish, *, apply: bool) -> Result:
        user = await self._accounts.get(wish.username)
        if user.username_key != wish.username.lower():
            raise Invalid("Give the user name: an address does not say who somebody is.")
        if user.bot_of_id is not None:
            raise Invalid("This is a bot: it signs in with tokens alone.")
        identity = await Identity.get_or_none(provider=way.provider, subject=subject)
        if identity is not None and identity.user_id == user.id:
            return Result(wish, "there")
        if identity is not None:
            raise Invalid("This subject opens another account already.")
        if await self._linking.has(user.id, way):
            raise Invalid(f"The account has another sign-in with {way.label} already.")
        if not apply:
            return Result(wish, "link")
        await self._linking.link(user.id, ProvenIdentity(provider=way.provider, subject=subject), None)
        return Result(wish, "linked")


def _repeated(wishes: Sequence[Wish]) -> Mapping[int, str]:
    """The lines that say again, or otherwise, what an earlier line said; by their number."""
    names: dict[str, int] = {}
    subjects: dict[str, int] = {}
    found = {}
    for wish in wishes:
        for seen, key in ((names, wish.username.lower()), (subjects, wish.subject)):
            if (first := seen.setdefault(key, wish.line)) != wish.line:
                found[wish.line] = f"Line {first} names this {'user' if seen is names else 'subject'} already."
    return found
