"""A vendor's HTTP API: what its answers become."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound, RateLimited, Unavailable
from aethex_live.providers.calls import Calls
from aethex_live.providers.http import Reply, VendorHttp, word


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("999999999", 86_400.0), ("", None), ("soon", None), ("-1", None), ("1e9", None)],
)
def test_the_wait_that_a_vendor_asks_for(text: str, seconds: float | None):
    assert Reply(429, {"retry-after": text}, b"").retry_after == seconds


def test_the_wait_may_be_a_date():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 50 < (Reply(429, {"retry-after": later}, b"").retry_after or 0) <= 60
    before = format_datetime(datetime.now(UTC) - timedelta(seconds=60), usegmt=True)
    assert Reply(429, {"retry-after": before}, b"").retry_after == 0


@pytest.mark.parametrize(
    ("value", "shown"), [("req_7", "req_7"), ("a b", ""), ("", ""), ("x" * 101, ""), (7, ""), ("a\n", ""), ("a@b", "")]
)
def test_only_a_word_may_stand_in_a_log(value: object, shown: str):
    assert word(value) == shown


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Unavailable),
        (400, Invalid),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotFound),
        (409, Conflict),
        (422, Invalid),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_a_status_becomes_an_error(status: int, kind: type):
    async def answer(request: web.Request) -> web.Response:
        headers = {"X-Request-Id": "req-1", "Location": "http://127.0.0.1:1/"}
        return web.Response(status=status, text="person@example.org", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    calls = Calls("vendor", ManualClock())
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    http = VendorHttp("vendor", "Vendor", base, calls, headers={"Authorization": "Bearer canary"}, extra="vendor")
    with pytest.raises(kind) as refused:
        await http.get("read", "/x")
    assert type(refused.value) is kind
    assert "req-1" in str(refused.value)
    assert "@" not in str(refused.value)
    assert "canary" not in repr(http) + repr(refused.value)
    await http.aclose()
    await runner.cleanup()


def test_the_library_is_read_when_a_client_is_made_and_not_before():
    code = (
        "import sys; import aethex_live.providers.http; "
        "import aethex_plugins.email_resend, aethex_plugins.email_sendgrid, aethex_plugins.email_smtp; "
        "print(*(name for name in ('httpx', 'smtplib', 'standardwebhooks', 'cryptography', 'resend', 'sendgrid') "
        "if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""
