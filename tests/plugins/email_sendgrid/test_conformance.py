"""SendGrid keeps the e-mail contract, at a twin that judges each call by SendGrid's own description."""

import pytest

from aethex_live.testing.conformance import EmailConformance


class TestSendgrid(EmailConformance):
    @pytest.fixture
    async def provider(self, provider, twin):
        yield provider
        assert [call for call in twin.seen if call.errors] == []

    @pytest.fixture
    def vendor(self, twin):
        return twin

    @pytest.fixture
    def arrived(self, twin):
        return twin.arrived
