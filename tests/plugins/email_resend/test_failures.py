"""What becomes of a mail when Resend fails."""

from aethex_plugins.email_resend.service import ResendMail
from mail_failures import MAIL, MailFailures
from mail_twins import ResendTwin


class TestResendFails(MailFailures):
    pass


async def test_a_hiccup_is_repeated_under_the_same_key(provider: ResendMail, twin: ResendTwin):
    # Given a quiet time, in which repeats were saved up
    for number in range(10):
        await provider.send(MAIL, idempotency_key=str(number))
    # When Resend takes a mail and its answer is lost
    taken, lost = twin.took, []

    def lose_one(*call: object):
        answer = taken(*call)  # type: ignore[arg-type]
        if not lost:
            lost.append(answer)
            return twin_failed()
        return answer

    def twin_failed():
        from aiohttp import web

        return web.Response(status=502)

    twin.took = lose_one
    await provider.send(MAIL, idempotency_key="once")
    # Then it was asked twice, and there is one mail
    assert [call.headers["idempotency-key"] for call in twin.seen[-2:]] == ["once", "once"]
    assert len(twin.taken) == 11
