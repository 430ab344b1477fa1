"""Every call at Clerk: the Backend API with the secret key, and the public keys of the instance without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aethex_live.clock import Clock
from aethex_live.providers import Invalid, NotFound, ProviderError
from aethex_live.providers.calls import Calls
from aethex_live.providers.http import Refuse, Reply, VendorHttp

from .errors import refusal
from .keys import SigningKey, read_set
from .settings import PROVIDER

API_VERSION = "2025-11-10"
_OPEN = frozenset({"active", "pending"})


class Client:
    """Calls; two objects of `Calls`, so that an outage of the API does not spare the keys, nor the other way."""

    def __init__(self, secret_key: str, api_url: str, frontend_url: str, clock: Clock, *, patience_s: float) -> None:
        """Raises NotConfigured without httpx."""
        # a little less than a page waits, so that it is the call that is counted as failed
        self.calls, self.key_calls = (
            Calls(name, clock, timeout_s=patience_s * 0.9) for name in (PROVIDER, f"{PROVIDER}:keys")
        )
        headers = {"Authorization": f"Bearer {secret_key}", "Clerk-API-Version": API_VERSION}
        self._api = VendorHttp(PROVIDER, "Clerk", api_url, self.calls, headers=headers, extra="clerk")
        self._front = VendorHttp(PROVIDER, "Clerk", frontend_url, self.key_calls, headers={}, extra="clerk")

    async def public_keys(self) -> Sequence[SigningKey]:
        """The keys as everybody may read them. Raises provider errors."""
        reply = await self._front.get("keys", "/.well-known/jwks.json", refuse=_refuse("keys"))
        return self._keys("keys", self._front, reply)

    async def own_keys(self) -> Sequence[SigningKey]:
        """The keys of the instance that the secret key is of. Raises provider errors."""
        reply = await self._api.get("own_keys", "/jwks", refuse=_refuse("own_keys"))
        return self._keys("own_keys", self._api, reply)

    async def user(self, user_id: str) -> Mapping[str, Any]:
        """What Clerk tells of somebody. Raises NotFound and other provider errors."""
        return await self._object("user", f"/users/{user_id}", user_id)

    async def revoke(self, session_id: str) -> None:
        """End a session; one that is over or unknown is no error."""
        path = f"/sessions/{session_id}"
        try:
            await self._api.post("revoke", f"{path}/revoke", {}, repeatable=True, refuse=_refuse("revoke"))
        except NotFound:
            return
        except Invalid:
            if (await self._object("session", path, session_id)).get("status") in _OPEN:
                raise

    async def set_banned(self, user_id: str, *, banned: bool) -> None:
        """Shut somebody out, which ends their sessions, or let them in again. Raises NotFound, Unsupported."""
        operation = "ban" if banned else "unban"
        path = f"/users/{user_id}/{operation}"
        await self._api.post(operation, path, {}, repeatable=True, refuse=_refuse(operation))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()
        await self._front.aclose()

    async def _object(self, operation: str, path: str, wanted: str) -> Mapping[str, Any]:
        """The object of this very id."""
        reply = await self._api.get(operation, path, refuse=_refuse(operation))
        told = reply.json()
        if not isinstance(told, dict) or told.get("id") != wanted:
            raise self._api.outside(operation, reply)
        return told

    def _keys(self, operation: str, http: VendorHttp, reply: Reply) -> Sequence[SigningKey]:
        found = read_set(reply.json())
        if not found:
            raise http.outside(operation, reply)
        return found


def _refuse(operation: str) -> Refuse:
    def refuse(reply: Reply) -> ProviderError | None:
        return refusal(operation, reply)

    return refuse
