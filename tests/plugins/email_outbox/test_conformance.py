"""The outbox keeps the e-mail contract."""

import pytest

from aethex_live.testing.conformance import EmailConformance


class TestOutbox(EmailConformance):
    @pytest.fixture
    def provider(self, outbox):
        return outbox
