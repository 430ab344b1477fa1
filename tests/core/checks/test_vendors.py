"""aethex doctor asks vendors: a wrong key, a silent vendor and what a plugin that is off has made are named."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aethex_live.checks import Finding, Level
from aethex_live.checks.site import all_findings
from aethex_live.db import Database
from aethex_live.models import Identity, User
from aethex_live.settings import Site
from buckets import ACCESS, SECRET, Vendor
from sites import free_port

WholeDsn = Callable[[], Awaitable[str]]
NONE = {"auth": "none", "streaming": "none", "storage": "none", "email": "none"}


def site_of(tmp_path: Path, endpoint: str, **settings: Any) -> Site:
    """A site that keeps its files at a vendor."""
    table = {"bucket": "bucket", "access_key_id": ACCESS, "secret_access_key": SECRET, "endpoint_url": endpoint}
    values = {
        "data": tmp_path / "data",
        "port": free_port(),
        "providers": NONE | {"storage": "s3"},
        "disable": ("stream_local",),
        "plugins": {"storage_s3": {**table, "path_style": True}},
    }
    return Site.model_validate(values | settings)


def of(findings: list[Finding], check: str) -> Finding:
    (found,) = (finding for finding in findings if finding.check == check)
    return found


async def test_a_vendor_that_takes_the_key_is_named(tmp_path: Path, whole_dsn: WholeDsn) -> None:
    async with Vendor() as vendor:
        vendor.refuse(404, "NoSuchKey")
        findings = await all_findings(site_of(tmp_path, vendor.address, database_url=await whole_dsn()))
        assert of(findings, "storage s3").sentence == "It answers and takes the key."
        assert [line.split("?")[0].split("/")[0] for line in vendor.asked] == ["HEAD "]  # nothing but a look


async def test_a_wrong_key_is_found_and_not_shown(tmp_path: Path, whole_dsn: WholeDsn) -> None:
    async with Vendor() as vendor:
        vendor.refuse(403, "InvalidAccessKeyId")
        found = of(await all_findings(site_of(tmp_path, vendor.address, database_url=await whole_dsn())), "storage s3")
    assert found.level is Level.BAD
    assert "plugins.storage_s3" in found.sentence
    assert SECRET not in found.sentence


async def test_a_key_that_is_missing_is_named_with_its_setting(tmp_path: Path, whole_dsn: WholeDsn) -> None:
    site = site_of(tmp_path, "", database_url=await whole_dsn(), plugins={"storage_s3": {"bucket": "bucket"}})
    found = of(await all_findings(site), "vendors")
    assert found.level is Level.BAD
    assert "AETHEX_STORAGE_S3__ACCESS_KEY_ID" in found.sentence


async def test_before_the_first_start_nobody_is_asked(tmp_path: Path) -> None:
    async with Vendor() as vendor:
        found = of(await all_findings(site_of(tmp_path, vendor.address)), "vendors")
        assert vendor.asked == []
    assert found.sentence == "They were not asked yet (storage_s3)."
    assert not (tmp_path / "data").exists()


async def test_what_a_provider_made_whose_plugin_is_off_is_counted(tmp_path: Path, whole_dsn: WholeDsn) -> None:
    # Given accounts that sign in by a vendor that is not set up any more, and by one that is not installed
    dsn = await whole_dsn()
    database = await Database.connect(dsn)
    database.bind()
    ada = await User.create(username="ada", username_key="ada", display_name="Ada")
    for provider in ("gone", "oidc"):
        await Identity.create(user=ada, provider=provider, subject="ada")
    await database.close()
    # When the doctor looks, Then it says what can't be served, and how it could be
    site = Site.model_validate({"data": tmp_path / "data", "port": free_port(), "database_url": dsn})
    off, gone = sorted(
        (one for one in await all_findings(site) if "of this site" in one.sentence),
        key=lambda one: "gone" in one.sentence,
    )
    assert off.level is gone.level is Level.WARNING
    assert (
        off.sentence
        == "“oidc” has accounts of this site (1), but its plugin auth_oidc is off: they can't be used meanwhile."
    )
    assert 'auth = "oidc"' in off.next_step
    assert (
        gone.sentence
        == "“gone” has accounts of this site (1), but no installed plugin offers it: they can't be used meanwhile."
    )
