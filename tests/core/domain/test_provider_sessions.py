"""Sessions that a provider knows, too: what ends here is ended there, once, and not what is in use."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest

from aethex_live.domain.provider_sessions import END, ProviderSessions
from aethex_live.ids import uuid7
from aethex_live.jobs import GiveUp, OutboxCall
from aethex_live.models import Session, User
from aethex_live.providers import Invalid, Unavailable
from aethex_live.testing.fakes import FakeElsewhere, FakeInside


class Jobs:
    """Notes what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict]] = []

    async def publish(self, topic: str, payload: dict, *, plugin: str) -> None:
        self.published.append((topic, payload))


@pytest.fixture
def inside() -> FakeInside:
    return FakeInside()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def ends(jobs, inside) -> ProviderSessions:
    known = {"inside": inside, "elsewhere": FakeElsewhere()}
    return ProviderSessions(jobs, SimpleNamespace(auth=known.get))


@pytest.fixture
async def ada(rolled_back) -> User:
    return await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")


async def a_session(user: User, provider: str, session: str | None) -> None:
    now = datetime.now(UTC)
    await Session.create(
        id=uuid7(),
        user=user,
        token_hash=uuid4().hex,
        seen_at=now,
        expires_at=now,
        provider=provider,
        provider_session=session,
    )


def call(session: str, provider: str = "inside") -> OutboxCall:
    return OutboxCall(uuid4(), {"provider": provider, "session": session}, 1, "once")


async def test_only_sessions_that_their_provider_can_end_are_told(ends, jobs, ada):
    for provider, session in (
        ("inside", "s1"),
        ("inside", None),
        ("elsewhere", "s2"),
        ("gone", "s3"),
        ("local", None),
    ):
        await a_session(ada, provider, session)
    await ends.end(Session.filter(user_id=ada.id))
    assert jobs.published == [(END, {"provider": "inside", "session": "s1"})]


async def test_a_session_is_ended_there_unless_it_is_in_use_again(ends, inside, ada):
    [handler] = ends.handlers()
    await a_session(ada, "inside", "s1")
    await handler.run(call("s1"))
    await handler.run(call("s2"))
    await handler.run(call("s3", "gone"))
    assert inside.revoked == ["s2"]


async def test_an_outage_is_tried_again_and_nonsense_given_up(ends, inside, ada):
    [handler] = ends.handlers()
    for error, raised in ((Unavailable, Unavailable), (Invalid, GiveUp)):

        async def fail(_: str, error=error) -> None:
            raise error("No.", provider="inside", operation="revoke")

        inside.revoke_session = fail
        with pytest.raises(raised):
            await handler.run(call("s1"))
