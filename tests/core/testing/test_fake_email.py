"""The e-mail provider in memory keeps the e-mail contract, and the kit sees what does not."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest
from aethex_live.testing.conformance import EmailConformance
from aethex_live.testing.fakes import FakeEmail


class TestFakeEmail(EmailConformance):
    @pytest.fixture
    def provider(self):
        return FakeEmail()

    @pytest.fixture
    def vendor(self, provider):
        return provider

    @pytest.fixture
    def arrived(self, provider):
        async def sent() -> list[Email]:
            return provider.sent

        return sent


async def test_what_was_sent_can_be_read():
    fake = FakeEmail()
    await fake.send(Email(to="a@b.org", subject="Hi", text="Hi."), idempotency_key="1")
    assert [mail.subject for mail in fake.sent] == ["Hi"]


# --- a capability that is declared and not held fails


class Forgetful(FakeEmail):
    """Declares IDEMPOTENT, and takes each call for a mail of its own."""

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        return await super().send(message, idempotency_key=f"{idempotency_key}-{len(self.sent)}")


class Alone:
    """Declares BATCH, and sends single mails alone."""

    name = "alone"
    capabilities = frozenset({MailCap.BATCH})


class Partial(FakeEmail):
    """Declares BATCH, and sends what comes before the mail that is refused."""

    async def send_many(self, messages: Sequence[Email], *, idempotency_key: str) -> Sequence[str]:
        one = super().send_many
        return [(await one([mail], idempotency_key=f"{idempotency_key}{n}"))[0] for n, mail in enumerate(messages)]


class Shuffled(FakeEmail):
    """Declares BATCH, and sends the last mail first."""

    async def send_many(self, messages: Sequence[Email], *, idempotency_key: str) -> Sequence[str]:
        return await super().send_many(messages[::-1], idempotency_key=idempotency_key)


class Tagless(FakeEmail):
    """Declares TAGS, and loses them."""

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        bare = Email(to=message.to, subject=message.subject, text=message.text)
        return await super().send(bare, idempotency_key=idempotency_key)


class Deaf(FakeEmail):
    """Declares EVENTS, and reads none."""

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        return []


class Gullible(FakeEmail):
    """Declares EVENTS, and believes everybody."""

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        age = {"mail": "m", "type": "email.bounced"}
        return [ProviderEvent(id="1", type=age["type"], subject=age["mail"], occurred_at=request.received_at)]


class Headless(FakeEmail):
    """Loses the headers of mails."""

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        bare = Email(to=message.to, subject=message.subject, text=message.text, reply_to=message.reply_to)
        return await super().send(bare, idempotency_key=idempotency_key)


Run = Callable[[EmailConformance, FakeEmail], Awaitable[None]]


def arrived_at(fake: FakeEmail):
    async def sent() -> list[Email]:
        return fake.sent

    return sent


BROKEN: dict[str, tuple[type, Run]] = {
    "idempotent": (Forgetful, lambda kit, fake: kit.test_a_key_is_one_mail(fake, "a@b.org", "k", arrived_at(fake))),
    "batch": (Alone, lambda kit, fake: kit.test_what_is_declared_is_there(fake, None)),
    "all or nothing": (
        Partial,
        lambda kit, fake: kit.test_a_batch_is_all_or_nothing(fake, "a@b.org", "k", arrived_at(fake)),
    ),
    "order": (Shuffled, lambda kit, fake: kit.test_many_mails_go_in_one_call(fake, "a@b.org", "k", arrived_at(fake))),
    "tags": (Tagless, lambda kit, fake: kit.test_tags_come_back_with_what_is_told(fake, "a@b.org", "k", fake)),
    "events": (
        Deaf,
        lambda kit, fake: kit.test_what_became_of_a_mail_is_told(fake, "a@b.org", "k", fake, "email.bounced"),
    ),
    "no vendor": (FakeEmail, lambda kit, fake: kit.test_what_is_declared_is_there(fake, None)),
    "signature": (
        Gullible,
        lambda kit, fake: kit.test_only_what_the_vendor_says_now_is_believed(fake, "a@b.org", "k", fake),
    ),
    "headers": (
        Headless,
        lambda kit, fake: kit.test_headers_and_the_address_for_replies_go_along(fake, "a@b.org", "k", arrived_at(fake)),
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_the_kit_fails_what_is_declared_and_not_held(case: str):
    made, run = BROKEN[case]
    with pytest.raises((AssertionError, ValueError, pytest.fail.Exception)):
        await run(EmailConformance(), made())
