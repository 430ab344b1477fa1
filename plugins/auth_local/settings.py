"""Settings of auth_local: what a password costs, who may make an account, what is mailed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aethex_live import PluginSettings


class AuthLocalSettings(PluginSettings):
    """Cost of Argon2id, and the rules of accounts. The default cost takes about 50 ms of one core and 19 MiB a sign-in.

    19 MiB is the least that OWASP names. After a change a password is hashed anew when its owner signs in.
    """

    time_cost: int = Field(3, ge=1, le=100, description="passes over the memory")
    memory_kib: int = Field(19_456, ge=8_192, le=4_194_304, description="memory of one hash, in KiB")
    parallelism: int = Field(1, ge=1, le=16, description="lanes of one hash")
    threads: int = Field(2, ge=1, le=64, description="passwords that are hashed at the same time")
    waiting: int = Field(64, ge=1, le=10_000, description="passwords that may wait; more are sent away for a moment")
    registration: Literal["open", "approval", "invite", "closed"] = Field(
        "open", description="who may make an account: all, all after an operator's look, those with an invite, nobody"
    )
    verify_email: Literal["off", "optional", "required"] = Field(
        "optional",
        description="whether e-mail addresses are confirmed by a link; required: who has none can't chat or stream",
    )
    login_alerts: bool = Field(True, description="whether people are mailed when a new device signs in")
    revert_days: int = Field(7, ge=1, le=90, description="days in which the owner of the old address can undo a change")
