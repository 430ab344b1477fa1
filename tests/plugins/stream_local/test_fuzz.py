"""Mutation fuzz: whatever a connection sends, nothing escapes it and nothing of it stays behind."""

import asyncio
import logging
import random
import time as clock

from stream_kit import KEY, FakeTime, KeyGate, MemoryJournal, Wire, flv_tags, media_bytes, new_id, opening

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.rtmp import RtmpConnection
from aethex_plugins.stream_local.rtmp_server import RtmpLimits, RtmpServer

SECONDS = 2.0


def mutated(chance, whole):
    data = bytearray(whole[: chance.randrange(1, len(whole))])
    for _ in range(chance.choice((0, 1, 3, 10, 40))):
        # rarely in the handshake, where a change ends it all at once
        at = chance.randrange(0 if chance.random() < 0.1 else min(3073, len(data) - 1), len(data))
        data[at] = chance.randrange(256)
        if chance.random() < 0.1:
            del data[at : at + chance.randrange(1, 50)]
            if not data:
                return b"\x03"
    return bytes(data)


async def test_mutated_connections_break_nothing(tmp_path, film):
    logging.disable(logging.ERROR)
    try:
        await fuzz(tmp_path, film)
    finally:
        logging.disable(logging.NOTSET)


async def fuzz(tmp_path, film):
    chance = random.Random(7)
    time = FakeTime()
    hub = Hub(HubSettings(media=tmp_path, record=False), KeyGate(), MemoryJournal(), time, new_id)
    server = RtmpServer(hub.open, time, RtmpLimits(failures=1_000_000))
    tags = [tag for _, tag in zip(range(150), flv_tags(film.path), strict=False)]
    whole = opening() + media_bytes(iter(tags))
    runs = closed = 0
    end = clock.monotonic() + SECONDS
    while clock.monotonic() < end:
        data = mutated(chance, whole)
        connection, wire = RtmpConnection(server), Wire()
        connection.connection_made(wire)
        at = 0
        while at < len(data) and not wire.gone:
            step = chance.choice((1, 7, 100, 1500, 65536))
            connection.data_received(data[at : at + step])
            at += step
            await asyncio.sleep(0)
        closed += wire.gone
        connection.connection_lost(None)
        time.advance(chance.choice((0.0, 1.0, 20.0)))
        runs += 1
    assert runs > 50
    assert closed > 5
    assert server.connections == 0
    # and a good publisher is still taken
    time.advance(100)
    connection, wire = RtmpConnection(server), Wire()
    connection.connection_made(wire)
    connection.data_received(opening(KEY))
    await asyncio.sleep(0.01)
    connection.data_received(media_bytes(iter(tags)))
    assert hub.broadcasts()[-1].packager.started
    connection.connection_lost(None)
    await hub.close()
