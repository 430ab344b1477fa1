"""The core's pages, one blueprint a module."""

from __future__ import annotations

from quart import Blueprint

from aethex_live._web.pages import (
    accounts,
    admin,
    channels,
    confirm,
    elsewhere,
    embedded,
    health,
    home,
    marks,
    mature,
    preferences,
    settings,
    settings_bots,
    settings_leave,
    settings_tokens,
    setup,
    setup_steps,
    sign_up_with,
    studio,
    studio_desk,
    studio_settings,
    studio_videos,
    terms,
    videos,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    accounts.blueprint,
    admin.blueprint,
    confirm.blueprint,
    elsewhere.blueprint,
    embedded.blueprint,
    health.blueprint,
    home.blueprint,
    marks.blueprint,
    mature.blueprint,
    preferences.blueprint,
    settings.blueprint,
    settings_bots.blueprint,
    settings_leave.blueprint,
    settings_tokens.blueprint,
    setup.blueprint,
    setup_steps.blueprint,
    sign_up_with.blueprint,
    studio.blueprint,
    studio_desk.blueprint,
    studio_settings.blueprint,
    studio_videos.blueprint,
    terms.blueprint,
    videos.blueprint,
    # last: it takes /<slug>
    channels.blueprint,
)
