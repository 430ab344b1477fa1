"""Settings: file, environment and command line; their order, their sources, and what a wrong key is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import ConfigError
from aethex_live.providers.kinds import Kind
from aethex_live.settings import CORE_NAMES, Role, Site, load_site


def load(folder: Path, text: str | None = None, *, environ: dict[str, str] | None = None, **options: object) -> Site:
    if text is not None:
        (folder / "aethex.toml").write_text(text)
    return load_site(environ or {}, folder=folder, overrides=options)


def refused(folder: Path, text: str | None = None, *, environ: dict[str, str] | None = None, **options: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ=environ, **options)
    return str(caught.value)


def test_without_any_settings_there_are_good_defaults(tmp_path: Path) -> None:
    site = load(tmp_path)
    assert (site.host, site.port, site.url, site.phase, site.role) == (
        "127.0.0.1", 8000, "http://127.0.0.1:8000", 6, Role.ALL,
    )  # fmt: skip
    assert (site.data, site.config, site.folder) == (tmp_path / "data", None, tmp_path)
    assert [site.providers.of(kind) for kind in Kind] == [("local",), ("local",), ("local",), (), ("outbox",)]
    assert site.source("port") == "default"
    assert not site.https


def test_environment_beats_file_and_the_command_line_beats_both(tmp_path: Path) -> None:
    text = 'host = "h"\nport = 1\nname = "File"\n'
    site = load(tmp_path, text, environ={"AETHEX_PORT": "2", "AETHEX_NAME": "Shell"}, port=3)
    assert (site.host, site.port, site.name) == ("h", 3, "Shell")
    assert [site.source(name) for name in ("host", "port", "name", "phase")] == [
        "aethex.toml", "--port", "AETHEX_NAME", "default",
    ]  # fmt: skip


def test_settings_of_plugins_are_merged_field_by_field(tmp_path: Path) -> None:
    text = "[plugins.chat]\nslow = 1\nlength = 2\n[plugins.chat.limits]\nday = 1\n[plugins.clips]\n"
    environ = {
        "AETHEX_CHAT__SLOW": "9",
        "AETHEX_CHAT__LIMITS__HOUR": "5",
        "AETHEX_STREAM_LOCAL__PORTS": "[1, 2]",
    }
    site = load(tmp_path, text, environ=environ)
    assert site.plugin_table("chat") == {"slow": "9", "length": 2, "limits": {"day": 1, "hour": "5"}}
    assert site.plugin_table("stream_local") == {"ports": [1, 2]}
    assert (site.plugin_table("clips"), site.plugin_table("gone")) == ({}, {})
    assert site.source("plugins.chat.slow") == "AETHEX_CHAT__SLOW"
    assert site.source("plugins.chat.length") == "aethex.toml"


def test_providers_and_lists_can_be_said_in_the_environment(tmp_path: Path) -> None:
    environ = {
        "AETHEX_PROVIDERS__STREAMING": "none",
        "AETHEX_PROVIDERS__PAYMENTS": "sandbox, stripe",
        "AETHEX_ENABLE": "chat,clips",
        "AETHEX_SAFE": "true",
    }
    site = load(tmp_path, '[providers]\nstreaming = "mux"\nemail = "smtp"\n', environ=environ)
    assert site.providers.of(Kind.STREAMING) == ()
    assert site.providers.of(Kind.PAYMENTS) == ("sandbox", "stripe")
    assert site.providers.of(Kind.EMAIL) == ("smtp",)
    assert (site.enable, site.safe) == (("chat", "clips"), True)
    assert site.source("providers.streaming") == "AETHEX_PROVIDERS__STREAMING"
    assert site.source("providers.email") == "aethex.toml"


def test_an_empty_variable_counts_as_unset_and_those_of_the_tests_are_left_alone(tmp_path: Path) -> None:
    site = load(
        tmp_path,
        environ={
            "AETHEX_SECRET": "",
            "AETHEX_REQUIRE": "redis",
            "AETHEX_SPECS": "x",
            "AETHEX_PG_BIN": "z",
            "PATH": "y",
        },
    )
    assert site.secret is None


def test_addresses_of_hosts_are_taken_and_hidden(tmp_path: Path) -> None:
    site = load(tmp_path, environ={"DATABASE_URL": "postgres://u:hush@h/d", "REDIS_URL": "redis://h"})
    assert site.database_url is not None
    assert site.database_url.get_secret_value() == "postgres://u:hush@h/d"
    assert site.source("database_url") == "DATABASE_URL"
    assert "hush" not in repr(site)
    over = {"DATABASE_URL": "postgres://a/b", "AETHEX_DATABASE_URL": "postgres://c/d"}
    assert load(tmp_path, environ=over).source("database_url") == "AETHEX_DATABASE_URL"


def test_paths_of_the_file_are_relative_to_it_and_those_of_a_shell_to_the_working_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "live.toml").write_text('data = "there"\n')
    from_file = load(tmp_path, config="etc/live.toml")
    assert (from_file.data, from_file.folder) == (tmp_path / "etc" / "there", tmp_path / "etc")
    assert load(tmp_path, config="etc/live.toml", data="here").data == tmp_path / "here"
    assert load(tmp_path, environ={"AETHEX_CONFIG": "etc/live.toml", "AETHEX_DATA": "/abs"}).data == Path("/abs")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "prot in aethex.toml: there is no such setting. Did you mean port?"),
        (
            "[providers]\nauht = 'x'",
            "providers.auht in aethex.toml: there is no such setting. Did you mean auth?",
        ),
        (
            "[provider]\nauth = 'x'",
            "provider in aethex.toml: there is no such setting. Did you mean providers?",
        ),
        ("port = 'a'", "port in aethex.toml: input should be a valid integer"),
        ("port = 70000", "port in aethex.toml: input should be less than or equal to 65535."),
        ("role = 'wbe'", "role in aethex.toml: input should be 'all', 'web', 'worker' or 'ingest'."),
        ("url = 'live.example'", "url in aethex.toml: it should be an address such as https://live.example"),
        ("url = 'https://a/b'", "without a path"),
        ("trusted_proxies = ['x']", "x is no address or network such as 10.0.0.0/8"),
        ("plugins = 3", "plugins in aethex.toml should be a table: write [plugins]"),
        ("[plugins]\nchat = 3", "plugins.chat in aethex.toml should be a table: write [plugins.chat]"),
        ("port = ", "is no valid TOML"),
        ("enable = ['a']\ndisable = ['a']", "a stands in enable (aethex.toml) and in disable (aethex.toml)."),
    ],
)
def test_a_wrong_file_is_told_the_key_and_what_is_right(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AETHEX_PROT", "1", "AETHEX_PROT is no setting. Did you mean AETHEX_PORT?"),
        ("AETHEX_PORT", "80a", "AETHEX_PORT: input should be a valid integer"),
        (
            "AETHEX_PROVIDERS__AUHT",
            "x",
            "AETHEX_PROVIDERS__AUHT: there is no such kind of provider. Did you mean auth?",
        ),
        ("AETHEX_CHAT_SLOW", "1", "two underscores after the plugin's name: AETHEX_<PLUGIN>__<FIELD>."),
        ("AETHEX_PORT__X", "1", "port is a setting of the core and has no part x"),
        ("AETHEX_CHAT__", "1", "has an empty part"),
        ("AETHEX_CONFIG", "gone.toml", "gone.toml that AETHEX_CONFIG names does not exist"),
        ("DATABASE_URL", "mysql://u:hush@h/d", "DATABASE_URL: it should look like postgresql://"),
        ("REDIS_URL", "h:6379", "REDIS_URL: it should look like redis://"),
    ],
)
def test_a_wrong_variable_is_told_what_is_right(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    told = refused(tmp_path, environ={name: value})
    assert sentence in told
    assert "hush" not in told


def test_all_faults_are_told_at_once_and_no_consequence_of_them(tmp_path: Path) -> None:
    assert len(refused(tmp_path, "prot = 1\nphase = 9\nport = 'x'").splitlines()) == 3


@pytest.mark.parametrize("role", ["web", "worker", "ingest"])
def test_split_roles_need_postgresql_and_redis_and_are_told_the_lines_to_add(tmp_path: Path, role: str) -> None:
    told = refused(tmp_path, role=role)
    assert "DATABASE_URL=postgresql://user:password@host:5432/aethex and REDIS_URL=redis://host:6379/0" in told
    assert "DATABASE_URL" not in refused(tmp_path, environ={"DATABASE_URL": "postgres://h/d"}, role=role)
    both = {"DATABASE_URL": "postgres://h/d", "REDIS_URL": "redis://h"}
    assert load(tmp_path, environ=both, role=role).role == role


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000"), ("box", "http://box:8000")],
)
def test_the_address_of_the_site_follows_the_host(host: str, url: str) -> None:
    assert Site(host=host).url == url


def test_the_site_is_frozen_and_its_names_are_reserved() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Site().port = 1  # type: ignore[misc]  # this is the point
    assert {"data", "host", "port", "config", "secret", "ffmpeg", "plugins", "providers"} <= CORE_NAMES


@given(st.text(max_size=80))
def test_no_file_whatever_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("site")
    (folder / "aethex.toml").write_text(text, "utf-8")
    try:
        load_site({}, folder=folder)
    except ConfigError as error:
        assert "aethex.toml" in str(error)


@given(st.from_regex(r"\AAETHEX_[A-Z_]{0,20}\Z"), st.text(min_size=1, max_size=20))
def test_no_variable_whatever_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    try:
        load_site({name: value}, folder=tmp_path_factory.getbasetemp())
    except ConfigError as error:
        assert name in str(error)
