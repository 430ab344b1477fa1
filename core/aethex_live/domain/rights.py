"""Rights of a channel's moderators: each by itself, with the sentence that the owner reads."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from aethex_live.errors import Invalid


class Right(enum.StrEnum):
    """One thing that a moderator may do in a channel; owners (and operators of the site) may all of them."""

    CHAT_DELETE = "chat.delete"
    CHAT_TIMEOUT = "chat.timeout"
    CHAT_BAN = "chat.ban"
    CHAT_MODES = "chat.modes"
    CHAT_EMOTES = "chat.emotes"
    STREAM_EDIT = "stream.edit"
    STREAM_START = "stream.start"
    STREAM_END = "stream.end"
    RECORDINGS_EDIT = "recordings.edit"


SENTENCES: Mapping[Right, str] = MappingProxyType(
    {
        Right.CHAT_DELETE: "Delete messages in the chat.",
        Right.CHAT_TIMEOUT: "Shut people out of the chat for a while.",
        Right.CHAT_BAN: "Ban people from the chat, and let them in again.",
        Right.CHAT_MODES: "Change the modes of the chat: slow mode, links, who may write.",
        Right.CHAT_EMOTES: "Add emotes to the chat, and delete them.",
        Right.STREAM_EDIT: "Change title, category and language of the stream.",
        Right.STREAM_START: "Go live on the channel from the browser.",
        Right.STREAM_END: "End the stream.",
        Right.RECORDINGS_EDIT: "See private recordings, and change title and visibility of all of them.",
    }
)
CHAT = (Right.CHAT_DELETE, Right.CHAT_TIMEOUT, Right.CHAT_BAN, Right.CHAT_MODES, Right.CHAT_EMOTES)
# rows of the first version name all rights of the chat by one word
_OLD_CHAT = "chat"


def rights_of(stored: Iterable[object]) -> frozenset[Right]:
    """The rights that a row names; words that this version doesn't know give none."""
    names = {name for name in stored if isinstance(name, str)}
    known = {right for right in Right if right.value in names}
    return frozenset(known | set(CHAT)) if _OLD_CHAT in names else frozenset(known)


def check_rights(named: Iterable[str]) -> list[Right]:
    """The rights of these names, in the order of the enum. Raises Invalid about `rights`."""
    names = set(named)
    if unknown := names - {right.value for right in Right}:
        raise Invalid(f"There is no right “{min(unknown)[:40]}”; choose from the list.", field="rights")
    if not names:
        raise Invalid("Choose at least one right, or remove the moderator.", field="rights")
    return [right for right in Right if right.value in names]
