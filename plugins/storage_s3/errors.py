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


def strange(bucket: Bucket, operation: str) -> Unavailable:
    """The error for an answer that is not what S3 describes."""
    sentence = f"The storage {bucket.provider} ({bucket.base}) answered with something that is not S3."
    return Unavailable(sentence, provider=bucket.provider, operation=operation, code="strange")


def _of_answer(response: Mapping[str, Any], bucket: Bucket, operation: str, key: str) -> ProviderError:
    """The provider error for an answer that says no."""
    code, meta = _word(response.get("Error", {}).get("Code")), response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode") or 0)
    headers = meta.get("HTTPHeaders") or {}
    known = {"provider": bucket.provider, "operation": operation, "code": code}
    where = f"the storage {bucket.provider} (bucket {bucket.name})"
    if code in _SETTINGS:
        return NotConfigured(f"{_upper(where)}: {_SETTINGS[code]} under [plugins.{bucket.plugin}].", **known)
    if code in _DENIED:
        return AccessDenied(f"{_upper(where)} refuses us: {_DENIED[code]} ([plugins.{bucket.plugin}]).", **known)
    if code in _TAKEN or status == 412:
        return Conflict(f"The storage key {key!r} is taken.", **known)
    if code in _SLOW or status == 429:
        wait = _seconds(headers.get("retry-after"))
        return RateLimited(f"{_upper(where)} asks us to slow down ({code}).", retry_after=wait, **known)
    if code == "NoSuchUpload":
        return NotFound(f"There is no upload of {key!r} under way: begin it again.", **known)
    if status == 404:
        return NotFound(f"There is no stored file {key!r}.", **known)
    if status in {401, 403}:
        return AccessDenied(_may_not(where, bucket, operation, code), **known)
    if 400 <= status < 500 and code != "RequestTimeout":
        return Invalid(f"{_upper(where)} calls this request wrong ({code}, {status}).", **known)
    return _broken(where, status, headers, known)


def _broken(where: str, status: int, headers: Mapping[str, str], known: Mapping[str, str]) -> Unavailable:
    """The error for a failure on the other side; the request id is what the vendor's support asks for."""
    request = _word(headers.get("x-amz-request-id") or headers.get("cf-ray"))
    told = f"{_upper(where)} has a failure of its own ({known['code']}, {status or 'no status'}; request {request})."
    return Unavailable(told, retry_after=_seconds(headers.get("retry-after")), **known)


def _may_not(where: str, bucket: Bucket, operation: str, code: str) -> str:
    """S3 answers 403 and not 404 to who may not list the bucket, so that one line tells of both."""
    return (
        f"{_upper(where)} does not let us {operation} ({code}): the access key under [plugins.{bucket.plugin}] needs "
        "the rights to list the bucket and to read, write and delete in it."
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


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
