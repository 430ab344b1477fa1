"""One issuer: its addresses and keys, remembered for a while, and the calls of a sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from aethex_live.clock import Clock
from aethex_live.providers import Unavailable
from aethex_live.providers.calls import Calls

from . import keys, metadata
from .errors import PROVIDER, silent, used
from .keys import SigningKey
from .metadata import Metadata
from .settings import IssuerSettings
from .wire import Answer, Wire

T = TypeVar("T")

AGAIN_S = 60.0  # a key that nobody knows makes us ask for the set again, at most once in so many seconds


class IssuerClient:
    """What is asked of one issuer. A failing one is spared by its own breaker, so that it harms no other."""

    def __init__(
        self, key: str, settings: IssuerSettings, wire: Wire, clock: Clock, *, patience_s: float, remember_s: float
    ) -> None:
        self.key = key
        self.settings = settings
        # a little less than the page waits, so that it is the call that is counted as failed
        self.calls = Calls(f"{PROVIDER}:{key}", clock, timeout_s=patience_s * 0.9)
        self._wire = wire
        self._clock = clock
        self._remember_s = remember_s
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, Sequence[SigningKey]] | None = None
        self._renewing = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Its addresses. Raises Unavailable when they can't be had or are not what they should be."""
        if (found := self._fresh(self._metadata)) is not None:
            return found
        async with self._renewing:  # one asks for all who wait
            if (found := self._fresh(self._metadata)) is not None:
                return found
            found = await self._run("discovery", self._discover)
            self._metadata = (self._clock.monotonic(), found)
        return found

    async def keys(self, *, unknown: bool = False) -> Sequence[SigningKey]:
        """Its keys; `unknown`: the remembered ones lack one. Raises Unavailable."""
        where = (await self.metadata()).keys
        async with self._renewing:
            if (found := self._fresh(self._keys)) is not None and not (unknown and self._may_ask_again()):
                return found
            found = await self._run("keys", lambda: self._fetch_keys(where))
            self._keys = (self._clock.monotonic(), found)
        return found

    async def exchange(self, code: str, verifier: str, return_url: str) -> Mapping[str, Any]:
        """The tokens behind a code. Raises AccessDenied when the issuer does not take it, Unavailable."""
        addresses, one = await self.metadata(), self.settings
        secret = one.client_secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_url,
            "code_verifier": verifier,
        }
        if not secret or addresses.by_post:
            form |= {"client_id": one.client_id} | ({"client_secret": secret} if secret else {})
        basic = (one.client_id, secret) if secret and not addresses.by_post else None

        async def call() -> Mapping[str, Any]:
            answer = await self._wire.post(addresses.token, one.label, "exchange", form, basic)
            return self._tokens(answer)

        return await self._run("exchange", call, repeatable=False)

    async def userinfo(self, token: str) -> Mapping[str, Any]:
        """What it tells of the owner of an access token; empty where it tells nothing. Raises Unavailable."""
        where = (await self.metadata()).userinfo
        if not where:
            return {}
        label = self.settings.label
        return await self._run("userinfo", lambda: self._wire.get(where, label, "userinfo", token=token))

    def _tokens(self, answer: Answer) -> Mapping[str, Any]:
        if answer.status == 200 and isinstance(answer.body.get("id_token"), str):
            return answer.body
        error = str(answer.body.get("error", ""))[:40]
        if error == "invalid_grant":
            raise used(self.settings.label)
        # invalid_client and the like: the operator's affair, so the log has the word
        raise silent(self.settings.label, "exchange", error if error.isidentifier() else f"http-{answer.status}")

    async def _discover(self) -> Metadata:
        issuer, label = self.settings.issuer, self.settings.label
        document = await self._wire.get(metadata.well_known(issuer), label, "discovery")
        try:
            return metadata.read(document, issuer)
        except ValueError as error:
            raise silent(label, "discovery", str(error)) from None

    async def _fetch_keys(self, where: str) -> Sequence[SigningKey]:
        found = keys.read(await self._wire.get(where, self.settings.label, "keys"))
        if not found:
            raise silent(self.settings.label, "keys", "no-keys")
        return found

    async def _run(self, operation: str, call: Callable[[], Awaitable[T]], *, repeatable: bool = True) -> T:
        try:
            return await self.calls.run(operation, call, repeatable=repeatable)
        except Unavailable as error:  # in a sentence that names the issuer as people know it
            raise silent(self.settings.label, operation, error.code or "", error.retry_after) from None

    def _fresh(self, kept: tuple[float, T] | None) -> T | None:
        if kept is None or self._clock.monotonic() - kept[0] >= self._remember_s:
            return None
        return kept[1]

    def _may_ask_again(self) -> bool:
        return self._keys is None or self._clock.monotonic() - self._keys[0] >= AGAIN_S
