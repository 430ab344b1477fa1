"""What becomes of a mail when its vendor fails: one table, held by each provider that calls a vendor by HTTP."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Any

import pytest

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, ProviderError, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES as MOST_FAILURES
from aethex_live.providers.calls import PROBE_S
from aethex_live.providers.email import Email
from mail_twins import Twin

MAIL = Email(to="person@example.org", subject="Hello", text="Hello.")
DOWN = {  # how it fails -> what its sentence says
    "refused": "can't be reached",
    "timeout": "did not answer",
    "failed": "failed (500), request req-500",
    "half": "can't be reached",
    "wrong json": "not in its own description, request req-1",
}


class MailFailures:
    """Subclass with the fixtures `provider`, `twin` and `clock`; the provider waits 0.6 s for an answer."""

    async def fail(self, twin: Twin, how: str) -> None:
        if how == "refused":
            await twin.stop()
        else:
            twin.failing = how

    async def heal(self, twin: Twin, how: str) -> None:
        if how == "refused":
            await twin.start(twin.port)
        twin.failing = ""

    @pytest.mark.parametrize("how", DOWN)
    async def test_a_vendor_who_fails_is_unavailable(self, provider: Any, twin: Twin, how: str):
        await self.fail(twin, how)
        begun = time.monotonic()
        with pytest.raises(Unavailable) as failed:
            await provider.send(MAIL, idempotency_key="1")
        assert DOWN[how] in str(failed.value)
        assert failed.value.retryable
        assert time.monotonic() - begun < 2
        await self.heal(twin, how)

    async def test_a_slow_vendor_is_waited_for(self, provider: Any, twin: Twin):
        twin.failing = "slow"
        assert await provider.send(MAIL, idempotency_key="1")
        assert len(twin.taken) == 1

    async def test_a_busy_vendor_says_when_to_come_back(self, provider: Any, twin: Twin):
        twin.failing = "busy"
        with pytest.raises(RateLimited) as busy:
            await provider.send(MAIL, idempotency_key="1")
        assert busy.value.retry_after == 7

    async def test_credentials_that_ran_out_say_where_to_get_new_ones(self, provider: Any, twin: Twin):
        twin.failing = "expired"
        with pytest.raises(AccessDenied, match=r"api_key under \[plugins\.") as denied:
            await provider.send(MAIL, idempotency_key="1")
        assert twin.key not in str(denied.value)
        assert not denied.value.retryable

    @pytest.mark.parametrize("how", ["busy", "expired"])
    async def test_a_vendor_who_answers_is_not_spared(self, provider: Any, twin: Twin, how: str):
        await self.fail(twin, how)
        for number in range(MOST_FAILURES + 1):
            with pytest.raises((RateLimited, AccessDenied)):
                await provider.send(MAIL, idempotency_key=str(number))
        assert provider.calls.condition.healthy

    @pytest.mark.parametrize("how", ["refused", "failed", "half"])
    async def test_a_vendor_who_is_down_is_spared_and_comes_back(
        self, provider: Any, twin: Twin, clock: ManualClock, how: str
    ):
        # Given a vendor who fails for long
        await self.fail(twin, how)
        for number in range(MOST_FAILURES):
            with pytest.raises(Unavailable):
                await provider.send(MAIL, idempotency_key=str(number))
        assert not provider.calls.condition.healthy
        # When more mails are to go, it is left alone
        before = len(twin.seen)
        for number in range(10):
            with pytest.raises(Unavailable, match="not answering at the moment"):
                await provider.send(MAIL, idempotency_key=f"spared-{number}")
        assert len(twin.seen) == before
        # Then one mail in ten seconds finds out, and all is well again
        await self.heal(twin, how)
        clock.advance(PROBE_S)
        assert await provider.send(MAIL, idempotency_key="probe")
        assert await provider.send(MAIL, idempotency_key="next")
        assert provider.calls.condition.healthy

    async def test_an_endless_answer_is_cut_off(self, provider: Any, twin: Twin):
        from aiohttp import web

        # it would be fine, were it not that long
        long = b'{"id": "1", "more": "' + b"x" * (2 << 20) + b'"}'
        twin.took = lambda *_: web.Response(status=202, body=long)  # type: ignore[method-assign]
        with pytest.raises(Unavailable, match="not in its own description"):
            await provider.send(MAIL, idempotency_key="1")

    async def test_nothing_of_a_mail_stands_in_an_error(self, provider: Any, twin: Twin):
        twin.took = lambda *_: twin.refused(422)  # type: ignore[method-assign]
        with pytest.raises(Exception, match="malformed") as refused:
            await provider.send(MAIL, idempotency_key="1")
        assert "person@example.org" not in str(refused.value) + repr(refused.value)
        assert "req-4" in str(refused.value)

    async def test_neither_a_mail_nor_a_key_stands_in_a_log(
        self, provider: Any, twin: Twin, caplog: pytest.LogCaptureFixture
    ):
        caplog.set_level(logging.DEBUG)
        for how in ("failed", "wrong json", "expired", "half", ""):
            twin.failing = how
            with contextlib.suppress(ProviderError):
                await provider.send(MAIL, idempotency_key=how or "good")
        assert len(twin.taken) == 1
        assert "person@example.org" not in caplog.text
        assert twin.key not in caplog.text
