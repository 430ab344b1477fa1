"""A whole site whose files lie in a bucket: pictures are shown from where they lie, and try-outs tell the truth."""

from __future__ import annotations

import html
import io
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from PIL import Image

from aethex_live.checks.trying import try_provider
from aethex_live.errors import StartError
from aethex_live.providers import Kind
from buckets import ACCESS, SECRET, make_bucket, raw
from sites import Browser, LiveSite, OpenSite, run_site


def storage_of(moto: str, bucket: str, **more: Any) -> dict[str, Any]:
    """Settings of a site whose files lie in the bucket."""
    table = {
        "bucket": bucket,
        "access_key_id": ACCESS,
        "secret_access_key": SECRET,
        "endpoint_url": moto,
        "path_style": True,
        "public_url": f"{moto}/{bucket}",
    }
    return {"providers": {"storage": "s3"}, "plugins": {"storage_s3": table | more}}


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 40, 90)).save(file, "PNG")
    return file.getvalue()


async def set_avatar(browser: Browser, username: str = "ada") -> str:
    """Send a picture; the address that the settings show then."""
    headers = {"Origin": browser.base.rstrip("/"), "Content-Type": "application/octet-stream"}
    answer = await browser.ask("PUT", "/api/v1/me/profile/avatar", data=picture(), headers=headers)
    assert answer.status < 300, answer.text
    return await avatar_of(browser, username)


async def avatar_of(browser: Browser, username: str = "ada") -> str:
    """The address of somebody's picture, which their settings show, too."""
    person = (await browser.api("GET", f"/people/{username}")).json()
    page = html.unescape((await browser.get("/settings")).text)
    assert person["avatar"] in page or person["avatar_large"] in page
    return str(person["avatar"])


def policy(headers: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


async def seen(address: str) -> tuple[int, str, bytes]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.get(address) as answer,
    ):
        return answer.status, answer.content_type, await answer.read()


async def is_shown(site: LiveSite, browser: Browser, address: str) -> None:
    status, content_type, body = await seen(address)
    assert (status, content_type) == (200, "image/webp")
    assert Image.open(io.BytesIO(body)).size in {(96, 96), (512, 512)}
    parts = urlsplit(address)
    rules = policy((await browser.get("/settings")).headers)
    assert f"{parts.scheme}://{parts.netloc}" in rules["img-src"]
    assert f"{parts.scheme}://{parts.netloc}" in rules["media-src"]
    assert f"{parts.scheme}://{parts.netloc}" not in rules["script-src"]


async def test_a_picture_is_shown_from_the_bucket(open_site: OpenSite, moto: str, bucket: str):
    # Given a site whose files lie in a bucket that the world reads at a public address
    site = await open_site(**storage_of(moto, bucket))
    ada = await site.member("ada")
    # When somebody sends a picture
    address = await set_avatar(ada)
    # Then pages show it from that address, which their policy allows
    assert address.startswith(f"{moto}/{bucket}/public/avatars/")
    assert "?" not in address
    await is_shown(site, ada, address)
    keys = [found["Key"] for found in raw(moto).list_objects_v2(Bucket=bucket)["Contents"]]
    assert len(keys) == 2


async def test_without_a_public_address_a_signed_one_is_shown(open_site: OpenSite, moto: str, bucket: str):
    site = await open_site(**storage_of(moto, bucket, public_url=""))
    ada = await site.member("ada")
    address = await set_avatar(ada)
    assert "X-Amz-Signature=" in address
    await is_shown(site, ada, address)


async def test_files_of_the_former_storage_are_shown_after_a_switch(
    moto: str, bucket: str, whole_dsn: Any, tmp_path: Any
):
    # Given a picture that the local storage keeps
    dsn, folder = await whole_dsn(), tmp_path / "switched"
    async with await run_site(dsn, folder) as before:
        ada = await before.member("ada")
        old = await set_avatar(ada)
        cookies = ada.session.cookie_jar
    # When the site starts with another storage
    async with await run_site(dsn, folder, **storage_of(moto, bucket)) as after:
        again = await after.browser()
        again.session.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in cookies})
        # Then the old picture is where it was, and a new one goes to the bucket
        assert await avatar_of(again) == old
        assert (await again.get(old)).status == 200
        assert (await set_avatar(again)).startswith(moto)


async def test_trying_it_out(open_site: OpenSite, moto: str, bucket: str):
    site = await open_site(**storage_of(moto, bucket))
    found = await try_provider(site.platform, Kind.STORAGE)
    assert "stored, read back unchanged and deleted" in found.sentence


async def test_trying_out_a_bucket_that_is_not_there_says_what_to_correct(open_site: OpenSite, moto: str):
    site = await open_site(**storage_of(moto, "no-such-bucket"))
    found = await try_provider(site.platform, Kind.STORAGE)
    assert "there is no bucket of this name: make it, or correct bucket under [plugins.storage_s3]" in found.sentence


async def test_a_site_without_its_bucket_s_name_does_not_start_and_says_why(open_site: OpenSite):
    with pytest.raises(StartError) as caught:
        await open_site(providers={"storage": "s3"})
    told = str(caught.value)
    assert "Bucket is missing" in told
    assert "AETHEX_STORAGE_S3__BUCKET" in told
    assert "\n" not in told


async def test_a_site_with_r2(open_site: OpenSite, moto: str):
    bucket = make_bucket(moto)
    table = {
        "account_id": "0a1b",
        "bucket": bucket,
        "access_key_id": ACCESS,
        "secret_access_key": SECRET,
        "endpoint_url": moto,
    }
    site = await open_site(providers={"storage": "r2"}, plugins={"storage_r2": table})
    found = await try_provider(site.platform, Kind.STORAGE)
    assert "stored, read back unchanged and deleted" in found.sentence


async def test_a_site_without_a_word_about_buckets_has_no_sdk_and_nothing_to_complain_of(open_site: OpenSite):
    site = await open_site()
    assert site.platform.providers.names(Kind.STORAGE) == ["local"]
    assert not [line for line in site.platform.notices() if "storage" in line]
