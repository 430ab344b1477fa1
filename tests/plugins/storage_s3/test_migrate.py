"""`aethex storage migrate` on a whole site: killed again and again, everything arrives once, and rows follow."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from moves import Site, fill

FILES, KILLS = 300, 3


@pytest.fixture
async def site(whole_dsn: Callable[[], Awaitable[str]], moto: str, bucket: str, tmp_path: Path) -> Site:
    made = Site(await whole_dsn(), tmp_path / "data", moto, bucket)
    await fill(made, FILES)
    return made


@pytest.mark.slow
@pytest.mark.timeout(600)  # the command opens the whole site five times
async def test_killed_again_and_again_everything_arrives_once(site: Site):
    # Given a site of some hundred files
    before = site.local_digests()
    # When the move is killed as often as it has written some more files down
    killed = 0
    for _ in range(KILLS):
        killed += await site.run_and_kill(after=random.randrange(10, FILES // (KILLS + 1)))
    assert killed == KILLS
    done = await site.run()
    # Then it goes on where it was, and all of it is there, once, and the same
    assert done.code == 0, done.text
    assert site.bucket_digests() == before
    assert site.written() <= FILES + killed * 2 * 8
    # And the old files are there until they are not wanted any more
    assert site.local_digests() == before
    done = await site.run("--delete-source")
    assert done.code == 0, done.text
    assert f"{FILES:,} files were deleted at local." in done.text
    assert site.local_digests() == {}
    assert site.bucket_digests() == before


async def test_pictures_of_people_follow_their_files(site: Site):
    # Given a person with a picture
    user = await site.add_person("ada", "public/avatars/0001/abc")
    # When the files are moved
    done = await site.run("--prefix", "public/avatars/")
    # Then the person's row names the new place
    assert done.code == 0, done.text
    assert "1 rows of profiles_profile name s3 now." in done.text
    assert await site.provider_of(user) == "s3"
    assert all(key.startswith("public/avatars/") for key in site.bucket_digests())
    assert "New files still go to local" in done.text


async def test_a_move_to_nowhere_is_refused_in_a_sentence(site: Site):
    done = await site.call("--from", "local", "--to", "r2")
    assert done.code == 2
    assert "no storage provider r2 here (there is local, s3)" in done.text
    assert "Traceback" not in done.text


async def test_old_files_stay_while_a_plugin_is_off_that_may_name_them(site: Site):
    # Given a person with a picture, and a site that has turned the plugin of pictures off since
    await site.add_person("ada", "public/avatars/0001/abc")
    files = site.local_digests()
    done = await site.run("--delete-source", AETHEX_DISABLE="profiles")
    # Then nothing is touched: nobody could say whose files these are
    assert done.code == 2
    assert "profiles can't be asked which files it names" in done.text
    assert site.local_digests() == files
    assert site.bucket_digests() == {}


async def test_a_wrong_key_ends_the_move_with_what_to_do(site: Site):
    done = await site.run(AETHEX_STORAGE_S3__BUCKET="no-such-bucket")
    assert done.code == 2
    assert "there is no bucket of this name: make it, or correct bucket" in done.text
    assert "Traceback" not in done.text
