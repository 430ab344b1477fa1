"""What may be stored under which key: the rules that every storage provider checks before it does anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aethex_live.providers.errors import Invalid

MOST_CHARACTERS = 400
PUBLIC_PREFIX = "public/"  # what lies below it may have a lasting address
MOST_METADATA = 2048  # bytes of names and values, as S3 has it
# what browsers only ever paint or play; everything else may hold scripts and is handed out as a download
SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"})
_SEGMENT = re.compile(r"[a-z0-9._-]+")
_CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}(; ?[a-z0-9-]{1,30}=[A-Za-z0-9._-]{1,60})?")
_METADATA_NAME = re.compile(r"[a-z0-9-]{1,60}")
_METADATA_VALUE = re.compile(r"([!-~]([ -~]*[!-~])?)?")  # it travels as a header


def is_key(text: str) -> bool:
    """Whether `text` is a legal key: a relative path that can't climb out of its folder."""
    if not 0 < len(text) <= MOST_CHARACTERS:
        return False
    return all(_SEGMENT.fullmatch(part) and part.strip(".") for part in text.split("/"))


def check_key(key: str, provider: str, operation: str) -> str:
    """The key itself. Raises Invalid for an illegal one."""
    if not is_key(key):
        sentence = f"The storage key {key[:80]!r} is not legal: at most {MOST_CHARACTERS} of a-z 0-9 . _ - and /."
        raise Invalid(sentence, provider=provider, operation=operation)
    return key


def check_prefix(prefix: str, provider: str, operation: str) -> str:
    """The prefix itself: the beginning of a legal key, or nothing. Raises Invalid for anything else."""
    if prefix:
        check_key(prefix.removesuffix("/"), provider, operation)
    return prefix


def check_range(start: int, end: int | None, provider: str) -> None:
    """Raises Invalid for a range that ends before it begins."""
    if start < 0 or (end is not None and end < start):
        raise Invalid(f"There is no range {start} to {end}.", provider=provider, operation="get")


def check_description(content_type: str, metadata: Mapping[str, str], provider: str) -> None:
    """Raises Invalid for what is no media type, and for metadata that no header can carry."""
    if not _CONTENT_TYPE.fullmatch(content_type):
        sentence = f"{content_type[:80]!r} is no media type; it looks like image/webp."
        raise Invalid(sentence, provider=provider, operation="put")
    size = sum(len(name) + len(value) for name, value in metadata.items())
    legal = all(_METADATA_NAME.fullmatch(n) and _METADATA_VALUE.fullmatch(v) for n, v in metadata.items())
    if size > MOST_METADATA or not legal:
        sentence = f"Metadata has names of a-z 0-9 -, plain letters as values and at most {MOST_METADATA} bytes."
        raise Invalid(sentence, provider=provider, operation="put")
