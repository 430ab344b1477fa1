"""A vendor's HTTP API: one client with limits, and its refusals as errors of providers.

For plugins whose vendor needs no SDK. The package httpx is read when a client is made, never before.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from aethex_live.providers.calls import Calls
from aethex_live.providers.errors import (
    AccessDenied,
    Conflict,
    Invalid,
    NotConfigured,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
)

if TYPE_CHECKING:
    import httpx

CONNECT_S = 3.0
READ_S = 15.0
LONGEST_ANSWER = 1 << 20
_LONGEST_PAUSE_S = 86_400.0
_REQUEST_IDS = ("request-id", "x-request-id", "cf-ray")
_WORD = re.compile(r"[A-Za-z0-9._:/-]{1,100}")  # what of a vendor's answer may stand in a log
_KINDS: Mapping[int, type[ProviderError]] = {401: AccessDenied, 403: AccessDenied, 404: NotFound, 409: Conflict}


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer; names of headers are lower case, `request_id` is for who asks the vendor about it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """The vendor's name of this request, or an empty text."""
        return next((word(self.headers[name]) for name in _REQUEST_IDS if name in self.headers), "")

    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the header Retry-After asks for, as a number or as a date."""
        text = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
            return min(float(text), _LONGEST_PAUSE_S)
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        return min(max(seconds, 0.0), _LONGEST_PAUSE_S)


Refuse = Callable[[Reply], ProviderError | None]


class VendorHttp:
    """Calls at one vendor; all of them go through its `Calls`."""

    def __init__(
        self, provider: str, title: str, base_url: str, calls: Calls, *, headers: Mapping[str, str], extra: str
    ) -> None:
        """`title` is what sentences call the vendor, `extra` the extra of this project that brings httpx.

        Raises NotConfigured without httpx.
        """
        try:
            import httpx
        except ImportError:
            sentence = f"The package httpx is missing: pip install 'aethex-live[{extra}]'."
            raise NotConfigured(sentence, provider=provider, operation="start") from None
        self._provider = provider
        self._title = title
        self._calls = calls
        self._failures = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
        self._client: httpx.AsyncClient = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": "aethex-live", "Accept-Encoding": "identity", **headers},
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=10),
            follow_redirects=False,
        )

    async def post(
        self,
        operation: str,
        path: str,
        body: object,
        *,
        repeatable: bool,
        headers: Mapping[str, str] | None = None,
        refuse: Refuse | None = None,
    ) -> Reply:
        """Send JSON; the answer when its status is 2xx.

        `repeatable` as in `Calls.run`. `refuse` may make the error of a refusal, where the usual one would not do.
        Raises provider errors.
        """
        content = orjson.dumps(body)
        sent = {"Content-Type": "application/json", **(headers or {})}

        async def once() -> Reply:
            return self._judged(operation, await self._ask(operation, "POST", path, content, sent), refuse)

        return await self._calls.run(operation, once, repeatable=repeatable)

    async def put(self, operation: str, path: str, body: object, *, refuse: Refuse | None = None) -> Reply:
        """Say how a thing shall be; twice is as good as once. Else as `post`."""
        content = orjson.dumps(body)

        async def once() -> Reply:
            sent = {"Content-Type": "application/json"}
            return self._judged(operation, await self._ask(operation, "PUT", path, content, sent), refuse)

        return await self._calls.run(operation, once)

    async def delete(self, operation: str, path: str) -> None:
        """Have a thing gone; one that is gone already is no error."""

        async def once() -> Reply:
            return self._judged(operation, await self._ask(operation, "DELETE", path, None, {}), None)

        try:
            await self._calls.run(operation, once)
        except NotFound:
            return

    async def get(self, operation: str, path: str, *, refuse: Refuse | None = None) -> Reply:
        """Read; as `post`."""

        async def once() -> Reply:
            return self._judged(operation, await self._ask(operation, "GET", path, None, {}), refuse)

        return await self._calls.run(operation, once)

    def outside(self, operation: str, reply: Reply) -> Unavailable:
        """The error for an answer that is not what the vendor's description says."""
        sentence = f"{self._title} gave an answer that is not in its own description{_named(reply)}."
        return Unavailable(sentence, provider=self._provider, operation=operation, code="answer")

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _ask(
        self, operation: str, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        try:
            async with self._client.stream(method, path, content=content, headers=dict(headers)) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                parts, size = [], 0
                async for part in response.aiter_raw():
                    parts.append(part)
                    if (size := size + len(part)) > LONGEST_ANSWER:
                        raise self.outside(operation, Reply(response.status_code, names, b""))
                return Reply(response.status_code, names, b"".join(parts))
        except self._failures as error:
            # its text may hold addresses of machines, and its frames our request
            sentence = f"{self._title} can't be reached ({type(error).__name__})."
            raise Unavailable(
                sentence, provider=self._provider, operation=operation, code=type(error).__name__
            ) from None

    def _judged(self, operation: str, reply: Reply, refuse: Refuse | None) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise (refuse(reply) if refuse else None) or self._refusal(operation, reply)

    def _refusal(self, operation: str, reply: Reply) -> ProviderError:
        about: dict[str, Any] = {"provider": self._provider, "operation": operation, "code": str(reply.status)}
        told = f" ({reply.status}){_named(reply)}."
        if reply.status == 429:
            sentence = f"{self._title} takes no more calls for now{told}"
            return RateLimited(sentence, retry_after=reply.retry_after, **about)
        if (kind := _KINDS.get(reply.status)) is not None:
            return kind(f"{self._title} refuses this call{told}", **about)
        if 400 <= reply.status < 500:
            return Invalid(f"{self._title} calls the request malformed{told}", **about)
        return Unavailable(f"{self._title} failed{told}", retry_after=reply.retry_after, **about)


def word(value: object) -> str:
    """A vendor's word, if it is one that may stand in a log; else an empty text."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _named(reply: Reply) -> str:
    return f", request {reply.request_id}" if reply.request_id else ""
