"""Why something is reported, and what can be done about it: words in the database, sentences for people."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType


class Reason(enum.StrEnum):
    """What is wrong with it."""

    ILLEGAL = "illegal"
    CHILDREN = "children"
    VIOLENCE = "violence"
    HATE = "hate"
    HARASSMENT = "harassment"
    SEXUAL = "sexual"
    SELF_HARM = "self_harm"
    COPYRIGHT = "copyright"
    SPAM = "spam"
    OTHER = "other"


class Act(enum.StrEnum):
    """What became of it."""

    DISMISS = "dismiss"
    NOTED = "noted"
    UNLIST = "unlist"
    END = "end"
    DELETE = "delete"
    BAN = "ban"


SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.ILLEGAL: "It breaks the law.",
        Reason.CHILDREN: "It endangers or exploits children.",
        Reason.VIOLENCE: "It threatens or glorifies violence.",
        Reason.HATE: "It attacks people for who they are.",
        Reason.HARASSMENT: "It bullies or exposes somebody.",
        Reason.SEXUAL: "It is sexual and not marked as such.",
        Reason.SELF_HARM: "It shows or encourages self-harm.",
        Reason.COPYRIGHT: "It uses somebody's work without permission.",
        Reason.SPAM: "It is spam or a fraud.",
        Reason.OTHER: "Something else is wrong with it.",
    }
)
BUTTONS: Mapping[Act, str] = MappingProxyType(
    {
        Act.DISMISS: "Dismiss",
        Act.NOTED: "Mark as dealt with",
        Act.UNLIST: "Unlist the channel",
        Act.END: "End the broadcast",
        Act.DELETE: "Delete the recording",
        Act.BAN: "Ban the account",
    }
)
DONE: Mapping[Act, str] = MappingProxyType(
    {
        Act.DISMISS: "Dismissed",
        Act.NOTED: "Dealt with",
        Act.UNLIST: "Channel unlisted",
        Act.END: "Broadcast ended",
        Act.DELETE: "Recording deleted",
        Act.BAN: "Account banned",
    }
)
# what the person who reported reads
OUTCOMES: Mapping[Act, str] = MappingProxyType(
    {
        Act.DISMISS: "We looked at it and found nothing that breaks our rules.",
        Act.NOTED: "It was dealt with.",
        Act.UNLIST: "The channel was taken out of our lists.",
        Act.END: "The broadcast was ended.",
        Act.DELETE: "The recording was deleted.",
        Act.BAN: "The account was banned.",
    }
)
