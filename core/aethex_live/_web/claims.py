"""Where plugins' routes may stand: below /p/<plugin>/, in the API, and under first segments that they claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quart import Quart

from aethex_live.errors import StartError

SHARED = ("api", "webhooks")  # first segments that all plugins write below


def check(app: Quart, claims: Mapping[str, Sequence[str]]) -> None:
    """Raises StartError for a plugin's route outside of its places, and for a segment that two plugins claim.

    `claims` is plugin name -> the first segments that its plugin.toml claims.
    """
    _refuse_shared(claims)
    owners: Mapping[str, str] = app.config["BLUEPRINT_OWNERS"]
    for rule in app.url_map.iter_rules():
        plugin = owners.get(rule.endpoint.rpartition(".")[0])
        if plugin is None:
            continue
        first, second = f"{rule.rule[1:]}//".split("/")[:2]
        if first in SHARED or first in claims.get(plugin, ()) or (first, second) == ("p", plugin):
            continue
        raise StartError(
            f"The plugin {plugin} has the route {rule.rule}, which is not its own: put it below /p/{plugin}/, "
            f'or write claims = ["{first}"] into its plugin.toml.'
        )


def _refuse_shared(claims: Mapping[str, Sequence[str]]) -> None:
    owner: dict[str, str] = {}
    for plugin, segments in claims.items():
        for segment in segments:
            if segment in owner:
                raise StartError(
                    f"The plugins {owner[segment]} and {plugin} both claim the addresses below /{segment}: "
                    "turn one of them off."
                )
            owner[segment] = plugin
