"""Scopes: what a personal API token may be used for, each with the sentence that its maker reads."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from aethex_live.errors import Invalid


class Scope(enum.StrEnum):
    """One thing that a token may do in its maker's name; a token never does more than its maker may."""

    READ = "read"
    CHANNEL_WRITE = "channel:write"
    STREAM_KEY = "stream:key"
    RECORDINGS_WRITE = "recordings:write"
    CHAT_READ = "chat:read"
    CHAT_WRITE = "chat:write"
    MODERATE = "moderate"
    ACCOUNT_WRITE = "account:write"
    OPERATE = "operate"


SENTENCES: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.READ: "Read what you can see: your account, channels, videos and chats.",
        Scope.CHANNEL_WRITE: "Make and change your channels: title, category, words; end a stream.",
        Scope.STREAM_KEY: "See and replace your stream keys, without your password.",
        Scope.RECORDINGS_WRITE: "Change and delete your recordings.",
        Scope.CHAT_READ: "Read chats, and nothing else of yours.",
        Scope.CHAT_WRITE: "Write chat messages in your name.",
        Scope.MODERATE: "Remove chat messages, yours and where you moderate; time people out and ban them.",
        Scope.ACCOUNT_WRITE: "Change your name and your profile. Never your password, address or tokens.",
        Scope.OPERATE: "Run this site with your rights as its operator.",
    }
)


def check_scopes(named: Iterable[str]) -> list[Scope]:
    """The scopes of these names, in the order of the enum. Raises Invalid about `scopes`."""
    names = set(named)
    if unknown := names - {scope.value for scope in Scope}:
        raise Invalid(f"There is no scope “{min(unknown)[:40]}”; choose from the list.", field="scopes")
    if not names:
        raise Invalid("Choose at least one scope.", field="scopes")
    return [scope for scope in Scope if scope.value in names]
