"""Signatures of webhooks: published vectors pass, and whatever is changed about them is refused with its reason."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.providers.signatures import TOLERANCE, check_message, check_stamped
from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest

# Mux publishes this one, "generated from Mux's backend code"
SECRET, BODY, STAMP = "SuperSecret123", b'{"test":"body"}', 1565125718
SIGNED = "854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7"
HEADER = f"t={STAMP},v1={SIGNED}"
NOW = datetime.fromtimestamp(STAMP, UTC)


def refused(header: str | None, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), now: datetime = NOW) -> str:
    with pytest.raises(WebhookRejected) as caught:
        check_stamped(header, body, secrets, now)
    return caught.value.reason


def test_the_published_vector_passes() -> None:
    check_stamped(HEADER, BODY, [SECRET], NOW)


def test_while_a_secret_is_replaced_both_hold() -> None:
    check_stamped(HEADER, BODY, ["the new one", SECRET], NOW)
    check_stamped(HEADER, BODY, [SECRET, "the old one"], NOW)
    check_stamped(f"t={STAMP},v1={'0' * 64},v1={SIGNED},v0=ab", BODY, [SECRET], NOW)


def test_names_of_the_parts_are_the_vendors() -> None:
    check_stamped(f"time={STAMP},sig1={SIGNED}", BODY, [SECRET], NOW, time_key="time", signature_key="sig1")


@pytest.mark.parametrize("header", [None, ""])
def test_without_a_header_it_is_missing(header: str | None) -> None:
    assert refused(header) == "missing"


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        f"v1={SIGNED}",
        f"t={STAMP}",
        f"t={STAMP},t={STAMP},v1={SIGNED}",
        f"t=-1,v1={SIGNED}",
        f"t=\uff11\uff15,v1={SIGNED}",
        f"t={'9' * 40},v1={SIGNED}",
    ],
)
def test_what_can_t_be_read_is_malformed(header: str) -> None:
    assert refused(header) == "malformed"


@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(hours=1)])
def test_the_past_and_the_future_are_stale(off: timedelta) -> None:
    assert refused(HEADER, now=NOW + off) == "stale"
    check_stamped(HEADER, BODY, [SECRET], NOW + TOLERANCE)
    check_stamped(HEADER, BODY, [SECRET], NOW - TOLERANCE)


def test_a_signature_that_is_no_ascii_is_refused_and_fails_nothing() -> None:
    assert refused(f"t={STAMP},v1=ä") == "signature"


@given(place=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_a_changed_byte_of_the_body_is_found(place: int, flip: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= flip
    assert refused(HEADER, bytes(changed)) == "signature"


@given(secret=st.text(max_size=20).filter(lambda text: text != SECRET))
def test_another_secret_is_refused(secret: str) -> None:
    assert refused(HEADER, secrets=(secret,)) == "signature"


@given(stamp=st.integers(STAMP - 200, STAMP + 200).filter(lambda stamp: stamp != STAMP))
def test_the_time_is_signed_too(stamp: int) -> None:
    assert refused(f"t={stamp},v1={SIGNED}") == "signature"


KEYS = [b"k" * 24, b"l" * 24]


def message(body: bytes = b"{}", at: float = NOW.timestamp(), key: bytes = KEYS[0], **changed: str) -> WebhookRequest:
    """A request as Standard Webhooks' own library signs it."""
    from standardwebhooks import Webhook

    signer = Webhook(base64.b64encode(key).decode())
    signature = signer.sign("msg_1", datetime.fromtimestamp(int(at), UTC), body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at)), "webhook-signature": signature}
    return WebhookRequest(headers=headers | {f"webhook-{k}": v for k, v in changed.items()}, body=body, received_at=NOW)


def test_a_message_of_the_schemes_own_library_is_genuine():
    assert check_message(message(), KEYS) == "msg_1"
    assert check_message(message(key=KEYS[1]), KEYS) == "msg_1"
    several = "v1,bm90 " + message().headers["webhook-signature"]
    assert check_message(message(signature=several), KEYS) == "msg_1"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (message(id=""), "missing"),
        (message(signature=""), "missing"),
        (message(timestamp="1.5"), "malformed"),
        (message(timestamp="9" * 17), "malformed"),
        (message(id="a b"), "malformed"),
        (message(id="x" * 151), "malformed"),
        (message(id="msg_2"), "signature"),
        (message(timestamp=str(int(NOW.timestamp()) + 1)), "signature"),
        (message(key=b"m" * 24), "signature"),
        (message(signature="v1a,bm90"), "signature"),
        (message(signature="é"), "signature"),
        (message(signature=" ".join(["v1,x"] * 10 + [message().headers["webhook-signature"]])), "signature"),
        (message(at=NOW.timestamp() - 301), "stale"),
        (message(at=NOW.timestamp() + 301), "stale"),
    ],
)
def test_a_message_that_is_not_of_its_sender_or_not_of_now_is_refused(request_: WebhookRequest, reason: str):
    with pytest.raises(WebhookRejected) as rejected:
        check_message(request_, KEYS)
    assert rejected.value.reason == reason


def test_a_changed_body_is_nobodys():
    genuine = message()
    with pytest.raises(WebhookRejected, match="signature"):
        check_message(WebhookRequest(headers=genuine.headers, body=b"{ }", received_at=NOW), KEYS)
