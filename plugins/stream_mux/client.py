"""Mux's API: the vendor's SDK in threads, with the platform's limits and errors. Answers are plain mappings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import mux_python
from mux_python.exceptions import ApiException, OpenApiException
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from aethex_live.providers.calls import Calls

from . import errors

CONNECT_S, READ_S = 3.0, 12.0
THREADS = 8

Answer = Mapping[str, Any]


class MuxApi:
    """The calls that the provider makes. Each raises provider errors alone."""

    def __init__(self, host: str, token_id: str, token_secret: str, calls: Calls) -> None:
        config = mux_python.Configuration(host=host)
        config.username, config.password = token_id, token_secret
        # the SDK refuses answers of Mux itself that lie outside of its own ranges
        config.client_side_validation = False
        # `Calls` repeats; urllib3 on its own would sleep as long as a busy Mux asks
        config.retries = Retry(total=0, respect_retry_after_header=False)
        mux_python.Configuration.set_default(config)
        client = mux_python.ApiClient(config)
        self._client = client
        self.live = mux_python.LiveStreamsApi(client)
        self.assets = mux_python.AssetsApi(client)
        self._calls = calls
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mux")

    async def call(self, method: Callable[..., Any], *args: Any, repeatable: bool, **named: Any) -> Any:
        """What a method of the SDK answers: the `data` of it, as mappings and lists."""
        operation = method.__name__
        work = partial(self._now, method, operation, args, named)
        loop = asyncio.get_running_loop()

        async def once() -> Any:
            return await loop.run_in_executor(self._pool, work)

        return await self._calls.run(operation, once, repeatable=repeatable)

    def _now(self, method: Callable[..., Any], operation: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            answer = method(*args, _request_timeout=(CONNECT_S, READ_S), **named)
        except ApiException as error:
            raise errors.of_status(error.status or 0, error.headers or {}, operation) from None
        except HTTPError:
            raise errors.unreachable(operation) from None
        except (OpenApiException, ValueError, TypeError, AttributeError, KeyError):
            raise errors.unreadable(operation) from None
        if answer is None:
            return None
        found = self._client.sanitize_for_serialization(answer)
        if not isinstance(found, dict) or "data" not in found:
            raise errors.unreadable(operation)
        return found["data"]

    def close(self) -> None:
        """End the threads that wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)
