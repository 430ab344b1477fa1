"""Static files over HTTP: the smallest form that is accepted, validators, parts, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live._web.static_files import StaticFiles
from aethex_live.web._static_file import StaticFile
from aethex_live.web.assets import Assets

TEXT = b"0123456789" * 10
ADDRESS = "/static/css/a.0123456789.css"
FILE = StaticFile("text/css; charset=utf-8", None, {"": TEXT, "br": b"brotli", "gzip": b"gzipped"}, ("br", "gzip"))


async def get(path: str = ADDRESS, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("Quart is not asked")

    layer = StaticFiles(Assets({}, {ADDRESS: FILE}, {}, Path(), {}), inner)
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await layer({"type": "http", "path": path, "method": method, "headers": fields}, None, send)  # type: ignore[arg-type]  # no body is read
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzipped"),
        ("br;q=0, gzip", "gzip", b"gzipped"),
        ("identity", None, TEXT),
        ("", None, TEXT),
    ],
)
async def test_the_smallest_accepted_form_is_sent(accepted: str, encoding: str | None, body: bytes) -> None:
    status, headers, sent = await get(accept_encoding=accepted)
    assert (status, headers.get("content-encoding"), sent) == (200, encoding, body)
    assert headers["content-length"] == str(len(body))
    assert headers["vary"] == "accept-encoding"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_who_has_a_form_already_gets_a_304_for_that_form_alone() -> None:
    tag = (await get(accept_encoding="br"))[1]["etag"]
    status, headers, body = await get(accept_encoding="br", if_none_match=f'"other", W/{tag}')
    assert (status, body, headers["etag"]) == (304, b"", tag)
    assert (await get(accept_encoding="gzip", if_none_match=tag))[0] == 200


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=2-4", TEXT[2:5]), ("bytes=95-", TEXT[95:]), ("bytes=-3", TEXT[-3:]), ("bytes=90-500", TEXT[90:])],
)
async def test_a_part_is_of_the_plain_file(asked: str, part: bytes) -> None:
    status, headers, body = await get(range=asked, accept_encoding="br")
    begin = len(TEXT) - len(part) if part == TEXT[-len(part) :] else 2
    assert (status, body, headers.get("content-encoding")) == (206, part, None)
    assert headers["content-range"] == f"bytes {begin}-{begin + len(part) - 1}/{len(TEXT)}"


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=-0", "bytes=500-600"])
async def test_a_part_that_is_not_there_is_refused(asked: str) -> None:
    status, headers, body = await get(range=asked)
    assert (status, headers["content-range"], body) == (416, f"bytes */{len(TEXT)}", b"")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=1-2,4-5", "bytes=x"])
async def test_what_is_no_range_gets_the_whole_file(asked: str) -> None:
    assert (await get(range=asked))[::2] == (200, TEXT)


async def test_a_part_of_another_version_is_not_mixed_in() -> None:
    tag = (await get())[1]["etag"]
    assert (await get(range="bytes=0-1", if_range=tag))[0] == 206
    assert (await get(range="bytes=0-1", if_range='"older"'))[0] == 200


async def test_head_has_the_headers_and_other_methods_nothing() -> None:
    status, headers, body = await get(method="HEAD")
    assert (status, headers["content-length"], body) == (200, "100", b"")
    assert (await get(method="POST"))[0] == 404
    assert (await get("/static/css/none.css"))[0] == 404


@given(st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True))
async def test_every_range_gives_bytes_of_the_file_that_fit_its_headers(asked: str) -> None:
    status, headers, body = await get(range=asked)
    assert status in {200, 206, 416}
    assert headers["content-length"] == str(len(body))
    if status == 206:
        begin, end = map(int, headers["content-range"].removeprefix("bytes ").partition("/")[0].split("-"))
        assert body == TEXT[begin : end + 1]
        assert body
