"""What becomes of old pictures, events, and people in lists."""

import asyncio
from types import SimpleNamespace
from typing import cast

from profile_support import Member, until

from aethex_live import PluginContext
from aethex_live.clock import SystemClock
from aethex_live.db import Database
from aethex_live.events import record
from aethex_live.events.types import UserDeleted
from aethex_live.jobs import Jobs
from aethex_live.models import Event, Outbox, User
from aethex_live.testing.fakes import FakeStorage
from aethex_plugins.profiles.models import Profile
from aethex_plugins.profiles.pictures import Pair, Pictures, Shape
from aethex_plugins.profiles.service import Profiles


async def test_a_replaced_picture_is_deleted_by_the_outbox(member: Member, picture):
    await member.put_avatar(picture())
    first = (await member.profile())["avatar"].rpartition("/")[2]
    assert any(name.startswith(first) for name in member.files)
    await member.put_avatar(picture(300, 300))
    await member.site.platform.jobs.settle()
    second = (await member.profile())["avatar"].rpartition("/")[2]
    assert not any(name.startswith(first) for name in member.files)
    assert any(name.startswith(second) for name in member.files)


async def test_a_removed_picture_is_deleted_by_the_outbox(member: Member, picture):
    await member.put_avatar(picture())
    name = (await member.profile())["avatar"].rpartition("/")[2]
    await member.browser.api("DELETE", "/me/profile/avatar")
    await member.site.platform.jobs.settle()
    assert not any(found.startswith(name) for found in member.files)


async def test_pictures_of_an_upload_that_died_go_and_those_in_use_stay(member: Member, picture):
    # Given a picture in use, and one of an upload whose process died before the profile named it
    platform = member.site.platform
    platform.db.bind()
    await member.put_avatar(picture())
    used = (await member.profile())["avatar"].removeprefix("/p/storage_local/o/").removesuffix("-96.webp")
    storage = platform.providers.storage()
    for size in (96, 512):
        await storage.put(f"public/avatars/dead/one-{size}.webp", b"x", content_type="image/webp")
    # When the rows that every upload leaves behind come due
    async with platform.db.transaction():
        for key in (used, "public/avatars/dead/one"):
            await platform.jobs.publish("profiles.forget_avatar", {"provider": "local", "key": key}, plugin="profiles")
    await platform.jobs.settle()
    # Then only the abandoned one is deleted
    assert not any(name.startswith("one-") for name in member.files)
    assert any(name.startswith(used.rpartition("/")[2]) for name in member.files)


async def test_every_upload_leaves_a_row_that_would_clean_up(member: Member, picture):
    member.site.platform.db.bind()
    await member.put_avatar(picture())
    user = await User.get(username=member.username)
    rows = await Outbox.filter(topic="profiles.forget_avatar", state="new").values("payload")
    assert sum(user.id.hex in row["payload"]["key"] for row in rows) == 1


class _Painter:
    """Makes squares at once, so that uploads meet in the database."""

    async def pair(self, data: bytes, shape: Shape) -> Pair:
        return Pair(large=data, small=data)


async def test_of_uploads_at_once_all_but_the_last_are_forgotten_once(database: Database):
    # Given a person, and a storage that takes no time
    storage = FakeStorage()
    context = SimpleNamespace(
        name="profiles",
        db=database,
        jobs=Jobs(database),
        clock=SystemClock(),
        providers=SimpleNamespace(storage=lambda _name=None: storage),
    )
    profiles = Profiles(cast("PluginContext", context), cast("Pictures", _Painter()))
    user = await User.create(username="ada", username_key="ada", display_name="Ada")
    # When twenty uploads meet
    await asyncio.gather(*(profiles.set_avatar(user.id, b"x") for _ in range(20)))
    # Then nineteen pictures are to be deleted, each by one row, and the twentieth is shown
    kept = (await Profile.get(user_id=user.id)).avatar_key
    rows = await Outbox.filter(topic="profiles.forget_avatar", available_at__lt=SystemClock().now()).values("payload")
    forgotten = [row["payload"]["key"] for row in rows]
    assert len(set(forgotten)) == len(forgotten) == 19
    assert kept not in forgotten


async def test_changes_are_events(member: Member, picture):
    member.site.platform.db.bind()
    await member.put_avatar(picture())
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello."})
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello."})  # nothing changes
    user = await User.get(username=member.username)
    rows = await Event.filter(subject=f"user:{user.id}", type="user.changed").order_by("recorded_at").values("payload")
    assert [row["payload"]["fields"] for row in rows] == [["avatar"], ["bio"]]


async def test_people_are_described_with_picture_and_bio(member: Member, picture):
    platform = member.site.platform
    platform.db.bind()
    await member.put_avatar(picture())
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello."})
    user = await User.get(username=member.username)
    other = await platform.domain.accounts.register(f"{member.username}x", "", "correct horse 9 battery")
    people = await platform.domain.people.describe([user.id, other.id])
    assert people[user.id].bio == "Hello."
    assert people[user.id].avatar == (await member.profile())["avatar"]
    assert (people[other.id].avatar, people[other.id].bio) == (None, "")


async def test_a_profile_goes_with_its_account(member: Member):
    member.site.platform.db.bind()
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello."})
    user = await User.get(username=member.username)
    assert await Profile.filter(user_id=user.id).exists()
    await user.delete()
    assert not await Profile.filter(user_id=user.id).exists()


async def test_a_deleted_account_leaves_neither_words_nor_pictures(member: Member, picture):
    # Given a profile with everything in it
    platform = member.site.platform
    platform.db.bind()
    await member.put_avatar(picture())
    await member.put_picture("banner", picture())
    await member.browser.api("PATCH", "/me/profile", {"bio": "Hello.", "links": [{"url": "https://example.org"}]})
    user = await User.get(username=member.username)
    keys = await Profile.get(user_id=user.id)
    mine = [keys.avatar_key.rpartition("/")[2], keys.banner_key.rpartition("/")[2]]
    assert all(any(name.startswith(key) for name in member.files) for key in mine)
    # When the account is deleted for good, and that is told twice
    async with platform.db.transaction():
        await record(UserDeleted(user_id=user.id), subject=f"user:{user.id}")
        await record(UserDeleted(user_id=user.id), subject=f"user:{user.id}")
    await until(lambda: Profile.filter(user_id=user.id).exists(), is_not=True)
    await platform.jobs.settle()
    # Then nothing of the person is left
    assert not any(name.startswith(key) for name in member.files for key in mine)
