"""What an operator can set about realtime: the table `[realtime]` of the site's settings.

It stands outside of the engine's package so that reading the settings imports no server.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Origins = Annotated[tuple[str, ...], BeforeValidator(_split)]


class RealtimeLimits(BaseModel):
    """Times in seconds unless the name says ms, sizes in bytes; all counts are those of one process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origins: Origins = Field((), description="origins other than the site's own that may open a socket; '*' is all")

    ping_interval_ms: int = Field(25_000, ge=50, description="how often the server asks whether a client lives")
    ping_timeout_ms: int = Field(20_000, ge=50, description="how long the answer may take")

    max_connections: int = Field(0, ge=0, description="sockets of a process; 0: as its limit of open files allows")
    max_connections_per_address: int = Field(
        0, ge=0, description="sockets of one network address; 0: a quarter of the process's, at least 200, at most 5000"
    )
    max_connections_per_account: int = Field(50, ge=1, description="sockets of one account")
    connects_per_second_per_address: float = Field(
        200.0, gt=0, description="new sockets of an address in the long run; twice what it may have can come at once"
    )

    messages_per_second: float = Field(20.0, gt=0, description="what one socket may send in the long run")
    message_burst: int = Field(100, ge=1, description="what one socket may send at once")
    messages_per_second_per_account: float = Field(40.0, gt=0, description="events of one account, on all its sockets")
    message_burst_per_account: int = Field(200, ge=1, description="the same at once")
    messages_per_second_per_address: float = Field(500.0, gt=0, description="events of all sockets of an address")
    message_burst_per_address: int = Field(2500, ge=1, description="the same at once")

    max_payload: int = Field(1_000_000, ge=1024, description="largest message that a client may send")
    max_topics: int = Field(24, ge=1, description="topics that one socket may hear")
    slow_buffer: int = Field(262_144, ge=4096, description="unsent bytes at which a client gets no more batches")
    slow_seconds: float = Field(4.5, gt=0, description="how long that may last before the client is closed")
