"""Signed addresses: as AWS publishes them, as the SDK makes them, in no time and without the network."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.clock import ManualClock
from aethex_live.providers import Invalid
from aethex_live.providers.storage_keys import is_key
from aethex_plugins.storage_s3.signing import Signer
from buckets import ACCESS, SECRET, Judge
from needs import need

KEYS = st.from_regex(r"[a-z0-9._-]{1,12}(/[a-z0-9._-]{1,40}){0,3}", fullmatch=True).filter(is_key)
DAY = timedelta(days=1)


def signer(clock: ManualClock | None = None, base: str = "https://bucket.s3.eu-west-1.amazonaws.com") -> Signer:
    return Signer(base=base, region="eu-west-1", access_key=ACCESS, secret_key=SECRET, clock=clock or ManualClock())


def test_the_example_that_aws_publishes_comes_out():
    vector = json.loads((need("specs") / "webhook-vectors.json").read_text())["aws_sigv4_presigned_get"]
    base, _, key = vector["url"].rpartition("/")
    moment = datetime.strptime(vector["date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    made = Signer(
        base=base,
        region=vector["region"],
        access_key=vector["access_key"],
        secret_key=vector["secret_key"],
        clock=ManualClock(moment),
    ).url("GET", key, timedelta(seconds=vector["expires"]))
    assert made.startswith(f"{vector['url']}?")
    assert made.endswith(f"&X-Amz-Signature={vector['signature']}")


@settings(deadline=None)  # the first call imports the SDK
@given(
    KEYS,
    st.sampled_from(["GET", "PUT", "DELETE"]),
    st.dictionaries(st.sampled_from(["uploadId", "partNumber", "response-x"]), st.text(max_size=20), max_size=3),
    st.integers(0, 5 * 1024**3),
    st.sampled_from(["https://bucket.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000/bucket"]),
)
def test_the_sdk_finds_every_address_right(key: str, method: str, query: dict[str, str], size: int, base: str):
    """And none that says anything else."""
    clock = ManualClock()
    headers = {"content-length": str(size), "content-type": "image/webp"}
    address = signer(clock, base).url(method, key, DAY, query=query, headers=headers)
    judge, sent = Judge("bucket", "eu-west-1", clock), headers
    assert judge.allows(method, address, sent)
    assert not judge.allows("POST", address, sent)
    assert not judge.allows(method, address, sent | {"content-length": str(size + 1)})
    assert not judge.allows(method, address, sent | {"content-type": "text/html"})
    assert not judge.allows(method, address.replace("?", "0?", 1), sent)
    clock.advance(DAY.total_seconds())
    assert not judge.allows(method, address, sent)


def test_the_key_of_a_day_is_not_kept_for_the_next():
    clock = ManualClock()
    one, judge = signer(clock), Judge("bucket", "eu-west-1", clock)
    for _ in range(3):
        assert judge.allows("GET", one.url("GET", "a", DAY), {})
        clock.advance(86_400)


@pytest.mark.parametrize("ttl", [timedelta(0), timedelta(seconds=-1), timedelta(days=7, seconds=1)])
def test_a_life_that_s3_does_not_take_is_refused(ttl: timedelta):
    with pytest.raises(Invalid, match="1 second to 7 days"):
        signer().url("GET", "a", ttl)


def test_part_of_a_second_is_a_second():
    assert "X-Amz-Expires=2&" in signer().url("GET", "a", timedelta(seconds=1, milliseconds=1))


def test_an_address_takes_less_than_half_a_millisecond():
    one, times = signer(), []
    for number in range(200):
        begun = time.perf_counter()
        one.url("GET", f"public/avatars/{number}.webp", DAY)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[100] < 0.0005
