"""AMF0, the value format of RTMP commands: a bounded reader and a writer."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from .errors import ProtocolError

AmfValue: TypeAlias = "float | bool | str | dict[str, AmfValue] | list[AmfValue] | None"
AmfInput: TypeAlias = "float | bool | str | Mapping[str, AmfInput] | Sequence[AmfInput] | None"

MAX_DEPTH: Final = 8
MAX_KEYS: Final = 128
MAX_VALUES: Final = 16

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING = 8, 9, 10, 11, 12

_double = struct.Struct(">d")
_u16 = struct.Struct(">H")
_u32 = struct.Struct(">I")


class AmfReader:
    """Reads values one after another from one message; raises ProtocolError for anything malformed."""

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        self._data = bytes(data)
        self._at = 0

    def all(self) -> list[AmfValue]:
        """Every value of the message, at most 16; more is malformed."""
        values: list[AmfValue] = []
        while self._at < len(self._data):
            if len(values) == MAX_VALUES:
                raise ProtocolError("AMF: too many values in one message")
            values.append(self._value(0))
        return values

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise ProtocolError("AMF: the value is cut off")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def _text(self, length_bytes: int) -> str:
        size = int.from_bytes(self._take(length_bytes), "big")
        return self._take(size).decode("utf-8", "replace")

    def _value(self, depth: int) -> AmfValue:
        if depth > MAX_DEPTH:
            raise ProtocolError("AMF: nested too deep")
        kind = self._take(1)[0]
        if kind == _STRING:
            return self._text(2)
        if kind in (_OBJECT, _ECMA_ARRAY, _STRICT_ARRAY):
            return self._container(kind, depth)
        return self._scalar(kind)

    def _scalar(self, kind: int) -> AmfValue:
        if kind == _NUMBER:
            return float(_double.unpack(self._take(8))[0])
        if kind == _BOOLEAN:
            return self._take(1) != b"\0"
        if kind in (_NULL, _UNDEFINED):
            return None
        if kind == _LONG_STRING:
            return self._text(4)
        if kind == _DATE:
            # ten bytes: milliseconds and a time zone that the format says to ignore
            return float(_double.unpack(self._take(10)[:8])[0])
        raise ProtocolError(f"AMF: unknown type {kind}")

    def _container(self, kind: int, depth: int) -> AmfValue:
        if kind == _STRICT_ARRAY:
            return self._array(depth)
        if kind == _ECMA_ARRAY:
            self._take(4)  # a count that senders get wrong; the end marker decides
        return self._object(depth)

    def _array(self, depth: int) -> AmfValue:
        count = int.from_bytes(self._take(4), "big")
        if count > MAX_KEYS:
            raise ProtocolError("AMF: array too long")
        return [self._value(depth + 1) for _ in range(count)]

    def _object(self, depth: int) -> AmfValue:
        fields: dict[str, AmfValue] = {}
        for _ in range(MAX_KEYS + 1):
            key = self._text(2)
            if not key and self._data[self._at : self._at + 1] == bytes((_OBJECT_END,)):
                self._at += 1
                return fields
            fields[key] = self._value(depth + 1)
        raise ProtocolError("AMF: object with too many keys")


def decode(data: bytes | bytearray | memoryview) -> list[AmfValue]:
    """All values of one message."""
    return AmfReader(data).all()


def encode(*values: AmfInput) -> bytes:
    """The values one after another, as one message."""
    return b"".join(map(_encode, values))


def _encode(value: AmfInput) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, (int, float)):
        return bytes((_NUMBER,)) + _double.pack(value)
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, Mapping):
        body = b"".join(_key(key) + _encode(item) for key, item in value.items())
        return bytes((_OBJECT,)) + body + bytes((0, 0, _OBJECT_END))
    return bytes((_STRICT_ARRAY,)) + _u32.pack(len(value)) + b"".join(map(_encode, value))


def _encode_text(value: str) -> bytes:
    raw = value.encode()
    if len(raw) > 0xFFFF:
        return bytes((_LONG_STRING,)) + _u32.pack(len(raw)) + raw
    return bytes((_STRING,)) + _u16.pack(len(raw)) + raw


def _key(key: str) -> bytes:
    raw = key.encode()[:0xFFFF]
    return _u16.pack(len(raw)) + raw
