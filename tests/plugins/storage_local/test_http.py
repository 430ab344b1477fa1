"""The address of stored files, as a browser sees it."""

from datetime import timedelta

import pytest

from aethex_live.clock import ManualClock
from aethex_plugins.storage_local.links import BASE

DIGITS = "public/digits.bin"


@pytest.fixture
async def digits(storage) -> str:
    await storage.put(DIGITS, b"0123456789", content_type="application/octet-stream")
    return BASE + DIGITS


async def test_the_whole_file(browse, digits):
    answer = await browse(digits)
    assert (answer.status, answer.body) == (200, b"0123456789")
    assert answer.headers["content-length"] == "10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=60"


async def test_head_has_the_headers_and_no_body(browse, digits):
    get, head = await browse(digits), await browse(digits, "HEAD")
    assert head.body == b""
    assert head.headers == get.headers


@pytest.mark.parametrize(
    ("asked", "body", "told"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
async def test_a_range(browse, digits, asked: str, body: bytes, told: str):
    answer = await browse(digits, range=asked)
    assert (answer.status, answer.body) == (206, body)
    assert answer.headers["content-range"] == told
    assert answer.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=0-1", "bytes=b-a", "bytes=5-2", "bytes", "bytes=-0"])
async def test_a_range_that_makes_no_sense_gets_the_whole(browse, digits, asked: str):
    answer = await browse(digits, range=asked)
    assert (answer.status, len(answer.body)) == (200, 10)


async def test_a_range_behind_the_end_is_refused(browse, digits):
    answer = await browse(digits, range="bytes=10-")
    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */10"


async def test_what_the_browser_has_is_not_sent_again(browse, digits):
    etag = (await browse(digits)).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await browse(digits, if_none_match=known)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == etag
    assert (await browse(digits, if_none_match='"other"')).status == 200


async def test_the_time_of_change_counts_where_there_is_no_etag(browse, digits):
    changed = (await browse(digits)).headers["last-modified"]
    assert (await browse(digits, if_modified_since=changed)).status == 304
    assert (await browse(digits, if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT")).status == 200
    assert (await browse(digits, if_modified_since="yesterday")).status == 200


async def test_a_range_of_a_file_that_changed_meanwhile_gets_the_whole(browse, digits):
    etag = (await browse(digits)).headers["etag"]
    assert (await browse(digits, range="bytes=0-1", if_range=etag)).status == 206
    assert (await browse(digits, range="bytes=0-1", if_range='"other"')).status == 200


async def test_an_empty_file(browse, storage):
    await storage.put("public/empty", b"", content_type="text/plain")
    answer = await browse(f"{BASE}public/empty")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


async def test_a_hostile_file_can_do_nothing(browse, storage):
    await storage.put("public/a.html", b"<script>alert(1)</script>", content_type="text/html")
    await storage.put("public/a.svg", b"<svg onload=alert(1)>", content_type="image/svg+xml")
    for name in ("a.html", "a.svg"):
        headers = (await browse(f"{BASE}public/{name}")).headers
        assert headers["content-disposition"] == f'attachment; filename="{name}"'
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["x-content-type-options"] == "nosniff"


async def test_a_picture_is_shown(browse, storage):
    await storage.put("public/a.webp", b"RIFF", content_type="image/webp")
    answer = await browse(f"{BASE}public/a.webp")
    assert answer.headers["content-type"] == "image/webp"
    assert "content-disposition" not in answer.headers


async def test_a_private_file_needs_its_own_unexpired_token(browse, storage, clock: ManualClock):
    # Given two private files
    await storage.put("private/a", b"a", content_type="text/plain")
    await storage.put("private/b", b"b", content_type="text/plain")
    address = storage.presign_get("private/a", ttl=timedelta(minutes=5))
    token = address.partition("?")[2]
    # Then the token opens its file and no other, and only for a while
    opened = await browse(address)
    assert (opened.status, opened.body) == (200, b"a")
    assert opened.headers["cache-control"] == "private, no-cache"
    assert (await browse(f"{BASE}private/b?{token}")).status == 403
    assert (await browse(f"{BASE}private/a")).status == 403
    assert (await browse(f"{BASE}private/a?token=nonsense")).status == 403
    clock.advance(301)
    expired = await browse(address)
    assert expired.status == 403
    assert b"expired" in expired.body


async def test_what_exists_is_not_told_to_strangers(browse, storage):
    await storage.put("private/a", b"a", content_type="text/plain")
    there, absent = await browse(f"{BASE}private/a"), await browse(f"{BASE}private/none")
    assert (there.status, there.body) == (absent.status, absent.body)


@pytest.mark.parametrize("path", ["", "..", "../secret", "public/../../secret", "public//a", "public/A", "public/\0"])
async def test_an_illegal_path_is_not_found(browse, folder, path: str):
    folder.mkdir(parents=True)
    (folder.parent / "secret").write_text("secret")
    answer = await browse(BASE + path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_files_can_only_be_read(browse, digits, method: str):
    answer = await browse(digits, method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_broken_disk_is_a_503_that_tells_strangers_nothing_of_the_machine(browse, digits, folder):
    (folder / "public" / "digits.bin@meta").write_text("{")
    answer = await browse(digits)
    assert answer.status == 503
    assert answer.body == b"This file can't be read at the moment. Try again later."
