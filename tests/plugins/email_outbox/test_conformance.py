"""The outbox keeps the e-mail contract."""

import pytest

from aethex_live.providers.email import Email
from aethex_live.testing.conformance import EmailConformance
from aethex_plugins.email_outbox.models import Mail


class TestOutbox(EmailConformance):
    @pytest.fixture
    def provider(self, outbox):
        return outbox

    @pytest.fixture
    def arrived(self, outbox):
        async def kept() -> list[Email]:
            return [
                Email(
                    to=row.to,
                    subject=row.subject,
                    text=row.text,
                    html=row.html,
                    reply_to=row.reply_to,
                    headers=row.headers,
                )
                for row in await Mail.all().order_by("id")
            ]

        return kept
