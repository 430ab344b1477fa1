"""A bucket: where it is, who we are there, and what its vendor does otherwise than others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from aethex_live.providers import NotConfigured

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Everything that a provider needs to know of its bucket. `plugin` owns the settings that sentences point to.

    `base` is the address of the bucket itself, with its name; `endpoint` the one that the SDK asks, None: Amazon's.
    `public` is the address at which the world reads it, None: nowhere. `deletes_many`: one call may delete many keys.
    """

    provider: str
    plugin: str
    name: str
    region: str
    base: str
    endpoint: str | None
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    public: str | None = None
    path_style: bool = False
    deletes_many: bool = True
    public_cache_s: int = 3600
    part_bytes: int = 8 * MIB
    threads: int = 16

    def origins(self) -> tuple[str, ...]:
        """The origins that addresses of its files lie at."""
        return tuple(sorted({origin_of(url) for url in (self.base, self.public) if url}))


@dataclass(frozen=True, slots=True)
class Want:
    """A setting that can't be done without, and where its value is found."""

    name: str
    value: str | SecretStr
    found: str

    @property
    def missing(self) -> bool:
        """Whether nothing was given."""
        value = self.value.get_secret_value() if isinstance(self.value, SecretStr) else self.value
        return not value.strip()


def require(provider: str, plugin: str, wants: Iterable[Want]) -> None:
    """Raises NotConfigured, which names all that is missing, where it is read from and where to get it."""
    missing = [want for want in wants if want.missing]
    if not missing:
        return
    told = "; ".join(
        f"{want.name} is missing (set it under [plugins.{plugin}], or as AETHEX_{plugin.upper()}__{want.name.upper()};"
        f" {want.found})"
        for want in missing
    )
    raise not_configured(provider, f"{told[0].upper()}{told[1:]}.")


def check_url(provider: str, plugin: str, name: str, url: str) -> str:
    """The address without a slash at its end. Raises NotConfigured for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise not_configured(provider, f"{name} under [plugins.{plugin}] should look like https://files.example.org.")
    return url.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme and host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def not_configured(provider: str, sentence: str) -> NotConfigured:
    """The error for a setting that is not right."""
    return NotConfigured(sentence, provider=provider, operation="start")
