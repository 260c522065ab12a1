"""Reads the rules that stand for connections back from the switch (OpenFlow 1.4): hundreds of thousands at a time."""

import functools
import ipaddress
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ofext import oxm
from ofext.errors import DecodeError
from ofext.openflow.header import HEADER_SIZE, Type, build
from ofext.untracked import registers, tables
from ofext.untracked.actions import NICIRA, OFPAT_EXPERIMENTER, OFPAT_SET_FIELD, REG_LOAD
from ofext.untracked.connections import ADDRESSES, ETH_TYPE, ICMP_TYPES, IP_PROTO, MAX_FLOW_ID, PORTS, VERSION
from ofext.untracked.registers import CT_REPLY


class Kept(NamedTuple):
    """One rule of the table, as the switch reports it. `ends` are the packet's: source, port, destination, port.

    For ICMP the first port is 0 and the second the message's type. `flow_id` and `icmp_id` are 0 for learned rules.
    """

    l4: int
    ends: tuple[str, int, str, int]
    zone: int
    priority: int
    idle_timeout_s: int
    state: int
    mark: int
    label: int
    flow_id: int
    icmp_id: int

    @property
    def is_reply(self) -> bool:
        """Packets of the responder."""
        return bool(self.state & CT_REPLY)


def request(xid: int) -> bytes:
    """Asks for all of them."""
    selected = bytes([tables.LOOK_UP]) + bytes(3) + b"\xff" * 8 + bytes(4)
    selected += struct.pack("!QQ", tables.COOKIE_PREFIX, tables.COOKIE_PREFIX_MASK)
    body = struct.pack("!HH4x", 1, 0) + selected + oxm.encode_match(())
    return build(VERSION, Type.MULTIPART_REQUEST, xid, body)


def kept_in(reply: bytes) -> Iterator[Kept]:
    """The connections in a reply to :func:`request`; rules of others are left out. Raises DecodeError."""
    at = _MULTIPART_BODY
    while at < len(reply):
        size = int.from_bytes(reply[at : at + 2], "big")
        if not _STATS_MATCH <= size <= len(reply) - at:
            raise DecodeError(at, f"an entry of {_STATS_MATCH} to {len(reply) - at} bytes", reply[at : at + 2])
        found = _kept(reply[at : at + size])
        if found is not None:
            yield found
        at += size


_MULTIPART_BODY: Final = 16
_STATS = struct.Struct("!HBxIIHHHHH2xQ")  # ofp_flow_stats (1.4 §7.3.5.2) up to the cookie
_STATS_MATCH: Final = 48
_REG_LOAD_HEAD: Final = struct.pack("!IH", NICIRA, REG_LOAD)
_SAME_LOADS: Final = 4096  # verdicts are few, connections many
_ADDRESSES_KEPT: Final = 65536


def _header(field: oxm.Oxm) -> bytes:
    return field.encode()[: oxm.HEADER_SIZE]


def _basic(field: int, size: int) -> bytes:
    return _header(oxm.Oxm(oxm.CLASS_OPENFLOW_BASIC, field, False, bytes(size)))


_ETH_TYPE_HEADER: Final = _basic(ETH_TYPE, 2)
_IP_PROTO_HEADER: Final = _basic(IP_PROTO, 1)
_ZONE_HEADER: Final = _header(registers.register(registers.ZONE_REGISTER, 0))
_ADDRESS_HEADERS: Final = [tuple(_basic(field, size) for field in fields) for size, fields in ADDRESSES.items()]
_NO_PORT: Final = b"\0"
_PORT_HEADERS: Final = {
    **{l4: tuple(_basic(field, 2) for field in fields) for l4, fields in PORTS.items()},
    **{l4: (b"", _basic(field, 1)) for l4, field in ICMP_TYPES.items()},
}


def _kept(entry: bytes) -> Kept | None:
    _, _, _, _, priority, idle_timeout_s, _, _, _, cookie = _STATS.unpack_from(entry)
    said, end = _compared(entry)
    zone, protocol = said.get(_ZONE_HEADER), said.get(_IP_PROTO_HEADER)
    if zone is None or protocol is None or protocol[0] not in _PORT_HEADERS:
        return None
    ends = next((pair for pair in _ADDRESS_HEADERS if pair[0] in said and pair[1] in said), None)
    if ends is None:
        return None
    first, second = _PORT_HEADERS[protocol[0]]
    state, mark, label = _loaded(entry[end:])
    is_agents = priority == tables.MARKED and cookie != tables.LEARNED_COOKIE
    return Kept(
        protocol[0],
        (
            _address(said[ends[0]]),
            int.from_bytes(said.get(first, _NO_PORT), "big"),
            _address(said[ends[1]]),
            int.from_bytes(said.get(second, _NO_PORT), "big"),
        ),
        int.from_bytes(zone, "big"),
        priority,
        idle_timeout_s,
        state,
        mark,
        label,
        cookie >> 16 & MAX_FLOW_ID if is_agents else 0,
        cookie & 0xFFFF if is_agents else 0,
    )


def _compared(entry: bytes) -> tuple[dict[bytes, bytes], int]:
    """Values of the match by their headers, and where the instructions begin."""
    size = int.from_bytes(entry[_STATS_MATCH + 2 : _STATS_MATCH + 4], "big")
    last = _STATS_MATCH + size
    end = _STATS_MATCH + oxm.padded(size)
    if end > len(entry):
        raise DecodeError(_STATS_MATCH + 2, f"a match of at most {len(entry) - _STATS_MATCH} bytes", entry[50:52])
    said = {}
    at = _STATS_MATCH + oxm.MATCH_HEADER_SIZE
    while at + oxm.HEADER_SIZE <= last:
        value_at = at + oxm.HEADER_SIZE
        behind = value_at + entry[at + 3]
        said[entry[at:value_at]] = entry[value_at:behind]
        at = behind
    return said, end


@functools.lru_cache(maxsize=_ADDRESSES_KEPT)
def _address(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed))


@functools.lru_cache(maxsize=_SAME_LOADS)
def _loaded(instruction: bytes) -> tuple[int, int, int]:
    """State, mark and label that a rule's only instruction loads, however the switch writes it (1.4)."""
    held: dict[int, int] = {}
    at = HEADER_SIZE
    while at + HEADER_SIZE <= len(instruction):
        kind, size = struct.unpack_from("!HH", instruction, at)
        if not HEADER_SIZE <= size <= len(instruction) - at:
            raise DecodeError(at + 2, "the size of an action", instruction[at + 2 : at + 4])
        action = instruction[at : at + size]
        if kind == OFPAT_SET_FIELD:
            field, _ = oxm.decode_oxm(action, 4)
            _put(held, field, int.from_bytes(field.value, "big"), 0)
        elif kind == OFPAT_EXPERIMENTER and action[4:10] == _REG_LOAD_HEAD and size >= 24:
            where, header, value = struct.unpack_from("!HIQ", action, 10)
            _put(held, oxm.Oxm(header >> 16, header >> 9 & 0x7F, False, b""), value, where >> 6)
        at += size
    label = 0
    for number in registers.LABEL_REGISTERS:
        label = label << registers.REGISTER_BITS | held.get(number, 0)
    return held.get(registers.STATE_REGISTER, 0), held.get(registers.MARK_REGISTER, 0), label


def _put(held: dict[int, int], field: oxm.Oxm, value: int, shift: int) -> None:
    """Into 32-bit registers, of which the lowest number has the upper bits."""
    for place, number in enumerate(sorted(registers.used_registers(field), reverse=True)):
        held[number] = held.get(number, 0) | value << shift >> registers.REGISTER_BITS * place & 0xFFFFFFFF
