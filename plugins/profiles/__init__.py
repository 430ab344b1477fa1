"""profiles: a picture and a few words about each person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from quart import Blueprint

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.events import Consumer
from aethex_live.hookspecs.storage import StorageReference
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.jobs import OutboxHandler

from .api import Api
from .jobs import deleted_people, forget_pictures
from .pictures import SHAPES, Pictures
from .service import Profiles, Shown
from .settings import ProfilesSettings
from .views import Pages

__all__ = ["ProfilesPlugin"]


class ProfilesPlugin(Plugin):
    """Adds profiles to accounts."""

    settings_class = ProfilesSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        settings = cast("ProfilesSettings", context.settings)
        self._pictures = Pictures(most_bytes=settings.picture_bytes, most_pixels=settings.picture_pixels)
        self._profiles = Profiles(context, self._pictures)
        self._pages = Pages(self._profiles, self._pictures)

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """Forms below /p/profiles/ and the API."""
        return [self._pages.blueprint(), Api(self._profiles, self._pictures, self.context.domain).blueprint()]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """The section of the account settings, and the owner's links on channel pages."""
        return [
            SlotContribution(
                slot=Slot.ACCOUNT_SECTIONS,
                template="profiles/section.html",
                context=self._pages.section,
                order=10,
            ),
            SlotContribution(
                slot=Slot.CHANNEL_ABOUT_PANELS,
                template="profiles/links.html",
                context=self._pages.about,
                order=10,
            ),
        ]

    @hookimpl
    def outbox_handlers(self) -> Sequence[OutboxHandler]:
        """What is done with old pictures."""
        return [forget_pictures(self.context)]

    @hookimpl
    def storage_references(self) -> Sequence[StorageReference]:
        """The columns that name pictures."""
        return [
            StorageReference(table="profiles_profile", provider=f"{name}_provider", key=f"{name}_key")
            for name in SHAPES
        ]

    @hookimpl
    def event_consumers(self) -> Sequence[Consumer]:
        """Who removes profiles of deleted accounts."""
        return [deleted_people(self._profiles.forget_person)]

    @hookimpl
    async def describe_users(self, people: dict[UUID, dict[str, object]]) -> dict[UUID, dict[str, object]]:
        """Add picture and bio to what pages show of people."""
        found = await self._profiles.of_all(people)
        return {
            user_id: facts | _facts(found[user_id]) if user_id in found else facts for user_id, facts in people.items()
        }

    @hookimpl
    async def shutdown(self) -> None:
        """End the thread that works on pictures."""
        self._pictures.close()


def _facts(shown: Shown) -> dict[str, object]:
    return {
        "avatar": shown.avatar,
        "avatar_large": shown.avatar_large,
        "bio": shown.bio,
        "banner": shown.banner,
        "banner_alt": shown.banner_alt,
    }
