"""How Stripe is switched on: what is missing is named at the start, and nothing of its library is loaded before."""

import subprocess
import sys

import pytest

from aethex_live.errors import StartError
from aethex_live.providers import NotConfigured
from aethex_plugins.payments_stripe.client import Client
from sites import OpenSite

OFF = {"streaming": "none"}
GOOD = {"secret_key": "sk_test_1234567890abcdef", "webhook_secrets": ["whsec_account0"]}
CHOSEN = {"providers": {**OFF, "payments": ["stripe"]}, "disable": ("stream_local",)}
SECRETS = ("1234567890abcdef", "whsec_account0")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ("secret_key", "missing", "AETHEX_PAYMENTS_STRIPE__SECRET_KEY", "dashboard.stripe.com/apikeys")),
        (GOOD | {"secret_key": "pk_test_1234567890abcdef"}, ("secret_key", "no secret key")),
        (GOOD | {"webhook_secrets": []}, ("webhook_secrets", "missing", "dashboard.stripe.com/webhooks")),
        (GOOD | {"webhook_secrets": ["1234567890abcdef"]}, ("webhook_secrets", "whsec_")),
        (GOOD | {"connect_webhook_secrets": ["1234567890abcdef"]}, ("connect_webhook_secrets", "whsec_")),
    ],
)
async def test_a_missing_or_malformed_key_stops_the_start_with_its_name(open_site: OpenSite, settings, words):
    with pytest.raises(StartError) as stopped:
        await open_site(**CHOSEN, plugins={"payments_stripe": settings})
    sentence = str(stopped.value)
    assert "\n" not in sentence
    assert [word for word in words if word not in sentence] == []
    assert [secret for secret in SECRETS if secret in sentence] == []


async def test_two_providers_are_there_at_once_and_the_first_is_the_default(open_site: OpenSite):
    site = await open_site(
        providers={**OFF, "payments": ["stripe", "sandbox"]},
        disable=("stream_local",),
        plugins={"payments_stripe": GOOD},
    )
    providers = site.platform.providers
    assert providers.payments().name == providers.payments("stripe").name == "stripe"
    assert providers.payments("sandbox").name == "sandbox"


async def test_what_was_paid_before_the_switch_is_still_served(open_site: OpenSite):
    """Another provider is chosen by now; the keys are still there."""
    site = await open_site(
        providers={**OFF, "payments": ["sandbox"]}, disable=("stream_local",), plugins={"payments_stripe": GOOD}
    )
    assert site.platform.providers.payments().name == "sandbox"
    assert site.platform.providers.payments("stripe").name == "stripe"


def test_its_library_is_loaded_when_it_is_set_up_and_not_before():
    code = (
        "import sys, aethex_plugins.payments_stripe, aethex_plugins.payments_stripe.service\n"
        "assert not {'stripe', 'httpx'} & set(sys.modules), sorted({'stripe', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "stripe", None)
    with pytest.raises(NotConfigured, match=r"pip install 'aethex-live\[stripe\]'"):
        Client("sk_test_1", "http://127.0.0.1:9", 5.0, None)
