"""One HTTP request in Quart without the tasks that only requests with a body need."""

from __future__ import annotations

import asyncio
from typing import Any

from quart import Response
from quart.asgi import ASGIHTTPConnection, _handle_exception
from quart.utils import cancel_tasks, encode_headers, raise_task_exceptions
from quart.wrappers.response import DataBody

BODILESS = frozenset({"GET", "HEAD"})


class Connection(ASGIHTTPConnection):
    """Quart makes two tasks and a time limit for every request; a GET whose answer is in memory needs none of them.

    It uses private names of Quart, which is pinned exactly; tests/core/web/test_connection.py holds it to Quart's own
    behaviour. A client that goes away does not cancel such a GET: its view ends soon by itself.
    """

    async def __call__(self, receive: Any, send: Any) -> None:
        if self.scope["method"] not in BODILESS or _has_body(self.scope["headers"]):
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        request.body.set_complete()
        try:
            response = await self.app.handle_request(request)
        except Exception as error:  # noqa: BLE001  (as Quart does: what no handler took becomes a 500)
            response = await _handle_exception(self.app, error)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            headers = encode_headers(response.headers)
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            body = response.response.data[response.response.begin : response.response.end]
            await send({"type": "http.response.body", "body": body, "more_body": False})
        else:
            await self._stream(request, response, receive, send)

    async def _stream(self, request: Any, response: Any, receive: Any, send: Any) -> None:
        """Send what comes in pieces, until the client goes away."""
        receiver = asyncio.ensure_future(self.handle_messages(request, receive))
        sender = asyncio.ensure_future(self._in_time(response, send))
        done, pending = await asyncio.wait([sender, receiver], return_when=asyncio.FIRST_COMPLETED)
        await cancel_tasks(pending)
        raise_task_exceptions(done)

    async def _in_time(self, response: Any, send: Any) -> None:
        named = response.timeout if isinstance(response, Response) else ...
        try:
            async with asyncio.timeout(self.app.config["RESPONSE_TIMEOUT"] if named is ... else named):
                await self._send_response(send, response)
        except TimeoutError:
            return


def _has_body(headers: Any) -> bool:
    return any((name == b"content-length" and value != b"0") or name == b"transfer-encoding" for name, value in headers)
