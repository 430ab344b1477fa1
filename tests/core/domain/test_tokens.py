"""Personal API tokens: what is stored of them, how long they hold, what they may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.actor import Actor
from aethex_live.clock import ManualClock
from aethex_live.control import Control
from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.domain.sessions import actor_of
from aethex_live.domain.tokens import Tokens, hash_of, token_actor
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from aethex_live.models import ApiToken, AuditEntry, Event, User
from aethex_live.scopes import SENTENCES, Scope, check_scopes


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(database: Database, clock: ManualClock) -> Tokens:
    return Tokens(database, clock, Control(database), Audit())


async def person(name: str = "ada", role: str = "member") -> Actor:
    return actor_of(await User.create(username=name, username_key=name, display_name=name, role=role), None)


async def test_a_token_is_shown_once_and_its_hash_alone_is_stored(tokens: Tokens) -> None:
    # When a token is made
    made = await tokens.make(await person(), "my bot", ["read", "chat:write"], days=30)
    # Then it has the form that scanners know, and no row of any table holds it
    assert made.secret.startswith("aex_")
    assert len(made.secret) == 47
    row = await ApiToken.get()
    assert (row.token_hash, row.hint) == (hash_of(made.secret), made.secret[:10])
    kept = [str(await AuditEntry.all().values()), str(await Event.all().values()), str(await ApiToken.all().values())]
    assert not any(made.secret in text for text in kept)
    assert [entry.action for entry in await AuditEntry.all()] == ["token.made"]


async def test_a_token_acts_as_its_maker_as_far_as_its_scopes_go(tokens: Tokens) -> None:
    ada = await person()
    made = await tokens.make(ada, "reader", ["read"], days=None)
    actor = await tokens.identify(made.secret)
    assert (actor.user_id, actor.username, actor.by_token) == (ada.user_id, "ada", True)
    assert actor.has_scope(Scope.READ)
    assert not actor.has_scope(Scope.CHAT_WRITE)
    assert not actor.has_scope(None)


async def test_an_operator_s_token_is_a_member_s_unless_it_says_otherwise(tokens: Tokens) -> None:
    boss = await person("boss", "operator")
    plain = await tokens.identify((await tokens.make(boss, "a", ["read"], days=None)).secret)
    strong = await tokens.identify((await tokens.make(boss, "b", ["operate"], days=None)).secret)
    assert (plain.is_operator, strong.is_operator) == (False, True)


async def test_a_member_can_not_make_an_operator_s_token(tokens: Tokens) -> None:
    with pytest.raises(Invalid, match="Only operators"):
        await tokens.make(await person(), "x", ["operate"], days=None)


async def test_a_token_makes_no_tokens(tokens: Tokens) -> None:
    made = await tokens.make(await person(), "x", [scope.value for scope in Scope if scope != Scope.OPERATE], days=None)
    with pytest.raises(Forbidden, match="can't make tokens"):
        await tokens.make(await tokens.identify(made.secret), "y", ["read"], days=None)


async def test_a_token_expires_to_the_second_also_where_it_is_remembered(tokens: Tokens, clock: ManualClock) -> None:
    made = await tokens.make(await person(), "x", ["read"], days=1)
    clock.advance(86_395)
    await tokens.identify(made.secret)
    clock.advance(5)
    with pytest.raises(Unauthenticated, match="expired") as refused:
        await tokens.identify(made.secret)
    assert refused.value.code == "token-expired"


async def test_a_revoked_token_is_unknown_at_once_and_others_can_not_revoke_it(tokens: Tokens) -> None:
    ada, eve = await person(), await person("eve")
    made = await tokens.make(ada, "x", ["read"], days=None)
    await tokens.identify(made.secret)
    with pytest.raises(NotFound):
        await tokens.revoke(eve, made.row.id)
    await tokens.identify(made.secret)
    await tokens.revoke(ada, made.row.id)
    with pytest.raises(Unauthenticated, match="unknown or was revoked"):
        await tokens.identify(made.secret)


@pytest.mark.parametrize("token", ["", "aex_", "aex_" + "x" * 42, "aex_" + "x" * 43, "x" * 10_000, "aex_\0", "Aex_é"])
async def test_what_is_no_token_is_refused_with_a_sentence(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await tokens.identify(token)
    assert refused.value.code == "token-unknown"


@pytest.mark.parametrize("state", ["banned", "leaving", "pending", "deleted"])
async def test_a_closed_account_s_tokens_open_nothing(tokens: Tokens, clock: ManualClock, state: str) -> None:
    ada = await person()
    made = await tokens.make(ada, "x", ["read"], days=None)
    await User.filter(id=ada.user_id).update(state=state)
    with pytest.raises(Unauthenticated):
        await tokens.identify(made.secret)


async def test_the_last_use_is_written_once_a_minute(tokens: Tokens, clock: ManualClock) -> None:
    made = await tokens.make(await person(), "x", ["read"], days=None)
    begun, seen = clock.now(), []
    for _ in range(20):
        await tokens.identify(made.secret)
        seen.append((await ApiToken.get()).used_at)
        clock.advance(11)
    assert seen[0] == begun
    assert len(set(seen)) == 4  # of 220 seconds


async def test_an_account_has_fifty_tokens_at_most(tokens: Tokens) -> None:
    ada = await person()
    for index in range(50):
        await tokens.make(ada, f"t{index}", ["read"], days=None)
    with pytest.raises(Conflict, match="revoke one first"):
        await tokens.make(ada, "one more", ["read"], days=None)


@given(st.lists(st.sampled_from([*(scope.value for scope in Scope), "admin", ""]), max_size=12))
def test_scopes_are_known_unique_and_in_order_or_refused(names: list[str]) -> None:
    try:
        found = check_scopes(names)
    except Invalid as refused:
        assert refused.field == "scopes"
        assert not names or set(names) - set(Scope)
        return
    assert {scope.value for scope in found} == set(names)
    assert found == sorted(found, key=list(Scope).index)


@given(st.sets(st.sampled_from(list(Scope))), st.sampled_from(["member", "operator"]))
def test_a_token_never_may_more_than_its_maker(scopes: set[Scope], role: str) -> None:
    maker = User(username="ada", username_key="ada", display_name="Ada", role=role)
    maker._saved_in_db = True  # a row need not be in a database to be read
    actor = token_actor(ApiToken(user=maker, name="x", hint="", token_hash="", scopes=[*scopes, "of a later version"]))
    assert actor.scopes == frozenset(scopes)
    assert actor.is_operator == (role == "operator" and Scope.OPERATE in scopes)


def test_every_scope_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Scope)
    assert all(text.endswith(".") for text in SENTENCES.values())
