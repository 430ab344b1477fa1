"""The services of the docs: systemd takes them, commands in them exist, and Caddy's file says what nginx's does."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from deploy_support import FILES

from aethex_live.cli import aethex
from aethex_live.settings import load_site
from aethex_plugins.stream_local.settings import StreamLocalSettings

UNITS = sorted(FILES.glob("*.service")) + sorted(FILES.glob("*.target")) + sorted(FILES.glob("*.timer"))
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictSUIDSGID": "yes",
    "CapabilityBoundingSet": "",
    "User": "aethex",
}


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names are as they are
    parser.read_string(path.read_text())
    return parser


def test_systemd_takes_all_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    for path in UNITS:
        text = path.read_text().replace("/opt/aethex/bin/aethex", "/bin/true")
        (tmp_path / path.name.replace("@", "@8000")).write_text(text)
        (tmp_path / path.name).write_text(text)
    checked = [str(tmp_path / path.name.replace("@", "@8000")) for path in UNITS]
    run = subprocess.run(
        [program, "verify", "--man=no", *checked], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in run.stderr.splitlines() if "aethex" in line]
    assert (run.returncode, ours) == (0, [])


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_service_runs_a_command_that_exists_and_has_no_rights_to_spare(path: Path) -> None:
    service = read(path)["Service"]
    _, name, *arguments = service["ExecStart"].split()
    command = aethex.get_command(click.Context(aethex), name)
    assert command is not None
    if name == "backup":
        command = command.commands[arguments.pop(0)]  # type: ignore[attr-defined]  # it is a group
    known = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= known
    assert {key: service[key] for key in HARDENED} == HARDENED
    if service["Type"] != "oneshot":
        assert (service["Restart"], service["RestartPreventExitStatus"]) == ("always", "2")


def test_the_timer_and_the_target_name_units_that_are_there() -> None:
    named = set(re.findall(r"aethex[\w@-]*\.(?:service|target)", "\n".join(path.read_text() for path in UNITS)))
    files = {path.name for path in UNITS}
    assert {re.sub(r"@\d+", "@", name) for name in named} <= files
    assert (FILES / "aethex-backup.timer").with_suffix(".service").is_file()


def test_the_environment_of_the_docs_is_valid(tmp_path: Path) -> None:
    lines = (FILES / "environment").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    site = load_site(values, folder=tmp_path)
    assert site.https
    assert site.trusted_proxies == ("127.0.0.1",)
    for role in ("web", "worker", "ingest"):
        assert load_site(values | {"AETHEX_ROLE": role}, folder=tmp_path).role == role


def test_caddys_file_is_whole_and_says_what_matters() -> None:
    text = (FILES / "Caddyfile").read_text()
    code = "\n".join(line.split("#")[0] for line in text.splitlines())
    assert code.count("{") == code.count("}")
    for directive in (
        r"@media path /live/\* /vod/\* /ingest/\*",
        r"reverse_proxy 127\.0\.0\.1:8100",
        r"reverse_proxy 127\.0\.0\.1:8000 127\.0\.0\.1:8001",
        r"flush_interval -1",
        r"max_size 32MB",
        r"respond @metrics 403",
        r"lb_try_duration",
    ):
        assert re.search(directive, code), directive
    assert len(re.findall(r"header_up X-Forwarded-For \{remote_host\}", code)) == code.count("reverse_proxy ") == 3
    program = shutil.which("caddy")
    if program is not None:
        command = [program, "validate", "--adapter", "caddyfile", "--config", str(FILES / "Caddyfile")]
        assert subprocess.run(command, timeout=30, check=False).returncode == 0


def test_every_streaming_setting_that_the_page_names_is_one() -> None:
    page = (FILES.parent / "going-public.md").read_text()
    named = {name.lower() for name in re.findall(r"AETHEX_STREAM_LOCAL__(\w+)", page)}
    assert named >= {"rtmps_port", "rtmps_certificate", "rtmps_key", "rtmps_url"}
    assert named <= StreamLocalSettings.model_fields.keys()


def test_the_page_names_every_file_and_every_file_is_there() -> None:
    page = (FILES.parent / "going-public.md").read_text()
    for link in re.findall(r"\]\((deploy/[^)]*)\)", page):
        assert (FILES.parent / link).exists(), link
    for name in ("nginx.conf", "Caddyfile", "environment", "aethex.target", "aethex-backup.timer"):
        assert name in page
