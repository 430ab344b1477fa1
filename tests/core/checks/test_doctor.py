"""aethex doctor: each thing that can be wrong is named, with what to do; a sound site is said to be sound."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aethex_live._runtime.discovery import discover
from aethex_live.checks import Finding, Level, bad, machine, network, ok, stores, warning, worst
from aethex_live.checks.site import all_findings
from aethex_live.checks.upgrade import plan
from aethex_live.cli import aethex
from aethex_live.db import Database
from aethex_live.settings import Site
from sites import free_port

SECRET = "a secret of at least thirty-two letters"


def site_of(tmp_path: Path, **settings: Any) -> Site:
    plugins = {"stream_local": {"rtmp_port": free_port()}}
    return Site.model_validate({"data": tmp_path / "data", "port": free_port(), "plugins": plugins} | settings)


def of(findings: list[Finding], check: str) -> list[Finding]:
    return [finding for finding in findings if finding.check == check]


async def test_a_new_folder_is_sound(tmp_path: Path) -> None:
    findings = await all_findings(site_of(tmp_path))
    assert [finding for finding in findings if finding.level is Level.BAD] == []
    assert of(findings, "database")[0].sentence == "There is no database yet; the first start makes it."
    assert not (tmp_path / "data").exists()  # a look makes nothing


async def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    site = site_of(tmp_path, database_url=f"postgresql://me:hush@127.0.0.1:{free_port()}/aethex")
    found = of(await all_findings(site), "database")[0]
    assert found.level is Level.BAD
    assert "can't be reached" in found.sentence
    assert "hush" not in found.sentence


async def test_a_database_of_newer_code_and_of_another_secret_is_named(
    tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    dsn = await fresh_dsn("core")
    db = await Database.connect(dsn)
    await db.execute("insert into tortoise_migrations (app, name, applied_at) values ('core', '0999_x', now())")
    await db.execute("insert into core_site_fact (key, value) values ('secret_fingerprint', 'another')")
    await db.close()
    findings = await all_findings(site_of(tmp_path, database_url=dsn, secret=SECRET))
    assert of(findings, "schema")[0].level is Level.BAD
    assert "core.0999_x" in of(findings, "schema")[0].sentence
    assert any("another secret" in finding.sentence for finding in of(findings, "secret"))


async def test_a_redis_that_does_not_answer_is_named(tmp_path: Path) -> None:
    site = site_of(tmp_path, redis_url=f"redis://:hush@127.0.0.1:{free_port()}/0")
    found = await stores.redis(site)
    assert found.level is Level.BAD
    assert "hush" not in found.sentence
    role = Site.model_validate({"data": tmp_path, "role": "web"})
    assert (await stores.redis(role)).next_step == "Set REDIS_URL=redis://host:6379/0"


def test_a_port_that_somebody_else_has_is_named(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", site.port))
        other.listen()
        found = {finding.check: finding for finding in network.ports(site, discover(site))}
    assert found["http"].level is Level.BAD
    assert found["http"].sentence == f"Port {site.port} is taken by another program."
    assert found["rtmp"].level is Level.OK


def test_a_port_of_a_plugin_is_named_with_its_setting(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(site.plugins["stream_local"]["rtmp_port"])))
        other.listen()
        found = {finding.check: finding for finding in network.ports(site, discover(site))}
    assert found["rtmp"].next_step.endswith("AETHEX_STREAM_LOCAL__RTMP_PORT")


@pytest.mark.parametrize(
    ("settings", "check", "level", "word"),
    [
        ({"url": "https://live.invalid"}, "proxy", Level.BAD, "trusted_proxies is empty"),
        ({"url": "https://live.invalid", "trusted_proxies": ["0.0.0.0/0"]}, "proxy", Level.BAD, "any visitor"),
        ({"url": "https://live.invalid", "trusted_proxies": ["10.0.0.2"]}, "proxy", Level.OK, "10.0.0.2"),
        ({"url": "http://live.invalid"}, "tls", Level.WARNING, "not https"),
        ({"host": "0.0.0.0"}, "address", Level.WARNING, "links in mails lead nowhere"),
        ({}, "address", Level.OK, "this machine alone"),
    ],
)
def test_address_tls_and_proxy_must_fit(settings: dict[str, Any], check: str, level: Level, word: str) -> None:
    site = Site.model_validate({"port": free_port()} | settings)
    found = [finding for finding in network.public(site) if finding.check == check]
    assert (found[0].level, word in found[0].sentence) == (level, True)


def test_a_public_address_that_does_not_answer_is_told() -> None:
    site = Site(url=f"http://127.0.0.1.nip.invalid:{free_port()}")
    assert any("does not answer" in finding.sentence for finding in network.public(site))


def test_rights_of_the_data_folder_and_the_secret(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    site.data.mkdir()
    (site.data / "secret").write_text("x" * 64)
    (site.data / "secret").chmod(0o644)
    assert machine.secret(site).next_step == f"Run: chmod 600 {site.data / 'secret'}"
    (site.data / "secret").write_text("short")
    assert machine.secret(site).level is Level.BAD
    (site.data / "secret").unlink()
    assert machine.secret(site).level is Level.OK
    site.data.chmod(0o777)
    assert [finding.level for finding in machine.folder(site)] == [Level.WARNING]
    assert machine.secret(site_of(tmp_path, secret="short")).level is Level.BAD


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    site.data.mkdir(mode=0o500)
    assert [finding.level for finding in machine.folder(site)] == [Level.BAD]


@pytest.mark.parametrize(("free", "level"), [(1.9, Level.BAD), (5.0, Level.WARNING), (50.0, Level.OK)])
def test_a_disk_that_gets_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, level: Level
) -> None:
    usage = SimpleNamespace(free=int(free * 1e9), total=10**11)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    assert machine.disk(site_of(tmp_path)).level is level


def test_a_clock_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.clock(datetime(2020, 1, 1, tzinfo=UTC)).level is Level.BAD
    now = datetime(2027, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(machine, "_synchronised", lambda: False)
    assert machine.clock(now).level is Level.WARNING
    monkeypatch.setattr(machine, "_synchronised", lambda: None)
    assert machine.clock(now).level is Level.OK


def test_an_ffmpeg_that_does_not_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    assert machine.ffmpeg(site_of(tmp_path, ffmpeg=tmp_path / "ffmpeg")).level is Level.BAD
    assert machine.ffmpeg(site_of(tmp_path, ffmpeg=tmp_path / "nowhere")).level is Level.BAD


async def test_a_chosen_provider_that_nobody_offers_and_a_plugin_with_a_wrong_setting_are_named(tmp_path: Path) -> None:
    site = site_of(tmp_path, providers={"email": "pigeon"}, plugins={"stream_local": {"rtmp_port": "far"}})
    findings = await all_findings(site)
    assert of(findings, "email provider")[0].sentence == "No plugin offers the email provider “pigeon”."
    assert of(findings, "plugin stream_local")[0].level is Level.BAD


@given(st.lists(st.sampled_from(list(Level))))
def test_the_verdict_is_the_worst_of_all(levels: list[Level]) -> None:
    make = {Level.OK: ok("x", "y"), Level.WARNING: warning("x", "y", "z"), Level.BAD: bad("x", "y", "z")}
    found = worst([make[level] for level in levels])
    assert found == next((level for level in (Level.BAD, Level.WARNING) if level in levels), Level.OK)


# --- the command


def run(tmp_path: Path, *arguments: str, **environ: str) -> Any:
    settings = {
        "AETHEX_PORT": str(free_port()),
        "AETHEX_STREAM_LOCAL__RTMP_PORT": str(free_port()),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    return CliRunner().invoke(aethex, [*arguments, "--data", str(tmp_path / "data")], env=settings | environ)


def test_the_exit_code_tells_whether_the_site_can_work(tmp_path: Path) -> None:
    well = run(tmp_path, "doctor", "--json")
    assert well.exit_code == 0, well.output
    assert json.loads(well.output)["verdict"] in {"ok", "warning"}
    ill = run(tmp_path, "doctor", AETHEX_PROVIDERS__EMAIL="pigeon")
    assert ill.exit_code == 1
    assert "BAD  email provider" in ill.output
    assert "→" in ill.output


def test_a_misspelt_setting_is_a_finding_of_doctor_and_of_the_upgrade_check(tmp_path: Path) -> None:
    for command in (["doctor"], ["upgrade", "--check"]):
        found = run(tmp_path, *command, AETHEX_PROT="1")
        assert found.exit_code == 1
        assert "Did you mean AETHEX_PORT?" in found.output


def test_every_command_explains_itself() -> None:
    context = click.Context(aethex)
    for name in aethex.list_commands(context):
        command = aethex.get_command(context, name)
        assert CliRunner().invoke(aethex, [name, "--help"]).exit_code == 0
        assert command is not None and command.help, name  # noqa: PT018  (one fact)


# --- what an upgrade would do


async def test_an_upgrade_names_the_migrations_that_wait(
    tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    dsn = await fresh_dsn("core")
    found = await plan(site_of(tmp_path, database_url=dsn, secret=SECRET))
    assert "chat.0001_initial" in found.pending
    assert not any(name.startswith("core.") for name in found.pending)
    assert worst(found.findings) is not Level.BAD
    # a look applies nothing
    assert "chat.0001_initial" in (await plan(site_of(tmp_path, database_url=dsn, secret=SECRET))).pending


async def test_plugins_that_are_off_have_no_migrations_that_wait(
    tmp_path: Path, fresh_dsn: Callable[..., Awaitable[str]]
) -> None:
    site = site_of(tmp_path, database_url=await fresh_dsn("core"), secret=SECRET, disable=["chat"])
    assert not any(name.startswith("chat.") for name in (await plan(site)).pending)


async def test_a_data_folder_of_another_postgresql_is_not_opened(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    cluster = site.data / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("14\n")
    found = await plan(site)
    assert [finding.check for finding in found.findings if finding.level is Level.BAD] == ["postgresql"]
    assert "backup restore" in found.findings[-1].next_step


async def test_a_plugin_that_needs_a_newer_api_stands_in_the_way(tmp_path: Path) -> None:
    plugin = tmp_path / "plugins" / "future"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text("")
    (plugin / "plugin.toml").write_text('name = "future"\ntitle = "Future"\nsummary = "Later."\napi = "99.0"\n')
    (tmp_path / "aethex.toml").write_text("")
    site = site_of(tmp_path, config=tmp_path / "aethex.toml")
    site._folder = tmp_path
    found = [finding for finding in (await plan(site)).findings if finding.check == "plugin future"]
    assert found[0].level is Level.BAD
    assert "plugin API 99.0" in found[0].sentence
