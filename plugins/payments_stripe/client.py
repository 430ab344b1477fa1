"""Stripe's own client, and one way to ask: time limit, repeats with the same key, errors in our words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from aethex_live.clock import Clock
from aethex_live.providers.calls import Calls

from .answers import MALFORMED
from .errors import NAME, not_configured, strange, translated, word

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")
# both write addresses and sentences of Stripe's into the log at "info"
QUIET = ("stripe", "httpx")


class Client:
    """A StripeClient behind `Calls`."""

    def __init__(self, key: str, base: str, timeout_s: float, clock: Clock) -> None:
        try:
            import httpx  # noqa: F401 - the SDK's asynchronous half needs it
            import stripe
        except ImportError:
            raise not_configured(
                "payments_stripe needs Stripe's library: pip install 'aethex-live[stripe]', then start again."
            ) from None
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._errors = stripe.StripeError
        self._http = stripe.HTTPXClient(timeout=timeout_s)
        self.calls = Calls(NAME, clock, timeout_s=timeout_s)
        self.v1 = stripe.StripeClient(
            key,
            base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
            max_network_retries=0,  # `calls` repeats
            http_client=self._http,
        ).v1

    async def ask(
        self,
        operation: str,
        call: Callable[[], Awaitable[stripe.StripeObject]],
        read: Callable[[Mapping[str, Any]], T],
    ) -> T:
        """What `read` makes of the answer. `call` is repeated as it is, so its idempotency key stands outside of it.

        Raises errors of providers alone.
        """

        async def once() -> T:
            request_id = ""
            try:
                answer = await call()
                request_id = word(getattr(answer.last_response, "request_id", None))
                return read(answer.to_dict())
            except self._errors as error:
                raise translated(error, operation) from None
            except MALFORMED:
                raise strange(operation, request_id) from None

        return await self.calls.run(operation, once)

    async def aclose(self) -> None:
        """Give connections back."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the library says nothing of its type
