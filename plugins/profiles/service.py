"""Profiles: bio and picture of a person, and what pages show of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aethex_live import PluginContext
from aethex_live.errors import Unavailable
from aethex_live.events import record
from aethex_live.events.types import UserChanged
from aethex_live.ids import uuid7
from aethex_live.providers.storage import StorageCap, StorageProvider

from .jobs import FORGET, keys_of
from .models import Profile
from .pictures import CONTENT_TYPE, Pictures, Squares
from .text import clean_bio

# far longer than an upload takes: after this, pictures that no profile names are taken for abandoned ones
ABANDONED = timedelta(hours=1)
SIGNED_FOR = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a person: addresses of the 96 and the 512 pixel picture, and the bio."""

    avatar: str | None = None
    avatar_large: str | None = None
    bio: str = ""


NOTHING = Shown()


class Profiles:
    """Reads and changes profiles."""

    def __init__(self, context: PluginContext, pictures: Pictures) -> None:
        self._context = context
        self._pictures = pictures

    @property
    def takes_pictures(self) -> bool:
        """Whether this site has a storage that can show a picture."""
        storage = self._context.providers.storage()
        return storage is not None and bool({StorageCap.PUBLIC_URL, StorageCap.PRESIGN_GET} & storage.capabilities)

    async def of(self, user_id: UUID) -> Shown:
        """One person's profile; an empty one for who has none."""
        return (await self.of_all([user_id])).get(user_id, NOTHING)

    async def of_all(self, user_ids: Iterable[UUID]) -> Mapping[UUID, Shown]:
        """The profiles of those who have one."""
        rows = await Profile.filter(user_id__in=list(user_ids)).values(
            "user_id", "bio", "avatar_provider", "avatar_key"
        )
        return {row["user_id"]: self._shown(row["bio"], row["avatar_provider"], row["avatar_key"]) for row in rows}

    async def change(self, user_id: UUID, *, display_name: str | None, bio: str | None) -> None:
        """Change name and bio, both or neither; None leaves one as it is. Raises Invalid about the field."""
        async with self._context.db.transaction():
            if display_name is not None:
                await self._context.domain.accounts.rename(user_id, display_name)
            if bio is not None:
                await self.set_bio(user_id, bio)

    async def set_bio(self, user_id: UUID, text: str) -> None:
        """Change the words about a person. Raises Invalid about `bio`."""
        bio = clean_bio(text)
        async with self._context.db.transaction():
            row = await _locked(user_id)
            if row.bio == bio:
                return
            row.bio = bio
            await row.save(update_fields=["bio", "updated_at"])
            await _tell(user_id, "bio")

    async def set_avatar(self, user_id: UUID, data: bytes) -> None:
        """Change the picture. Raises Invalid or TooLarge about `avatar`; Unavailable, also of the storage."""
        storage = self._storage()
        squares = await self._pictures.squares(data)
        key = f"public/avatars/{user_id.hex}/{uuid7().hex}"
        async with self._context.db.transaction():
            # should this process die before the profile names them, the pictures go by themselves
            await self._forget(storage.name, key, after=ABANDONED)
        await _store(storage, key, squares)
        await self._replace(user_id, storage.name, key)

    async def remove_avatar(self, user_id: UUID) -> None:
        """Take the picture away; without one nothing happens."""
        await self._replace(user_id, None, None)

    async def _replace(self, user_id: UUID, provider: str | None, key: str | None) -> None:
        async with self._context.db.transaction():
            row = await _locked(user_id)
            old_provider, old_key = row.avatar_provider, row.avatar_key
            if (old_provider, old_key) == (provider, key):
                return
            row.avatar_provider, row.avatar_key = provider, key
            await row.save(update_fields=["avatar_provider", "avatar_key", "updated_at"])
            await _tell(user_id, "avatar")
            if old_provider and old_key:
                await self._forget(old_provider, old_key)

    async def _forget(self, provider: str, key: str, *, after: timedelta = timedelta(0)) -> None:
        due = self._context.clock.now() + after if after else None
        await self._context.jobs.publish(
            FORGET, {"provider": provider, "key": key}, plugin=self._context.name, available_at=due
        )

    def _storage(self) -> StorageProvider:
        storage = self._context.providers.storage()
        if storage is None or not self.takes_pictures:
            raise Unavailable(
                "This site keeps no pictures: its storage is switched off or can't show them.", field="avatar"
            )
        return storage

    def _shown(self, bio: str, provider: str | None, key: str | None) -> Shown:
        storage = self._context.providers.storage(provider) if provider else None
        if storage is None or key is None:
            return Shown(bio=bio)
        large, small = (_address(storage, name) for name in keys_of(key))
        return Shown(avatar=small, avatar_large=large, bio=bio)


async def _locked(user_id: UUID) -> Profile:
    """The person's row, made if need be, held until the transaction ends."""
    await Profile.bulk_create([Profile(user_id=user_id)], ignore_conflicts=True)
    return await Profile.filter(user_id=user_id).select_for_update().get()


async def _tell(user_id: UUID, *fields: str) -> None:
    await record(UserChanged(user_id=user_id, fields=fields), subject=f"user:{user_id}", actor=user_id)


async def _store(storage: StorageProvider, key: str, squares: Squares) -> None:
    for name, data in zip(keys_of(key), (squares.large, squares.small), strict=True):
        await storage.put(name, data, content_type=CONTENT_TYPE)


def _address(storage: StorageProvider, key: str) -> str | None:
    if StorageCap.PUBLIC_URL in storage.capabilities:
        return storage.public_url(key)
    return storage.presign_get(key, ttl=SIGNED_FOR)
