"""Where plugins' routes may stand: in their own places, and under first segments that they claim."""

from __future__ import annotations

import pytest
from quart import Blueprint, Quart

from aethex_live._runtime.manifest import Manifest
from aethex_live._web.claims import check
from aethex_live.errors import StartError


def app_with(*rules: str) -> Quart:
    """An app in which the plugin "tips" has these routes."""
    app = Quart(__name__, static_folder=None)
    blueprint = Blueprint("tips_pages", __name__)
    for number, rule in enumerate(rules):
        blueprint.add_url_rule(rule, endpoint=f"view{number}", view_func=lambda: "")
    app.register_blueprint(blueprint)
    app.config["BLUEPRINT_OWNERS"] = {"tips_pages": "tips"}
    return app


def test_a_plugin_has_its_own_folder_the_api_and_what_it_claims() -> None:
    app = app_with("/p/tips/<slug>", "/api/v1/tips", "/webhooks/payments/tips", "/tip.txt", "/jar/<slug>")
    check(app, {"tips": ("tip.txt", "jar")})


@pytest.mark.parametrize("rule", ["/jar", "/p/chat/tips", "/p", "/<slug>/tips", "/"])
def test_a_route_elsewhere_stops_the_start_and_says_what_to_write(rule: str) -> None:
    with pytest.raises(StartError, match="claims = ") as stopped:
        check(app_with(rule), {"tips": ("tip.txt",)})
    assert f"tips has the route {rule}," in str(stopped.value)


def test_two_plugins_that_claim_one_segment_are_both_named() -> None:
    with pytest.raises(StartError, match="tips and jars both claim the addresses below /jar"):
        check(app_with(), {"tips": ("jar",), "jars": ("jar",)})


@pytest.mark.parametrize("segment", ["robots.txt", "oembed", "a-b_c"])
def test_a_claim_is_one_segment(segment: str) -> None:
    manifest = Manifest(name="tips", title="Tips", summary="Tips.", claims=(segment,))
    assert manifest.claims == (segment,)


@pytest.mark.parametrize("segment", ["../x", "a/b", ".well-known", "a..b", "", "<slug>"])
def test_a_claim_of_more_is_refused(segment: str) -> None:
    with pytest.raises(ValueError, match="claims"):
        Manifest(name="tips", title="Tips", summary="Tips.", claims=(segment,))
