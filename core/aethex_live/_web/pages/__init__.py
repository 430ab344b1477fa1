"""The core's pages, one blueprint a module."""

from __future__ import annotations

from quart import Blueprint

from aethex_live._web.pages import (
    accounts,
    admin,
    channels,
    health,
    home,
    preferences,
    settings,
    setup,
    studio,
    studio_settings,
    studio_videos,
    videos,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts.blueprint,
    admin.blueprint,
    health.blueprint,
    home.blueprint,
    preferences.blueprint,
    settings.blueprint,
    setup.blueprint,
    studio.blueprint,
    studio_settings.blueprint,
    studio_videos.blueprint,
    videos.blueprint,
    # last: it takes /<slug>
    channels.blueprint,
)
