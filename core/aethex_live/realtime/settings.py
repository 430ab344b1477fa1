"""All settings of the realtime engine."""

from __future__ import annotations

from pydantic import Field

from aethex_live.realtime_limits import RealtimeLimits


class RealtimeSettings(RealtimeLimits):
    """What operators can set, and what they need not. The values are those that were measured."""

    path: str = Field("/socket.io/", description="Address of the socket on this site; begins and ends with a slash.")
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks whose X-Forwarded-For header is believed."
    )

    connect_timeout: float = Field(10.0, gt=0, description="How long a new socket may stay silent.")
    handler_timeout: float = Field(5.0, gt=0, description="How long the handler of a client's event may take.")

    max_payload_before_connect: int = Field(16_384, ge=1024, description="The same, before it is identified.")
    max_backlog: int = Field(128, ge=1, description="Events of one socket that may wait for their handler.")

    tick_ms: int = Field(50, ge=1, description="Shortest time between two batches of a topic.")
    longest_tick_ms: int = Field(1000, ge=1, description="Longest time between two batches on a busy loop.")
    loop_share: float = Field(0.5, gt=0, le=1, description="Part of the loop's time that sending may take.")
    sweep_slice: int = Field(500, ge=1, description="Clients written to before other work gets its turn.")
    compress: bool = Field(True, description="Offer permessage-deflate; a batch is compressed once for all.")
    compress_above: int = Field(200, ge=0, description="Smallest batch that is compressed.")

    ring_messages: int = Field(512, ge=1, description="Messages of a topic that are kept for clients that return.")
    ring_bytes: int = Field(262_144, ge=1024, description="The same in bytes.")
    resume_limit: int = Field(500, ge=1, description="Messages that a returning client may have missed.")
    gap_hold_ms: int = Field(250, ge=1, description="How long a message waits for one before it.")
    topic_idle: float = Field(60.0, gt=0, description="How long a topic without listeners is kept.")
