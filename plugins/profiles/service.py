"""Profiles: words, links and pictures of a person, and what pages show of many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from aethex_live import PluginContext
from aethex_live.errors import Invalid, Unavailable
from aethex_live.events import record
from aethex_live.events.types import UserChanged
from aethex_live.ids import uuid7
from aethex_live.providers.storage import StorageCap, StorageProvider

from .jobs import FORGET
from .links import Link, clean_links
from .models import Profile
from .pictures import AVATAR, BANNER, CONTENT_TYPE, SHAPES, Pair, Pictures, Shape
from .text import clean_bio, clean_line

# far longer than an upload takes: after this, pictures that no profile names are taken for abandoned ones
ABANDONED = timedelta(hours=1)
SIGNED_FOR = timedelta(hours=6)
LONGEST_ALT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a person: addresses of their pictures in both sizes, the words of the banner, bio, links."""

    avatar: str | None = None
    avatar_large: str | None = None
    banner: str | None = None
    banner_small: str | None = None
    banner_alt: str = ""
    bio: str = ""
    links: Sequence[Link] = ()


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
        rows = await Profile.filter(user_id__in=list(user_ids)).values()
        return {row["user_id"]: self._shown(row) for row in rows}

    async def change(
        self,
        user_id: UUID,
        *,
        display_name: str | None = None,
        bio: str | None = None,
        banner_alt: str | None = None,
        links: Sequence[tuple[str, str]] | None = None,
    ) -> None:
        """Change what is given, all of it or nothing; None leaves it as it is. Raises Invalid about the field."""
        async with self._context.db.transaction():
            if display_name is not None:
                await self._context.domain.accounts.rename(user_id, display_name)
            if bio is not None:
                await self.set_bio(user_id, bio)
            if banner_alt is not None:
                await self._set(user_id, "banner_alt", _alt(banner_alt))
            if links is not None:
                await self._set(user_id, "links", [list(link) for link in clean_links(links)])

    async def set_bio(self, user_id: UUID, text: str) -> None:
        """Change the words about a person. Raises Invalid about `bio`."""
        await self._set(user_id, "bio", clean_bio(text))

    async def _set(self, user_id: UUID, name: str, value: object) -> None:
        async with self._context.db.transaction():
            row = await _locked(user_id)
            if getattr(row, name) == value:
                return
            setattr(row, name, value)
            await row.save(update_fields=[name, "updated_at"])
            await _tell(user_id, name)

    async def set_avatar(self, user_id: UUID, data: bytes) -> None:
        """Change the picture. Raises Invalid or TooLarge about `avatar`; Unavailable, also of the storage."""
        await self.set_picture(user_id, data, AVATAR)

    async def set_picture(self, user_id: UUID, data: bytes, shape: Shape) -> None:
        """Change a picture. Raises Invalid or TooLarge about the shape's field; Unavailable, also of the storage."""
        storage = self._storage(shape)
        pair = await self._pictures.pair(data, shape)
        key = f"public/{shape.field}s/{user_id.hex}/{uuid7().hex}"
        async with self._context.db.transaction():
            # should this process die before the profile names them, the pictures go by themselves
            await self._forget(shape, storage.name, key, after=ABANDONED)
        await _store(storage, shape.keys(key), pair)
        await self._replace(user_id, shape, storage.name, key)

    async def remove_picture(self, user_id: UUID, shape: Shape) -> None:
        """Take a picture away; without one nothing happens."""
        await self._replace(user_id, shape, None, None)

    async def _replace(self, user_id: UUID, shape: Shape, provider: str | None, key: str | None) -> None:
        columns = (f"{shape.field}_provider", f"{shape.field}_key")
        async with self._context.db.transaction():
            row = await _locked(user_id)
            old_provider, old_key = (getattr(row, column) for column in columns)
            if (old_provider, old_key) == (provider, key):
                return
            for column, value in zip(columns, (provider, key), strict=True):
                setattr(row, column, value)
            await row.save(update_fields=[*columns, "updated_at"])
            await _tell(user_id, shape.field)
            if old_provider and old_key:
                await self._forget(shape, old_provider, old_key)

    async def forget_person(self, user_id: object) -> None:
        """Remove all that is kept of a deleted account; its pictures are deleted by the outbox."""
        async with self._context.db.transaction():
            row = await Profile.filter(user_id=UUID(str(user_id))).select_for_update().first()
            if row is None:
                return
            for shape in SHAPES.values():
                provider, key = getattr(row, f"{shape.field}_provider"), getattr(row, f"{shape.field}_key")
                if provider and key:
                    await self._forget(shape, provider, key)
            await row.delete()

    async def _forget(self, shape: Shape, provider: str, key: str, *, after: timedelta = timedelta(0)) -> None:
        due = self._context.clock.now() + after if after else None
        payload = {"provider": provider, "key": key, "kind": shape.field}
        await self._context.jobs.publish(FORGET, payload, plugin=self._context.name, available_at=due)

    def _storage(self, shape: Shape) -> StorageProvider:
        storage = self._context.providers.storage()
        if storage is None or not self.takes_pictures:
            raise Unavailable(
                "This site keeps no pictures: its storage is switched off or can't show them.", field=shape.field
            )
        return storage

    def _shown(self, row: Mapping[str, Any]) -> Shown:
        avatar_large, avatar = self._addresses(AVATAR, row)
        banner, banner_small = self._addresses(BANNER, row)
        return Shown(
            avatar=avatar,
            avatar_large=avatar_large,
            banner=banner,
            banner_small=banner_small,
            banner_alt=row["banner_alt"],
            bio=row["bio"],
            links=[Link(*link) for link in row["links"] or ()],
        )

    def _addresses(self, shape: Shape, row: Mapping[str, Any]) -> tuple[str | None, str | None]:
        provider, key = row[f"{shape.field}_provider"], row[f"{shape.field}_key"]
        storage = self._context.providers.storage(provider) if provider else None
        if storage is None or key is None:
            return None, None
        large, small = (_address(storage, name) for name in shape.keys(key))
        return large, small


def _alt(text: str) -> str:
    words = clean_line(text)
    if len(words) > LONGEST_ALT:
        raise Invalid(f"Use at most {LONGEST_ALT} characters; these are {len(words)}.", field="banner_alt")
    return words


async def _locked(user_id: UUID) -> Profile:
    """The person's row, made if need be, held until the transaction ends."""
    await Profile.bulk_create([Profile(user_id=user_id)], ignore_conflicts=True)
    return await Profile.filter(user_id=user_id).select_for_update().get()


async def _tell(user_id: UUID, *fields: str) -> None:
    await record(UserChanged(user_id=user_id, fields=fields), subject=f"user:{user_id}", actor=user_id)


async def _store(storage: StorageProvider, keys: Sequence[str], pair: Pair) -> None:
    for name, data in zip(keys, (pair.large, pair.small), strict=True):
        await storage.put(name, data, content_type=CONTENT_TYPE)


def _address(storage: StorageProvider, key: str) -> str | None:
    if StorageCap.PUBLIC_URL in storage.capabilities:
        return storage.public_url(key)
    return storage.presign_get(key, ttl=SIGNED_FOR)
