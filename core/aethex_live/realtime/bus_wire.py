"""Messages between processes: one bus message holds a topic's messages of a tick, ready to be sent on."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from aethex_live.realtime.topics import Wire

SENDER_SIZE = 8
_HEAD = struct.Struct(">qBBI")
_UNNUMBERED = -1


def pack(sender: bytes, messages: Iterable[Wire]) -> bytes:
    """The bus message: the sender's id, then for each message number, sizes, epoch, name and ready JSON."""
    parts = [sender]
    for message in messages:
        epoch, name = message.epoch.encode(), message.name.encode()
        seq = _UNNUMBERED if message.seq is None else message.seq
        parts += [_HEAD.pack(seq, len(epoch), len(name), len(message.encoded)), epoch, name, message.encoded]
    return b"".join(parts)


def unpack(payload: bytes) -> tuple[bytes, list[Wire]]:
    """Sender and messages; ValueError when this is no message of ours."""
    sender, at = payload[:SENDER_SIZE], SENDER_SIZE
    messages: list[Wire] = []
    while at < len(payload):
        if at + _HEAD.size > len(payload):
            raise ValueError("a bus message ends within a head")
        seq, epoch_size, name_size, size = _HEAD.unpack_from(payload, at)
        at += _HEAD.size
        end = at + epoch_size + name_size + size
        if end > len(payload):
            raise ValueError("a bus message ends within a message")
        epoch = payload[at : at + epoch_size].decode()
        name = payload[at + epoch_size : at + epoch_size + name_size].decode()
        number = None if seq == _UNNUMBERED else seq
        messages.append(Wire(number, epoch, name, payload[end - size : end]))
        at = end
    return sender, messages
