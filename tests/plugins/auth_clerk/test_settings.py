"""Keys that are missing, malformed or of two instances: the start says which, where it is read and where to get it."""

import base64
import subprocess
import sys
from types import SimpleNamespace

import pytest
from clerk_twin import FIRST, publishable
from pydantic import ValidationError

from aethex_live.clock import ManualClock
from aethex_live.errors import StartError
from aethex_live.providers import NotConfigured
from aethex_live.providers.auth import AuthCap
from aethex_live.settings import Site
from aethex_plugins.auth_clerk import AuthClerk
from aethex_plugins.auth_clerk.instance import read_instance
from aethex_plugins.auth_clerk.settings import AuthClerkSettings
from sites import OpenSite

GOOD = {"publishable_key": publishable(), "secret_key": "sk_test_canary7canary7"}


def built(**settings):
    """The provider as the plugin builds it."""
    site = Site.model_validate({"url": "https://live.example"})
    (offer,) = AuthClerk(
        SimpleNamespace(site=site, settings=AuthClerkSettings(**settings), clock=ManualClock())
    ).auth_providers()
    return offer.build()


def test_two_keys_are_enough():
    instance = read_instance(AuthClerkSettings(**GOOD))
    assert (instance.environment, instance.frontend) == ("test", "https://clerk.example.org")
    live = GOOD | {"publishable_key": publishable("clerk.example.org", "live"), "secret_key": "sk_live_canary7canary7"}
    assert read_instance(AuthClerkSettings(**live)).environment == "live"


async def test_it_is_embedded_and_ends_sessions():
    made = built(**GOOD)
    assert made.name == "clerk"
    assert made.capabilities == {AuthCap.EMBEDDED, AuthCap.REVOKE}
    await made.aclose()


async def test_what_is_told_depends_on_the_secret():
    told = built(**GOOD, webhook_secrets=["whsec_" + base64.b64encode(b"k" * 24).decode()])
    assert AuthCap.EVENTS in told.capabilities
    assert "canary7" not in repr(told) + repr(vars(told)) + repr(AuthClerkSettings(**GOOD))
    await told.aclose()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"publishable_key": ""}, ["publishable_key is missing", "AETHEX_AUTH_CLERK__PUBLISHABLE_KEY"]),
        ({"secret_key": ""}, ["secret_key is missing", "AETHEX_AUTH_CLERK__SECRET_KEY", "dashboard.clerk.com"]),
        ({"publishable_key": "sk_test_canary7canary7"}, ["publishable_key is malformed", "pk_test_ or pk_live_"]),
        ({"publishable_key": "pk_test_canary7"}, ["publishable_key is malformed"]),
        ({"publishable_key": "pk_test_" + base64.b64encode(b"a b$").decode()}, ["publishable_key is malformed"]),
        ({"publishable_key": "pk_test_" + base64.b64encode(b"clerk.org").decode()}, ["publishable_key is malformed"]),
        ({"publishable_key": "pk_test_" + base64.b64encode(b"a;b$").decode()}, ["publishable_key is malformed"]),
        ({"secret_key": publishable()}, ["secret_key is malformed", "sk_test_ or sk_live_"]),
        ({"secret_key": "sk_live_canary7canary7"}, ["of a test instance and secret_key of a live one", "same page"]),
        ({"webhook_secrets": ["canary7"]}, ["webhook_secrets is no signing secret", "Webhooks"]),
        ({"webhook_secrets": ["whsec_short"]}, ["webhook_secrets is no signing secret"]),
        ({"jwt_key": "canary7"}, ["jwt_key is malformed", "AETHEX_AUTH_CLERK__JWT_KEY"]),
        ({"jwt_key": FIRST.as_pem(private=True).decode()}, ["jwt_key is malformed"]),
    ],
    ids=lambda part: (
        part if isinstance(part, str) else "-".join(part)[:60]
    ),  # no keys, no clocks: all processes name them alike
)
def test_what_is_wrong_is_named_and_the_way_to_mend_it(changes: dict, says: list[str]):
    with pytest.raises(NotConfigured) as refused:
        built(**GOOD | changes)
    assert all(words in str(refused.value) for words in says), str(refused.value)
    assert "canary7" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"authorized_parties": ["live.example"]},
        {"authorized_parties": ["https://live.example/"]},
        {"label": ""},
        {"label": "a\nb"},
        {"api_url": "http://api.clerk.com"},
        {"frontend_url": "ftp://clerk.example.org"},
        {"patience_s": 100},
        {"registration": "invite"},
    ],
    ids=str,
)
def test_a_malformed_setting_is_refused(changes: dict):
    with pytest.raises(ValidationError):
        AuthClerkSettings(**GOOD | changes)


async def test_a_start_without_a_key_stops_with_the_sentence(open_site: OpenSite):
    with pytest.raises(StartError, match=r"secret_key is missing: copy it \(sk_test_ or sk_live_…\) from dashboard"):
        await open_site(
            providers={"streaming": "none", "auth": "clerk"},
            disable=("stream_local", "auth_local"),
            plugins={"auth_clerk": {"publishable_key": publishable()}},
        )


def test_a_site_without_it_reads_none_of_its_libraries():
    code = (
        "import sys, aethex_plugins.auth_clerk as plugin; "
        "print(sorted({'httpx', 'joserfc', 'clerk_backend_api', 'standardwebhooks'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"
