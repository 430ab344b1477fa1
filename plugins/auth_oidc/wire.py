"""What goes over the wire to an issuer: requests with an end, answers of a bearable size, errors in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx
import orjson

from aethex_live.providers import RateLimited

from .errors import PROVIDER, silent

LARGEST = 1024 * 1024  # bytes of an answer; real ones have some thousand
_PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}  # nothing that grows when it is unpacked


@dataclass(frozen=True, slots=True)
class Answer:
    """A status below 500 and the JSON object that came with it (empty: it was none)."""

    status: int
    body: Mapping[str, Any]


class Wire:
    """One client for all issuers. Redirects are not followed: an issuer names its addresses itself."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(follow_redirects=False, headers=_PLAIN, timeout=None)  # noqa: S113 - Calls has it

    async def get(self, url: str, label: str, operation: str, *, token: str = "") -> Mapping[str, Any]:
        """The JSON object at an address. Raises Unavailable, RateLimited."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._ask("GET", url, label, operation, headers=headers)
        if answer.status != 200 or not answer.body:
            raise silent(label, operation, f"http-{answer.status}")
        return answer.body

    async def post(
        self, url: str, label: str, operation: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> Answer:
        """The answer to a form, whether it is a yes or a no. `basic` are name and secret of this site."""
        # RFC 6749, 2.3.1: both are encoded as in a form first
        auth = httpx.BasicAuth(quote_plus(basic[0]), quote_plus(basic[1])) if basic else None
        return await self._ask("POST", url, label, operation, data=dict(form), auth=auth)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, url: str, label: str, operation: str, **more: Any) -> Answer:
        try:
            async with self._client.stream(method, url, **more) as response:
                body = await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise silent(label, operation, type(error).__name__) from None
        if response.status_code == 429:
            raise RateLimited(
                f"{label} asks to be left alone for a moment. Try again in a minute.",
                provider=PROVIDER,
                operation=operation,
                retry_after=_seconds(response.headers.get("Retry-After", "")),
            )
        if response.status_code >= 500 or body is None:
            raise silent(label, operation, f"http-{response.status_code}")
        return Answer(response.status_code, _object(body))


async def _read(response: httpx.Response) -> bytes | None:
    """The body; None when it is too large to be one."""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
