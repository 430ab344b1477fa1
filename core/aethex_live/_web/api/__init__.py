"""The JSON API of the core below /api/v1; plugins add theirs by blueprints."""

from __future__ import annotations

from quart import Blueprint

from aethex_live._web.api import (
    accounts,
    admin,
    bots,
    channels,
    identities,
    ingest,
    live,
    operator,
    operator_people,
    tokens,
    videos,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts.blueprint,
    admin.blueprint,
    bots.blueprint,
    channels.blueprint,
    identities.blueprint,
    ingest.blueprint,
    live.blueprint,
    operator.blueprint,
    operator_people.blueprint,
    tokens.blueprint,
    videos.blueprint,
)
