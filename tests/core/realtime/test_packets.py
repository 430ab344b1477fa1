"""Packets of Socket.IO: read back what is written, and nothing but a protocol error for what is wrong."""

import contextlib
import json
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.realtime import packets
from aethex_live.realtime.errors import ProtocolError
from aethex_live.realtime.packets import Kind, Packet

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.text(min_size=1, max_size=12).filter(lambda name: name not in packets.RESERVED)
namespaces = st.just("/") | st.from_regex(r"/[a-z]{1,8}", fullmatch=True)


def written(packet: Packet) -> str:
    """A packet as a client writes it."""
    namespace = "" if packet.namespace == "/" else packet.namespace + ","
    ack = "" if packet.ack is None else str(packet.ack)
    data = "" if packet.data is None else json.dumps(packet.data)
    return f"{int(packet.kind)}{namespace}{ack}{data}"


@given(namespaces, st.none() | st.integers(0, 10**15), names, st.lists(json_values, max_size=3))
def test_an_event_is_read_as_it_was_written(
    namespace: str, ack: int | None, name: str, arguments: list[object]
) -> None:
    packet = Packet(Kind.EVENT, namespace, ack, [name, *arguments])
    assert packets.decode(written(packet)) == packet


@given(namespaces, st.none() | st.dictionaries(st.text(max_size=8), json_values, max_size=3))
def test_a_connect_is_read_as_it_was_written(namespace: str, auth: dict[str, object] | None) -> None:
    packet = Packet(Kind.CONNECT, namespace, None, auth)
    assert packets.decode(written(packet)) == packet


@given(st.text(max_size=60) | st.from_regex(r"[0-6](\d{0,3}-)?(/[a-z]*,?)?\d{0,20}[\[{\]}\",a-z0-9]*", fullmatch=True))
def test_garbage_raises_nothing_but_a_protocol_error(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        packets.decode(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "abc",
        "2",
        "2{}",
        "2[]",
        '2["connect"]',
        "2[1]",
        "2abc[]",
        "2[" * 2000,
        '2["a",NaN]',
        "0[]",
        '0"x"',
        "05",
        "0abc",
        "1{}",
        "3[]",
        '312{"a":1}',
        '4{"message":"no"}',
        '5["a"]',
        "2" + "1" * 17 + '["a"]',
        "0/" + "n" * 200,
        '2٣["a"]',
    ],
)
def test_malformed_packets_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        packets.decode(text)


def test_the_examples_of_the_protocol() -> None:
    assert packets.decode("0/admin,") == Packet(Kind.CONNECT, "/admin")
    assert packets.decode("0/admin?token=1234,") == Packet(Kind.CONNECT, "/admin")
    assert packets.decode("0/admin") == Packet(Kind.CONNECT, "/admin")
    assert packets.decode("1/admin,") == Packet(Kind.DISCONNECT, "/admin")
    assert packets.decode('2/admin,456["project:delete",123]') == Packet(
        Kind.EVENT, "/admin", 456, ["project:delete", 123]
    )
    assert packets.decode("3/admin,456[]") == Packet(Kind.ACK, "/admin", 456, [])
    binary = packets.decode('51-/admin,456["project:delete",{"_placeholder":true,"num":0}]')
    assert (binary.kind, binary.attachments, binary.ack) == (Kind.BINARY_EVENT, 1, 456)


def test_what_the_server_writes() -> None:
    assert packets.pack(packets.Kind.ACK, [{"ok": True}], 12) == (b'4312[{"ok":true}]', [])
    assert packets.pack(packets.Kind.EVENT, ["x", b"1"]) == (b'451-["x",{"_placeholder":true,"num":0}]', [b"1"])
    assert packets.event("gap", ["chat:1", 5]) == b'42["gap",["chat:1",5]]'
    assert packets.connect_error("no") == b'44{"message":"no"}'
    assert packets.connect_error("no", namespace="/x") == b'44/x,{"message":"no"}'
    assert json.loads(packets.connected("abc")[2:])["sid"] == "abc"


def test_data_may_hold_what_python_code_has_at_hand() -> None:
    data = MappingProxyType({"id": UUID(int=1), "inner": MappingProxyType({"n": 1})})
    assert json.loads(packets.dumps(data)) == {"id": str(UUID(int=1)), "inner": {"n": 1}}
    with pytest.raises(TypeError):
        packets.dumps({"x": object()})
