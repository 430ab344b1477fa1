"""The site's settings: what aethex.toml, the environment and the command line say, checked and frozen."""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)

from aethex_live.providers.kinds import Kind
from aethex_live.realtime_limits import RealtimeLimits

NONE = "none"  # the value of a provider setting that turns its kind off
CHOSEN = "the settings page"  # the source of what an operator chose in the browser
_MOST_PHASES = 6


class Role(enum.StrEnum):
    """What a process does; `all` is everything in one process."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"
    INGEST = "ingest"


def _split(value: object) -> object:
    """`a, b` of an environment variable as a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


class ProviderChoice(BaseModel):
    """Which provider of each kind makes new things; `none` turns the kind off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auth: str = Field("local", description="who proves who somebody is")
    streaming: str = Field("local", description="who takes streams in and plays them")
    storage: str = Field("local", description="who keeps files")
    payments: Names = Field((), description="who takes money; several may live at once, the first is the default")
    email: str = Field("outbox", description="who sends mails")

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The names chosen for a kind, the default first; empty when the kind is off."""
        value: str | tuple[str, ...] = getattr(self, kind.value)
        names = (value,) if isinstance(value, str) else value
        return tuple(name for name in names if name != NONE)


def _default_url(values: dict[str, Any]) -> str:
    host = str(values.get("host", "127.0.0.1"))
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  (compared, not bound: an address to listen on is none to visit)
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{values.get('port', 8000)}"


class Site(BaseModel):
    """All settings of one site. `source()` tells where each value comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 is every interface")
    port: int = Field(8000, ge=1, le=65535, description="TCP port of the web pages")
    data: Path = Field(Path("data"), description="folder of the database, media and secrets")
    config: Path | None = Field(None, description="the configuration file; aethex.toml in the working folder")
    name: str = Field("AeThex", min_length=1, max_length=60, description="name of the site on its pages")
    url: str = Field(default_factory=_default_url, description="public address of the site, without a path")
    trusted_proxies: Names = Field((), description="addresses or networks whose X-Forwarded headers count")
    phase: int = Field(_MOST_PHASES, ge=1, le=_MOST_PHASES, description="plugins up to this phase are on")
    enable: Names = Field((), description="plugins that are on whatever their phase")
    disable: Names = Field((), description="plugins that are off")
    providers: ProviderChoice = Field(default_factory=ProviderChoice, description="the chosen providers")
    realtime: RealtimeLimits = Field(default_factory=RealtimeLimits, description="limits of sockets and their messages")
    database_url: SecretStr | None = Field(None, description="PostgreSQL to use instead of the embedded one")
    redis_url: SecretStr | None = Field(None, description="Redis to use instead of the one in the process")
    secret: SecretStr | None = Field(None, description="what all signatures derive from; else data/secret")
    ffmpeg: Path | None = Field(None, description="the ffmpeg to use instead of the installed one")
    recordings_days: int | None = Field(
        None, ge=1, le=3650, description="days that recordings are kept where a channel says nothing; unset: for ever"
    )
    channels_per_person: int = Field(5, ge=0, le=1000, description="how many channels an account may make")
    leaving_days: int = Field(14, ge=1, le=90, description="days in which a deleted account or channel can come back")
    webhook_days: int = Field(30, ge=3, le=365, description="days that webhooks of providers are kept, body and all")
    terms_version: int = Field(
        0, ge=0, description="version of the terms; 0 asks for none, a higher one asks everybody again"
    )
    terms_url: str = Field("", description="address of the terms; without it they stand in data/terms.txt")
    safe: bool = Field(False, description="start the core and the chosen providers alone")
    role: Role = Field(Role.ALL, description="what this process does: all, web, worker or ingest")
    plugins: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict, repr=False, description="the settings of the plugins, one table each"
    )

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    def source(self, setting: str) -> str:
        """Where a value comes from: `default`, `aethex.toml`, `AETHEX_PORT`, `--port`.

        `setting` is dotted: `port`, `providers.auth`, `realtime.max_connections`, `plugins.chat.slow_mode`.
        """
        return self._sources.get(setting, "default")

    def is_open(self, setting: str) -> bool:
        """Whether neither file nor environment nor command line says it, so that the settings page may."""
        return self.source(setting) in {"default", CHOSEN}

    def adopt(self, choices: Mapping[str, str], names: Collection[str]) -> None:
        """Take what an operator chose in the browser for `names`, where nothing else says it.

        `choices` are texts by setting name; a name without one goes back to its default. The platform alone calls
        this: at start, and when the control channel tells of a change. Raises ValueError, with a sentence, for a
        value that is not right; nothing is changed then.
        """
        open_names = [name for name in names if self.is_open(name)]
        taken = {name: choices[name] for name in open_names if name in choices}
        gone = [name for name in open_names if name not in taken and self.source(name) == CHOSEN]
        fresh = checked({"host": self.host, "port": self.port} | taken)
        for name in (*taken, *gone):
            self.__dict__[name] = getattr(fresh, name)
        kept = {name: source for name, source in self._sources.items() if name not in gone}
        self._sources = {**kept, **dict.fromkeys(taken, CHOSEN)}

    @property
    def folder(self) -> Path:
        """The folder of the configuration file; the working folder when there is none."""
        return self._folder

    @property
    def https(self) -> bool:
        """Whether people reach the site by https (cookies are marked secure then)."""
        return self.url.startswith("https:")

    def plugin_table(self, plugin: str) -> Mapping[str, Any]:
        """What file and environment say in the plugin's own table, unchecked."""
        return self.plugins.get(plugin, {})

    @field_validator("url")
    @classmethod
    def _is_origin(cls, url: str) -> str:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            raise ValueError("it should be an address such as https://live.example, without a path")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("terms_url")
    @classmethod
    def _is_https(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("it should be an address such as https://example.org/terms")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise ValueError(f"{network} is no address or network such as 10.0.0.0/8") from None
        return networks

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url and urlsplit(url.get_secret_value()).scheme not in {"postgres", "postgresql"}:
            raise ValueError("it should look like postgresql://user:password@host:5432/aethex")
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url and urlsplit(url.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it should look like redis://host:6379/0")
        return url

    @field_validator("plugins")
    @classmethod
    def _frozen_tables(cls, tables: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        return MappingProxyType({name: MappingProxyType(dict(table)) for name, table in tables.items()})


def checked(values: Mapping[str, object]) -> Site:
    """A site of these values alone. Raises ValueError with a sentence about the first that is not right."""
    try:
        return Site.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        told = str(first["msg"]).removeprefix("Value error, ")
        raise ValueError(told[0].upper() + told[1:] + ("" if told.endswith(".") else ".")) from None


CORE_NAMES = frozenset(Site.model_fields)
"""Names of core settings; no plugin may have one (decision 4: AETHEX_<NAME> must mean one thing)."""


def load_site(
    environ: Mapping[str, str], *, folder: Path | None = None, overrides: Mapping[str, object] | None = None
) -> Site:
    """The settings of a site. `overrides` are command-line options by setting name and beat everything.

    Raises ConfigError, which names the file or variable and suggests the right key.
    """
    from aethex_live._runtime.site_sources import gather  # it reads the models above

    return gather(environ, folder or Path.cwd(), overrides or {})
