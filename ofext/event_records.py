"""Events that are their records: numbers and texts are made of the bytes when somebody reads them.

A controller that is told of 200,000 flows a second reads a few numbers of each. Records in the forms that agents send
(addresses, times, perhaps a verdict, counters, in this order; then texts, the reason of an end and metadata) are
checked when they come and read afterwards. `ofext.events.decode_event` reads all others at once.
"""

import functools
import ipaddress
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ofext import wire

_ADDRESSES_CACHED: Final = 65_536  # as in ofext.wire
_FLAGS: Final = 3  # offset in a record
_TRUNCATED: Final = 1
_PATH: Final = 6  # types of TLVs (SPEC.md, FLOW_EVENTS)
_EVIDENCE: Final = 7
_END_REASON: Final = 8
_METADATA: Final = 9
_KIND: Final = 2  # offset in a record
_TLV_HEADER_SIZE: Final = wire.TLV_HEADER_SIZE
_read_tlv_header: Final = wire.TLV_HEADER.unpack_from
_FIRST_TLV: Final = 5  # offset of the low byte of the first TLV's type
_THIRD_TLV: Final = {1: 61, 2: 85}  # the same of the third, behind addresses of IPv4 and IPv6
_LEAST_SIZE: Final = 96  # bytes of the shortest form

_FLOW_NAMES: Final = ("flow_id", "l4", "vlan", "sport", "dport", "src", "dst")
_OTHER_NAMES: Final = ("at_ns", "first_seen_ns", "last_seen_ns")
_VERDICT_NAMES: Final = ("app_id", "protocol_id", "category", "state", "confidence", "verdict_packet")
_COUNTER_NAMES: Final = ("packets_c2s", "packets_s2c", "bytes_c2s", "bytes_s2c")
_NUMBERS: Final = (*_FLOW_NAMES, *_OTHER_NAMES, *_VERDICT_NAMES, *_COUNTER_NAMES, "kind", "truncated")
_KNOWN: Final = ("kind", "flow_id", "app_id", "state")
_RESTS: Final = ("path", "evidence", "end_reason", "metadata")
_NO_VERDICT: Final = (0,) * len(_VERDICT_NAMES)


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the numbers of a record stand, and the types and sizes of their TLVs."""

    numbers: struct.Struct
    heads: struct.Struct
    expected: tuple[int, ...]
    has_verdict: bool


def _form(flow_type: int, address_size: int, *, has_verdict: bool) -> _Form:
    flow_size = 16 + 2 * address_size
    verdict, verdict_head = ("4xIIBBBxI", "HH16x") if has_verdict else ("", "")
    expected = (flow_type, flow_size, 3, 24, *((4, 16) if has_verdict else ()), 5, 32)
    return _Form(
        struct.Struct(f"!8xQBxHHH{address_size}s{address_size}s4xQQQ{verdict}4xQQQQ"),
        struct.Struct(f"!4xHH{flow_size}xHH24x{verdict_head}HH32x"),
        expected,
        has_verdict,
    )


_FORMS: Final[Mapping[tuple[int, int], _Form]] = {
    (1, 4): _form(1, 4, has_verdict=True),
    (1, 5): _form(1, 4, has_verdict=False),
    (2, 4): _form(2, 16, has_verdict=True),
    (2, 5): _form(2, 16, has_verdict=False),
}
"""By the types of the first and the third TLV."""


class Recorded:
    """Base of an event that may be a record. Fields that are not set yet are read from it."""

    __slots__ = ("_record",)
    _record: bytes

    @property
    def record(self) -> bytes | None:
        """Its bytes; None for an event that was made of values."""
        try:
            return self._record
        except AttributeError:
            return None

    if not TYPE_CHECKING:  # for a type checker, an event has its fields and no others

        def __getattr__(self, name: str) -> object:
            if name == "_record" or name not in _READERS or self.record is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            _READERS[name](self, self._record)
            return getattr(self, name)


def is_usual(body: bytes, start: int, end: int) -> bool:
    """Whether the record there has one of the usual forms, with nothing wrong in it."""
    form = _form_of(body, start, end)
    if form is None:
        return False
    offset = start + form.numbers.size
    while offset + _TLV_HEADER_SIZE <= end:
        kind, size = _read_tlv_header(body, offset)
        value = offset + _TLV_HEADER_SIZE
        offset = value + size
        if kind == _METADATA:
            if size < 2:
                return False
        elif _PATH <= kind <= _EVIDENCE:  # the types are neighbours
            if not body[value:offset].isascii():
                return False
        elif kind != _END_REASON or size != 1:
            return False
    return offset == end


def set_record(event: Recorded, record: bytes) -> None:
    """Makes `event`, of which nothing is set, that of a record in a usual form."""
    _set_record(event, record)


def set_known(event: Recorded, values: tuple[int, int, int, int]) -> None:
    """Sets kind, flow id, App-ID and state of an event, before its record is read."""
    for place, value in zip(_places(event, _KNOWN), values, strict=True):
        place(event, value)


@functools.lru_cache(maxsize=_ADDRESSES_CACHED)
def written(address: bytes) -> str:
    """An address of 4 or 16 bytes as text."""
    return str(ipaddress.ip_address(address))


def _form_of(body: bytes, start: int, end: int) -> _Form | None:
    if end - start < _LEAST_SIZE:
        return None
    first = body[start + _FIRST_TLV]
    form = _FORMS.get((first, body[start + _THIRD_TLV.get(first, 0)]))
    if form is None or form.numbers.size > end - start or form.heads.unpack_from(body, start) != form.expected:
        return None
    return form


def _read_numbers(event: Recorded, record: bytes) -> None:
    """Sets everything but texts, metadata and the reason of an end."""
    form = _FORMS[record[_FIRST_TLV], record[_THIRD_TLV[record[_FIRST_TLV]]]]
    flow_id, l4, vlan, sport, dport, src, dst, *numbers = form.numbers.unpack_from(record)
    if not form.has_verdict:
        numbers[3:3] = _NO_VERDICT
    flow = (flow_id, l4, vlan, sport, dport, written(src), written(dst))
    head = (record[_KIND], bool(record[_FLAGS] & _TRUNCATED))
    for place, value in zip(_places(event, _NUMBERS), (*flow, *numbers, *head), strict=True):
        place(event, value)


def _read_rest(event: Recorded, record: bytes) -> None:
    """Sets texts, metadata and the reason of an end."""
    form = _FORMS[record[_FIRST_TLV], record[_THIRD_TLV[record[_FIRST_TLV]]]]
    texts = {_PATH: "", _EVIDENCE: ""}
    metadata: list[tuple[int, bytes]] = []
    end_reason, offset = 0, form.numbers.size
    while offset < len(record):
        kind, size = wire.TLV_HEADER.unpack_from(record, offset)
        value, offset = offset + wire.TLV_HEADER_SIZE, offset + wire.TLV_HEADER_SIZE + size
        if kind == _METADATA:
            metadata.append((record[value] << 8 | record[value + 1], record[value + 2 : offset]))
        elif kind == _END_REASON:
            end_reason = record[value]
        else:
            texts[kind] = record[value:offset].decode()
    rest = (texts[_PATH], texts[_EVIDENCE], end_reason, tuple(metadata))
    for place, read in zip(_places(event, _RESTS), rest, strict=True):
        place(event, read)


_Place = Callable[[Recorded, Any], None]
_known_places: dict[tuple[str, ...], tuple[_Place, ...]] = {}


def _places(event: Recorded, names: tuple[str, ...]) -> tuple[_Place, ...]:
    """Set fields of an event, frozen as it is, by the slots of its class. There is one such class."""
    places = _known_places.get(names)
    if places is None:
        places = _known_places[names] = tuple(getattr(type(event), name).__set__ for name in names)
    return places


_set_record: Final[_Place] = Recorded.__dict__["_record"].__set__
_READERS: Final[Mapping[str, Callable[[Recorded, bytes], None]]] = {
    **dict.fromkeys(_NUMBERS, _read_numbers),
    **dict.fromkeys(_RESTS, _read_rest),
}
