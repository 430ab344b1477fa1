"""Events of the server that a client has to acknowledge, within a time limit."""

from __future__ import annotations

import asyncio
from typing import Any

from aethex_live.realtime.connection import Connection, State
from aethex_live.realtime.errors import NoAnswer
from aethex_live.realtime.packets import RESERVED, Kind, Packet, pack

# a client that answers none of so many gets no more questions
MOST_ASKED = 64


def tell(connection: Connection, name: str, data: object) -> None:
    """Send an event to one client; bytes in its data travel as attachments."""
    _check_name(name)
    connection.write_out(pack(Kind.EVENT, [name, data]))


async def ask(connection: Connection, name: str, data: object, seconds: float) -> list[Any]:
    """Send an event and wait for its acknowledgement: the arguments that the client gave it.

    NoAnswer when the client goes, is not connected, or takes longer than `seconds`.
    """
    _check_name(name)
    if connection.state != State.CONNECTED:
        raise NoAnswer("The client is not connected any more.")
    asked = connection.asked = connection.asked or {}
    if len(asked) >= MOST_ASKED:
        raise NoAnswer(f"The client has {MOST_ASKED} questions to answer already.")
    connection.questions = number = connection.questions + 1
    answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
    asked[number] = answer
    try:
        connection.write_out(pack(Kind.EVENT, [name, data], number))
        # wait does not raise when the connection's end cancels the answer, and lets our own cancellation through
        await asyncio.wait([answer], timeout=seconds)
    finally:
        asked.pop(number, None)
        connection.asked = connection.asked or None
    if not answer.done():
        raise NoAnswer(f"The client did not answer '{name}' within {seconds:g} s.")
    if answer.cancelled():
        raise NoAnswer("The client went before it answered.")
    return answer.result()


def answered(connection: Connection, packet: Packet) -> None:
    """An acknowledgement has come; one that nobody waits for any more is dropped."""
    answer = (connection.asked or {}).get(packet.ack or 0)
    if answer is not None and not answer.done():
        answer.set_result(packet.data)


def _check_name(name: str) -> None:
    if name in RESERVED:
        raise ValueError(f"socket event '{name}' is kept for the protocol: choose another name")
