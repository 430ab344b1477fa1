"""What an operator can set about the realtime engine."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RealtimeSettings(BaseModel):
    """Times in seconds unless the name says ms, sizes in bytes. The values are those that were measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field("/socket.io/", description="Address of the socket on this site; begins and ends with a slash.")
    origins: tuple[str, ...] = Field(
        (), description="Origins other than the site's own that may open a socket; '*' allows all."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks whose X-Forwarded-For header is believed."
    )

    ping_interval_ms: int = Field(25_000, ge=50, description="How often the server asks whether a client lives.")
    ping_timeout_ms: int = Field(20_000, ge=50, description="How long the answer may take.")
    connect_timeout: float = Field(10.0, gt=0, description="How long a new socket may stay silent.")
    handler_timeout: float = Field(5.0, gt=0, description="How long the handler of a client's event may take.")

    max_payload: int = Field(1_000_000, ge=1024, description="Largest message that a client may send.")
    max_payload_before_connect: int = Field(16_384, ge=1024, description="The same, before it is identified.")
    max_connections: int = Field(0, ge=0, description="Sockets in this process; 0: as the file limit allows.")
    max_connections_per_address: int = Field(200, ge=1, description="Sockets of one network address.")
    max_topics: int = Field(24, ge=1, description="Topics that one socket may hear.")
    max_backlog: int = Field(128, ge=1, description="Events of one socket that may wait for their handler.")
    messages_per_second: float = Field(20.0, gt=0, description="What one socket may send in the long run.")
    message_burst: int = Field(100, ge=1, description="What one socket may send at once.")

    tick_ms: int = Field(50, ge=1, description="Shortest time between two batches of a topic.")
    longest_tick_ms: int = Field(1000, ge=1, description="Longest time between two batches on a busy loop.")
    loop_share: float = Field(0.5, gt=0, le=1, description="Part of the loop's time that sending may take.")
    sweep_slice: int = Field(500, ge=1, description="Clients written to before other work gets its turn.")
    compress: bool = Field(True, description="Offer permessage-deflate; a batch is compressed once for all.")
    compress_above: int = Field(200, ge=0, description="Smallest batch that is compressed.")

    slow_buffer: int = Field(262_144, ge=4096, description="Unsent bytes at which a client gets no more batches.")
    slow_seconds: float = Field(5.0, gt=0, description="How long that may last before the client is closed.")

    ring_messages: int = Field(512, ge=1, description="Messages of a topic that are kept for clients that return.")
    ring_bytes: int = Field(262_144, ge=1024, description="The same in bytes.")
    resume_limit: int = Field(500, ge=1, description="Messages that a returning client may have missed.")
    gap_hold_ms: int = Field(250, ge=1, description="How long a message waits for one before it.")
    topic_idle: float = Field(60.0, gt=0, description="How long a topic without listeners is kept.")
