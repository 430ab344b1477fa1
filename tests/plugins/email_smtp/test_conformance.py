"""SMTP keeps the e-mail contract, at a real mail server."""

import pytest

from aethex_live.testing.conformance import EmailConformance


class TestSmtp(EmailConformance):
    @pytest.fixture
    def provider(self, provider):
        return provider

    @pytest.fixture
    def arrived(self, mailbox):
        return mailbox.arrived
