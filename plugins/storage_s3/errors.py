"""What S3 and the way to it can refuse, as the storage contract's errors, in words that say what to do.

Nothing of the vendor's own text gets through: it may hold keys, addresses and what was signed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aethex_live.providers import (
    AccessDenied,
    Conflict,
    Invalid,
    NotConfigured,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)

from .bucket import Bucket

_KEY = "check access_key_id and secret_access_key"
_DENIED: Mapping[str, str] = {
    "InvalidAccessKeyId": f"it does not know the access key: {_KEY}",
    "SignatureDoesNotMatch": f"the secret does not belong to the access key: {_KEY}",
    "ExpiredToken": "the credentials have expired: make a new access key",
    "InvalidToken": "the credentials are not valid: make a new access key",
    "Unauthorized": f"it does not take the access key: {_KEY}",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it, best by NTP",
}
_SETTINGS: Mapping[str, str] = {
    "NoSuchBucket": "there is no bucket of this name: make it, or correct bucket",
    "InvalidBucketName": "no bucket can have this name: correct bucket",
    "PermanentRedirect": "the bucket lies in another region: correct region",
    "AuthorizationHeaderMalformed": "the bucket lies in another region: correct region",
    "IllegalLocationConstraintException": "the bucket lies in another region: correct region",
}
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_SLOW = frozenset({"SlowDown", "TooManyRequests", "RequestLimitExceeded", "Throttling", "ThrottlingException"})
_WAY: Mapping[str, str] = {
    "EndpointConnectionError": "does not take connections",
    "ConnectTimeoutError": "does not take connections in time",
    "ReadTimeoutError": "took the call and did not answer in time",
    "SSLError": "has a certificate that can't be trusted",
    "ProxyConnectionError": "can't be reached through the proxy that the environment names",
    "ConnectionClosedError": "broke the connection off",
    "IncompleteReadError": "broke off in the middle of its answer",
    "ResponseStreamingError": "broke off in the middle of its answer",
    "ResponseParserError": "answered with something that is not S3",
}


def refusal(error: Exception, bucket: Bucket, operation: str, key: str = "") -> ProviderError:
    """The provider error for whatever the SDK raised."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return _of_answer(response, bucket, operation, key)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "ParamValidationError" in kinds:
        return Invalid("S3 can't take this request.", provider=bucket.provider, operation=operation, code=kinds[0])
    told = next((_WAY[kind] for kind in kinds if kind in _WAY), "can't be asked")
    sentence = f"The storage {bucket.provider} ({bucket.base}) {told}. Try again later; check the network if it stays."
    return Unavailable(sentence, provider=bucket.provider, operation=operation, code=kinds[0])


def check(answer: dict[str, Any], bucket: Bucket, operation: str, *names: str) -> dict[str, Any]:
    """The answer itself. Raises Unavailable when it lacks what S3's description promises."""
    if any(answer.get(name) is None for name in names):
        raise strange(bucket, operation)
    return answer


def broken_off(bucket: Bucket) -> Unavailable:
    """The error for an answer that ends before its end."""
    sentence = f"The storage {bucket.provider} ({bucket.base}) broke off in the middle of its answer."
    return Unavailable(sentence, provider=bucket.provider, operation="get", code="half")


def strange(bucket: Bucket, operation: str) -> Unavailable:
    """The error for an answer that is not what S3 describes."""
    sentence = f"The storage {bucket.provider} ({bucket.base}) answered with something that is not S3."
    return Unavailable(sentence, provider=bucket.provider, operation=operation, code="strange")


def _of_answer(response: Mapping[str, Any], bucket: Bucket, operation: str, key: str) -> ProviderError:
    """The provider error for an answer that says no."""
    code, meta = _word(response.get("Error", {}).get("Code")), response.get("ResponseMetadata", {})
    status, headers = int(meta.get("HTTPStatusCode") or 0), meta.get("HTTPHeaders") or {}
    kind, sentence = _kind(code, status, headers, bucket, operation, key)
    # when to come again is a word of those who may answer later
    wait = _seconds(headers.get("retry-after")) if kind.retryable else None
    return kind(sentence, provider=bucket.provider, operation=operation, code=code, retry_after=wait)


def _kind(
    code: str, status: int, headers: Mapping[str, str], bucket: Bucket, operation: str, key: str
) -> tuple[type[ProviderError], str]:
    """Which error it is, and its sentence."""
    where, setting = f"The storage {bucket.provider} (bucket {bucket.name})", f"[plugins.{bucket.plugin}]"
    code = "PermanentRedirect" if status in {301, 307} else code
    if code in _SETTINGS:
        return NotConfigured, f"{where}: {_SETTINGS[code]} under {setting}."
    if code in _DENIED:
        return AccessDenied, f"{where} refuses us: {_DENIED[code]} ({setting})."
    if code in _TAKEN or status == 412:
        return Conflict, f"The storage key {key!r} is taken."
    if code in _SLOW or status == 429:
        return RateLimited, f"{where} asks us to slow down ({code})."
    if code == "NoSuchUpload":
        return NotFound, f"There is no upload of {key!r} under way: begin it again."
    if status == 404:
        return NotFound, f"There is no stored file {key!r}."
    if status in {401, 403}:
        return AccessDenied, _may_not(where, setting, operation, code)
    if 400 <= status < 500 and code != "RequestTimeout":
        return Invalid, f"{where} calls this request wrong ({code}, {status})."
    request = _word(headers.get("x-amz-request-id") or headers.get("cf-ray"))  # what the vendor's support asks for
    return Unavailable, f"{where} has a failure of its own ({code}, {status or 'no status'}; request {request})."


def _may_not(where: str, setting: str, operation: str, code: str) -> str:
    """S3 answers 403 and not 404 to who may not list the bucket, so that one line tells of both."""
    return (
        f"{where} does not let us {operation} ({code}): the access key under {setting} needs the rights to list the "
        "bucket and to read, write and delete in it."
    )


def _word(text: object) -> str:
    """A word of the vendor's, safe to show: letters, digits, - and _ only."""
    kept = "".join(sign for sign in str(text or "") if sign.isascii() and (sign.isalnum() or sign in "-_"))
    return kept[:80] or "none"


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date or nonsense is none."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
