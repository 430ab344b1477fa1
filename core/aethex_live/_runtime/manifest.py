"""plugin.toml: what a plugin says about itself, read and checked before any of its code runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from aethex_live._runtime.words import field_errors, listed, suggestion
from aethex_live.errors import PluginError
from aethex_live.providers.kinds import Kind
from aethex_live.settings import CORE_NAMES

FILE_NAME = "plugin.toml"
CSP_DIRECTIVES = (
    "script-src",
    "style-src",
    "connect-src",
    "img-src",
    "media-src",
    "font-src",
    "frame-src",
    "form-action",
)
_HOST = re.compile(r"(https|wss)://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?")

PluginName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Segment = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?$", max_length=32)]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]


class Manifest(BaseModel):
    """A plugin's own description. Nothing of it is code, and nothing else may stand in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PluginName = Field(description="the folder's name")
    title: str = Field(min_length=1, max_length=60, description="what people read")
    summary: Sentence = Field(description="what it does, in a sentence")
    version: str = Field("", max_length=40, description="the plugin's own version, if it has one")
    api: Version = Field("1.0", description="the oldest API version that it works with")
    phase: int = Field(1, ge=1, le=6, description="the site phase from which it is on by itself")
    on_demand: bool = Field(
        False, description="whether it is off until a provider of it is chosen, or something is set for it"
    )
    requires: tuple[PluginName, ...] = Field((), description="plugins that it can't do without")
    after: tuple[PluginName, ...] = Field((), description="plugins that start earlier when they are there")
    provides: tuple[str, ...] = Field((), description='providers that it offers, as "streaming:local"')
    permissions: tuple[Sentence, ...] = Field((), description="what it may do, disclosed to the operator")
    csp: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="other hosts that its pages use, by directive of the content policy"
    )
    claims: tuple[Segment, ...] = Field((), description="first path segments that its routes stand under")
    folders: Mapping[str, PluginName] = Field(
        default_factory=dict,
        description="its settings that name a folder of files, and their places in the data folder",
    )
    ports: Mapping[str, int] = Field(
        default_factory=dict, description="its settings that name a TCP port to listen on, and their defaults"
    )

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name in CORE_NAMES:
            raise ValueError(f"{name} is the name of a setting of the core; choose another")
        return name

    @field_validator("provides")
    @classmethod
    def _are_offers(cls, offers: tuple[str, ...]) -> tuple[str, ...]:
        for offer in offers:
            kind, _, name = offer.partition(":")
            if kind not in set(Kind):
                raise ValueError(f"{offer}: there is no kind {kind}.{suggestion(kind, list(Kind))}")
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError(f'{offer} should look like "{kind}:name"')
        return offers

    @field_validator("csp")
    @classmethod
    def _are_hosts(cls, policy: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for directive, hosts in policy.items():
            if directive not in CSP_DIRECTIVES:
                raise ValueError(f"{directive} can't be widened.{suggestion(directive, CSP_DIRECTIVES)}")
            for host in hosts:
                if not _HOST.fullmatch(host):
                    raise ValueError(f"{host} should be a host such as https://cdn.example.com")
        return policy

    def kinds(self) -> frozenset[Kind]:
        """The kinds of provider that the plugin offers."""
        return frozenset(Kind(offer.partition(":")[0]) for offer in self.provides)

    def offers(self, kind: Kind, name: str) -> bool:
        """Whether it announces this provider."""
        return f"{kind.value}:{name}" in self.provides


def read_manifest(folder: Path, called: str) -> Manifest:
    """The manifest in `folder`, of the plugin `called` so. Raises PluginError, which names file and key."""
    path = folder / FILE_NAME
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        manifest = Manifest.model_validate(content)
    except FileNotFoundError:
        raise PluginError(f"{path} is missing; it names and describes the plugin.") from None
    except OSError as error:
        raise PluginError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PluginError(f"{path} is no valid TOML: {error}.") from error
    except ValidationError as error:
        lines = [f"{'.'.join(where) or 'it'}: {text}" for where, text in field_errors(error, Manifest)]
        raise PluginError(f"{path}: {' '.join(lines)}") from error
    _refuse_wrong_name(manifest, path, called)
    return manifest


def _refuse_wrong_name(manifest: Manifest, path: Path, called: str) -> None:
    if manifest.name != called:
        raise PluginError(f"{path}: name is {manifest.name}, but the plugin is found as {called}.")
    prefixes = sorted(kind.prefix for kind in manifest.kinds())
    if prefixes and not manifest.name.startswith(tuple(prefixes)):
        raise PluginError(f"{path}: a plugin with these providers has a name with {listed(prefixes, 'or')} in front.")
