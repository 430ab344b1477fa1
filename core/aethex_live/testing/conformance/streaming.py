"""Conformance kit of streaming providers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from aethex_live.ids import uuid7
from aethex_live.providers import Conflict, NotFound, Unsupported
from aethex_live.providers.streaming import (
    PARTS,
    Clipping,
    Counting,
    IngestSpec,
    LiveStatus,
    PlaybackRef,
    Recordings,
    Simulcasting,
    StreamCap,
    StreamProvider,
    Switching,
    Watching,
)
from aethex_live.providers.webhooks import Receiving, WebhookRejected, WebhookRequest
from aethex_live.testing.conformance._needs import has, need

Record = Callable[[str], Awaitable[str]]
"""Makes a recording of an ingest at the vendor, ready to be played, and returns its id there."""
GoLive = Callable[[str], Awaitable[None]]
"""Has an encoder send to an ingest at the vendor."""


class StreamConformance:
    """What every streaming provider does. Override `provider`; `record` and `go_live` to have more of it proved."""

    @pytest.fixture
    def provider(self) -> StreamProvider:
        """The provider under test; it may have other ingests."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def record(self) -> Record | None:
        """None leaves out what needs a recording."""
        return None

    @pytest.fixture
    def go_live(self) -> GoLive | None:
        """None leaves out what needs a broadcast."""
        return None

    @pytest.fixture
    def settle(self) -> Callable[[], None]:
        """Lets some seconds pass at the vendor."""
        return lambda: None

    @pytest.fixture
    def spec(self) -> IngestSpec:
        """An ingest that nobody has made before."""
        return IngestSpec(ref=uuid7(), title="Conformance")

    @pytest.fixture
    async def ingest_id(self, provider: StreamProvider, spec: IngestSpec) -> str:
        """An ingest of its own."""
        return (await provider.create_ingest(spec, idempotency_key=str(spec.ref))).id

    def test_each_declared_part_is_kept_and_each_kept_part_declared(self, provider: StreamProvider) -> None:
        for capability, part in PARTS.items():
            assert has(provider, capability) == isinstance(provider, part), capability

    async def test_the_same_key_gives_the_same_ingest(self, provider: StreamProvider, spec: IngestSpec) -> None:
        first = await provider.create_ingest(spec, idempotency_key=str(spec.ref))
        again = await provider.create_ingest(spec, idempotency_key=str(spec.ref))
        other = await provider.create_ingest(IngestSpec(ref=uuid7(), title="Other"), idempotency_key="other")
        assert first.id == again.id != other.id

    async def test_encoders_get_an_address_and_a_key_that_no_repr_shows(
        self, provider: StreamProvider, ingest_id: str
    ) -> None:
        found = await provider.endpoints(ingest_id, key_version=1)
        assert found
        for one in found:
            assert one.url.partition("://")[0] == one.protocol or one.protocol == "whip"
            assert one.key
            assert one.key not in repr(found)

    async def test_a_new_key_is_another_one(self, provider: StreamProvider, ingest_id: str) -> None:
        need(provider, StreamCap.ROTATE_KEY)
        before = [one.key for one in await provider.endpoints(ingest_id, key_version=1)]
        await provider.rotate_key(ingest_id, key_version=2)
        after = [one.key for one in await provider.endpoints(ingest_id, key_version=2)]
        assert not set(before) & set(after)

    async def test_ending_what_is_not_live_and_deleting_twice_are_no_errors(
        self, provider: StreamProvider, ingest_id: str
    ) -> None:
        await provider.end_broadcast(ingest_id)
        for _ in range(2):
            await provider.delete_ingest(ingest_id)
            await provider.delete_recording(str(uuid4()))

    async def test_what_is_live_is_ended_and_can_be_taken_in_again(
        self, provider: StreamProvider, ingest_id: str, go_live: GoLive | None
    ) -> None:
        need(provider, StreamCap.STATE)
        assert isinstance(provider, Watching)
        assert (await provider.live_state(ingest_id)).status is LiveStatus.IDLE
        if go_live is None:
            return
        for _ in range(2):
            await go_live(ingest_id)
            assert (await provider.live_state(ingest_id)).status is LiveStatus.LIVE
            await provider.end_broadcast(ingest_id)
            assert (await provider.live_state(ingest_id)).status is LiveStatus.IDLE

    async def test_shutting_ends_what_is_live(
        self, provider: StreamProvider, ingest_id: str, go_live: GoLive | None, settle: Callable[[], None]
    ) -> None:
        need(provider, StreamCap.SWITCH)
        assert isinstance(provider, Switching)
        if go_live is not None:
            await go_live(ingest_id)
        await provider.set_enabled(ingest_id, enabled=False)
        settle()
        if isinstance(provider, Watching):
            assert (await provider.live_state(ingest_id)).status is not LiveStatus.LIVE
        await provider.set_enabled(ingest_id, enabled=True)

    async def test_health_is_told_or_refused(self, provider: StreamProvider, ingest_id: str) -> None:
        if has(provider, StreamCap.HEALTH):
            assert (await provider.health(ingest_id)).status in LiveStatus
            return
        with pytest.raises(Unsupported):
            await provider.health(ingest_id)

    async def test_viewers_are_a_number_or_nothing(self, provider: StreamProvider, ingest_id: str) -> None:
        need(provider, StreamCap.VIEWERS)
        assert isinstance(provider, Counting)
        counts = await provider.viewers([ingest_id])
        assert set(counts) == {ingest_id}
        assert all(count is None or count >= 0 for count in counts.values())

    async def test_recordings_are_found_and_gone_when_deleted(
        self, provider: StreamProvider, ingest_id: str, record: Record | None
    ) -> None:
        need(provider, StreamCap.RECORDINGS)
        assert isinstance(provider, Recordings)
        assert await provider.recordings(ingest_id) == []
        with pytest.raises(NotFound):
            await provider.get_recording(uuid4().hex)
        if record is None:
            return
        name = await record(ingest_id)
        (found,) = await provider.recordings(ingest_id)
        assert (found.id, found.ingest_id, found.status) == (name, ingest_id, "ready")
        assert found.created_at.tzinfo is not None
        assert provider.playback(found.playback)
        assert (await provider.get_recording(name)).id == name
        await provider.delete_recording(name)
        with pytest.raises(NotFound):
            await provider.get_recording(name)

    async def test_a_clip_is_made_once_for_a_key(
        self, provider: StreamProvider, ingest_id: str, record: Record | None
    ) -> None:
        need(provider, StreamCap.CLIPS)
        assert isinstance(provider, Clipping)
        if record is None:
            return
        name, wish = await record(ingest_id), {"ref": "clip", "title": "Clip", "idempotency_key": "clip"}
        first = await provider.create_clip(name, 1.0, 3.0, **wish)
        again = await provider.create_clip(name, 1.0, 3.0, **wish)
        assert first.id == again.id != name

    async def test_a_target_is_added_once_and_removed(
        self, provider: StreamProvider, ingest_id: str, go_live: GoLive | None
    ) -> None:
        need(provider, StreamCap.SIMULCAST)
        assert isinstance(provider, Simulcasting)
        address, key = "rtmp://127.0.0.1/app", "a-key"
        target = await provider.add_simulcast(ingest_id, address, key, ref="elsewhere")
        assert await provider.add_simulcast(ingest_id, address, key, ref="elsewhere") == target
        for _ in range(2):
            await provider.remove_simulcast(ingest_id, target)
        if go_live is None:
            return
        await go_live(ingest_id)
        if has(provider, StreamCap.SIMULCAST_LIVE):
            await provider.add_simulcast(ingest_id, address, key, ref="elsewhere")
            return
        with pytest.raises(Conflict):
            await provider.add_simulcast(ingest_id, address, key, ref="elsewhere")

    def test_addresses_are_made_without_waiting(self, provider: StreamProvider) -> None:
        """Plain methods, which pages call while they render: what they give is to be used as it is."""
        for live in (True, False):
            ref = PlaybackRef(provider=provider.name, id=str(UUID(int=7)), live=live)
            for source in provider.playback(ref):
                assert source.url.startswith(("/", "http://", "https://"))
            picture = provider.image(ref)
            assert picture is None or picture.startswith(("/", "http://", "https://"))
        for origin in provider.origins:
            assert origin.startswith(("http://", "https://"))
            assert not origin.endswith("/")

    @pytest.mark.parametrize("headers", [{}, {"x-signature": "1", "authorization": "none"}])
    def test_nothing_unsigned_is_heard(self, provider: StreamProvider, headers: dict[str, str]) -> None:
        need(provider, StreamCap.EVENTS)
        assert isinstance(provider, Receiving)
        request = WebhookRequest(headers=headers, body=b'{"type": "x"}', received_at=datetime.now(UTC))
        with pytest.raises(WebhookRejected):
            provider.parse_webhook(request)
