"""What becomes of every way in which S3, or the way to it, can fail; and that it comes back by itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_live.providers import (
    AccessDenied,
    Invalid,
    NotConfigured,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)
from aethex_live.providers.calls import FAILURES, PROBE_S
from aethex_plugins.storage_s3 import client, uploading
from aethex_plugins.storage_s3.opening import bucket_of, open_storage
from aethex_plugins.storage_s3.provider import S3Storage
from buckets import ACCESS, SECRET, Vendor, closing

Act = Callable[[S3Storage], Awaitable[object]]


async def put(storage: S3Storage) -> object:
    return await storage.put("a", b"stored", content_type="text/plain")


async def get(storage: S3Storage) -> bytes:
    return b"".join([piece async for piece in storage.get("a")])


async def head(storage: S3Storage) -> object:
    return await storage.head("a")


async def delete(storage: S3Storage) -> object:
    return await storage.delete("a")


async def list_all(storage: S3Storage) -> object:
    return [found async for found in storage.list("a")]


ACTS: dict[str, Act] = {"put": put, "get": get, "head": head, "delete": delete}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest) -> Act:
    return ACTS[request.param]


@pytest_asyncio.fixture
async def storage(
    vendor: Vendor, clock: ManualClock, settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[S3Storage]:
    """Over a vendor that fails as it is told, with short patience."""
    monkeypatch.setattr(client, "READ_S", 0.6)
    monkeypatch.setattr(client, "CONNECT_S", 0.6)
    monkeypatch.setattr(uploading, "PART_S", 1.0)
    async with closing(open_storage(bucket_of(settings(vendor.address, "bucket")), clock)) as made:
        made.calls.timeout_s = 1.0  # what fell silent for more than half of that is not asked again
        yield made


async def refused(act: Act, storage: S3Storage) -> ProviderError:
    """The error of the act, which told nothing of ours, nor anything of the vendor's own text."""
    begun = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        await act(storage)
    assert time.monotonic() - begun < 2.0
    error = caught.value
    told = f"{error} {error!r} {error.__cause__!r} {error.code}"
    assert SECRET not in told
    assert ACCESS not in told
    assert "canary" not in told
    assert error.provider == "s3"
    return error


async def test_all_is_well_to_begin_with(storage: S3Storage, act: Act):
    await act(storage)
    assert storage.calls.condition.healthy


async def test_a_refused_connection(storage: S3Storage, vendor: Vendor, act: Act):
    await vendor.stop()
    error = await refused(act, storage)
    assert isinstance(error, Unavailable)
    assert "does not take connections" in str(error)


async def test_no_answer(storage: S3Storage, vendor: Vendor, act: Act):
    vendor.mood = "hang"
    error = await refused(act, storage)
    assert isinstance(error, Unavailable)
    assert "did not answer in time" in str(error)


async def test_a_slow_answer_is_an_answer(storage: S3Storage, vendor: Vendor, act: Act):
    vendor.mood = "slow"
    await act(storage)
    assert storage.calls.condition.healthy


async def test_a_put_over_a_slow_line_waits_for_no_100_continue(
    vendor: Vendor, clock: ManualClock, settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    """Who waits for that word loses a second, or the put, where the other side never says it."""
    monkeypatch.setattr(client, "CONNECT_S", 0.3)
    vendor.mood = "sip"
    async with closing(open_storage(bucket_of(settings(vendor.address, "bucket", part_mb=16)), clock)) as storage:
        stored = await storage.put("a", b"x" * 12_000_000, content_type="text/plain")
    assert stored.size == 12_000_000
    assert vendor.expected == ""


async def test_a_connection_that_breaks(storage: S3Storage, vendor: Vendor, act: Act):
    vendor.mood = "close"
    error = await refused(act, storage)
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_failure_on_the_other_side(storage: S3Storage, vendor: Vendor, act: Act, status: int):
    vendor.refuse(status, "InternalError")
    error = await refused(act, storage)
    assert isinstance(error, Unavailable)
    assert "REQ123" in str(error)  # what the vendor's support asks for


async def test_a_vendor_that_says_when(storage: S3Storage, vendor: Vendor):
    vendor.refuse(503, "ServiceUnavailable", Retry_After="7")
    error = await refused(put, storage)
    assert isinstance(error, Unavailable)
    assert error.retry_after == 7.0


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "SlowDown")])
async def test_too_many_calls(storage: S3Storage, vendor: Vendor, status: int, code: str):
    vendor.refuse(status, code, Retry_After="7")
    error = await refused(put, storage)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7.0
    vendor.refuse(status, code, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")
    assert (await refused(put, storage)).retry_after is None


async def test_half_an_answer(storage: S3Storage, vendor: Vendor):
    vendor.mood = "half"
    error = await refused(get, storage)
    assert isinstance(error, Unavailable)
    assert "broke off" in str(error)


async def test_an_answer_that_breaks_off_is_taken_up_where_it_ended(storage: S3Storage, vendor: Vendor):
    # Given an answer of which half came
    vendor.mood = "half"
    pieces = storage.get("a")
    assert await anext(pieces) == b"sto"
    # When the vendor is well again
    vendor.mood = "fine"
    # Then the rest follows
    assert b"".join([piece async for piece in pieces]) == b"red"


async def test_a_whole_file_in_place_of_a_range_is_no_range(
    storage: S3Storage, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    """Caches on the way do that; its bytes would end up in the middle of a file."""
    whole = Vendor._fine
    monkeypatch.setattr(vendor, "_fine", lambda method, sent: whole(vendor, method, dict(sent) | {"range": ""}))
    with pytest.raises(Unavailable, match="not S3"):
        assert [piece async for piece in storage.get("a", start=2)]


async def test_an_answer_that_is_not_s3(storage: S3Storage, vendor: Vendor):
    """A hotel's network, say: it answers 200 to everything."""
    vendor.mood = "nonsense"
    for act in (put, list_all, head):
        error = await refused(act, storage)
        assert isinstance(error, Unavailable)
    assert "not S3" in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "ExpiredToken", AccessDenied, "expired"),
        (403, "InvalidAccessKeyId", AccessDenied, "check access_key_id"),
        (403, "SignatureDoesNotMatch", AccessDenied, "check access_key_id and secret_access_key"),
        (403, "RequestTimeTooSkewed", AccessDenied, "clock"),
        (403, "AccessDenied", AccessDenied, "needs the rights"),
        (401, "Unauthorized", AccessDenied, "access_key_id"),
        (404, "NoSuchBucket", NotConfigured, "correct bucket"),
        (301, "PermanentRedirect", NotConfigured, "correct region"),
        (400, "AuthorizationHeaderMalformed", NotConfigured, "correct region"),
        (404, "NoSuchKey", NotFound, "no stored file 'a'"),
        (400, "InvalidRequest", Invalid, "InvalidRequest"),
        (501, "NotImplemented", Unavailable, "NotImplemented"),
    ],
)
async def test_a_refusal_says_what_to_do(
    storage: S3Storage, vendor: Vendor, status: int, code: str, kind: type[ProviderError], words: str
):
    vendor.refuse(status, code)
    error = await refused(put, storage)
    assert type(error) is kind
    assert words in str(error)
    if kind in {AccessDenied, NotConfigured} and status != 501:
        assert "plugins.storage_s3" in str(error)


async def test_a_vendor_that_is_down_is_spared_and_heals_by_itself(
    storage: S3Storage, vendor: Vendor, clock: ManualClock
):
    # Given a vendor that failed so often that it is spared
    vendor.refuse(500, "InternalError")
    for _ in range(FAILURES):
        await refused(head, storage)
    asked = len(vendor.asked)
    # When it is asked again
    error = await refused(head, storage)
    # Then nobody waits for it, and the answer says when
    assert error.code == "spared"
    assert error.retry_after is not None
    assert len(vendor.asked) == asked
    assert not storage.calls.condition.healthy
    # When it is well again and the time has come, one call finds that out
    vendor.mood = "fine"
    clock.advance(PROBE_S)
    await head(storage)
    assert storage.calls.condition.healthy


async def test_a_conditional_put_is_not_repeated(storage: S3Storage, vendor: Vendor):
    """It would find its own first attempt, and take it for somebody else's."""
    for _ in range(30):
        await head(storage)  # saves repeats up
    vendor.asked.clear()
    vendor.refuse(500, "InternalError")
    with pytest.raises(Unavailable):
        await storage.put("a", b"1", content_type="text/plain", if_absent=True)
    assert len(vendor.asked) == 1
    vendor.asked.clear()
    await refused(delete, storage)
    assert len(vendor.asked) > 1


async def test_the_machine_s_own_aws_files_and_variables_count_for_nothing(
    vendor: Vendor, clock: ManualClock, settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    async with closing(open_storage(bucket_of(settings(vendor.address, "bucket")), clock)) as made:
        await put(made)
