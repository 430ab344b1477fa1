"""Cloudflare's API: its envelope opened, and answers that are none refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aethex_live.providers.calls import Calls
from aethex_live.providers.http import Reply, VendorHttp

from .names import PROVIDER, TITLE

T = TypeVar("T")


class StreamApi:
    """The calls below /accounts/<account>/stream, and those of the customer's domain."""

    def __init__(self, api_url: str, delivery_url: str, account_id: str, token: str, calls: Calls) -> None:
        """Raises NotConfigured without httpx."""
        headers = {"Authorization": f"Bearer {token}"}
        self._http = VendorHttp(PROVIDER, TITLE, api_url, calls, headers=headers, extra=PROVIDER)
        self._delivery = VendorHttp(PROVIDER, TITLE, delivery_url, calls, headers={}, extra=PROVIDER)
        self._base = f"/accounts/{account_id}/stream"

    async def get(self, operation: str, path: str, read: Callable[[Any], T]) -> T:
        """What `read` finds in an answer."""
        return self._read(operation, await self._http.get(operation, self._base + path), read)

    async def post(
        self, operation: str, path: str, body: object, read: Callable[[Any], T], *, key: str | None = None
    ) -> T:
        """Make something; with an idempotency key it may be repeated."""
        headers = {"Idempotency-Key": key} if key else None
        reply = await self._http.post(operation, self._base + path, body, repeatable=key is not None, headers=headers)
        return self._read(operation, reply, read)

    async def put(self, operation: str, path: str, body: object) -> None:
        """Change something."""
        self._read(operation, await self._http.put(operation, self._base + path, body), lambda _: None)

    async def delete(self, operation: str, path: str) -> None:
        """Delete; what is gone is no error."""
        await self._http.delete(operation, self._base + path)

    async def viewers(self, input_id: str) -> int | None:
        """How many watch a live input, as the customer's domain says it; None when it does not."""
        reply = await self._delivery.get("viewers", f"/{input_id}/views")
        told = reply.json()
        count = told.get("liveViewers") if isinstance(told, dict) else None
        return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._delivery.aclose()

    def _read(self, operation: str, reply: Reply, read: Callable[[Any], T]) -> T:
        told = reply.json()
        if not isinstance(told, Mapping) or told.get("success") is not True:
            raise self._http.outside(operation, reply)
        try:
            return read(told.get("result"))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise self._http.outside(operation, reply) from None
