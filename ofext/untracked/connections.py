"""Rules that stand for connections: one for each direction, made by the agent or learned by the switch.

Messages are those of OpenFlow 1.4. A rule compares zone, addresses and ports, and loads what conntrack would say of the
packet. Its cookie tells whose it is: of a flow of the agent's (with ICMP's identifier, which no rule can compare), or
of nobody's yet.
"""

import functools
import ipaddress
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ofext import oxm, wire
from ofext.errors import DecodeError, EncodeError
from ofext.openflow.header import HEADER_SIZE, Type, Version, build
from ofext.openflow.marks import L4, Connection
from ofext.untracked import registers, tables
from ofext.untracked.actions import NICIRA, OFPAT_EXPERIMENTER, OFPAT_SET_FIELD, REG_LOAD
from ofext.untracked.registers import CT_ESTABLISHED, CT_REPLY, CT_TRACKED

VERSION: Final = int(Version.OF_1_4)
SCTP: Final = 132
MAX_FLOW_ID: Final = (1 << 32) - 1  # as much of it as the cookie has room for

REPLIES: Final[Mapping[tuple[int, int], int]] = {
    (L4.ICMP, 8): 0,  # echo, timestamp, information and mask requests with their replies (RFC 792, 950)
    (L4.ICMP, 13): 14,
    (L4.ICMP, 15): 16,
    (L4.ICMP, 17): 18,
    (L4.ICMPV6, 128): 129,  # RFC 4443 §4.1
}
"""Types of ICMP that answer others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
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


def mark_rules(zone: int, connection: Connection, app_id: int, label: int, flow_id: int) -> tuple[bytes, bytes]:
    """Bodies of the two FLOW_MODs that keep a mark, for the originator's packets and for the responder's.

    Raises EncodeError for a protocol that no such rule can be made of, or numbers out of range.
    """
    src, dst = wire.addresses(connection.src, connection.dst)
    cookie = cookie_of(connection, flow_id)
    idle_timeout_s = tables.IDLE_TCP_S if connection.l4 == L4.TCP else tables.IDLE_UDP_S
    ports, back = _transports(connection)
    return (
        _add(cookie, idle_timeout_s, _match(zone, connection.l4, src, dst, ports), _loads(False, app_id, label)),
        _add(cookie, idle_timeout_s, _match(zone, connection.l4, dst, src, back), _loads(True, app_id, label)),
    )


def cookie_of(connection: Connection, flow_id: int) -> int:
    """Of the rules of a flow."""
    icmp_id = connection.sport if connection.l4 in (L4.ICMP, L4.ICMPV6) else 0
    return tables.COOKIE_PREFIX | (flow_id & MAX_FLOW_ID) << 16 | icmp_id


def end_rules(cookie: int) -> bytes:
    """The body of a FLOW_MOD that takes away the rules of a flow, if they are still its own."""
    head = _FLOW_MOD.pack(cookie, _ALL_BITS, tables.LOOK_UP, _DELETE, 0, 0, 0, _NO_BUFFER, _ANY, _ANY, 0, 0)
    return head + oxm.encode_match(())


def bundle(bodies: list[bytes], number: int, xid: int) -> bytes:
    """Messages that make all these changes at once, or none (OpenFlow 1.4 §7.3.9)."""
    ends = [_control(number, kind, xid) for kind in (_OPEN, _COMMIT)]
    head = struct.pack("!IHH", number, 0, _ATOMIC_ORDERED)
    adds = (
        build(VERSION, Type.BUNDLE_ADD_MESSAGE, xid, head + build(VERSION, Type.FLOW_MOD, xid, body)) for body in bodies
    )
    return ends[0] + b"".join(adds) + ends[1]


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


_FLOW_MOD = struct.Struct("!QQBBHHHIIIHH")  # cookie, its mask, table, command, timeouts, priority, buffer, ends, flags
_ALL_BITS: Final = (1 << 64) - 1
_NO_BUFFER = _ANY = 0xFFFFFFFF
_ADD, _DELETE = 0, 3  # OFPFC_
_RESET_COUNTS: Final = 0x0004  # OFPFF_RESET_COUNTS
_APPLY_ACTIONS: Final = 4  # OFPIT_
_FIN_TIMEOUT: Final = 19  # NXAST_FIN_TIMEOUT
_OPEN, _COMMIT = 0, 4  # OFPBCT_
_ATOMIC_ORDERED: Final = 3
_MULTIPART_BODY: Final = 16
_STATS = struct.Struct("!HBxIIHHHHH2xQ")  # ofp_flow_stats (1.4 §7.3.5.2) up to the cookie
_STATS_MATCH: Final = 48

_ETH_TYPE, _IP_PROTO = 5, 10  # fields of OFPXMC_OPENFLOW_BASIC (1.4 §7.2.3.7)
_ADDRESSES: Final = {4: (11, 12), 16: (26, 27)}
_PORTS: Final[Mapping[int, tuple[int, int]]] = {L4.TCP: (13, 14), L4.UDP: (15, 16), SCTP: (17, 18)}
_ICMP_TYPES: Final[Mapping[int, int]] = {L4.ICMP: 19, L4.ICMPV6: 29}
_ETH_TYPES: Final = {4: b"\x08\x00", 16: b"\x86\xdd"}


def _basic(field: int, value: bytes) -> bytes:
    return struct.pack("!HBB", oxm.CLASS_OPENFLOW_BASIC, field << 1, len(value)) + value


def _transports(connection: Connection) -> tuple[bytes, bytes]:
    """Fields of the transport, in both directions."""
    l4 = connection.l4
    if l4 in _PORTS:
        try:
            ports = (connection.sport.to_bytes(2, "big"), connection.dport.to_bytes(2, "big"))
        except OverflowError:
            raise EncodeError("ports", (connection.sport, connection.dport), "16 bits each") from None
        first, second = _PORTS[l4]
        return _basic(first, ports[0]) + _basic(second, ports[1]), _basic(first, ports[1]) + _basic(second, ports[0])
    kind = connection.dport >> 8
    answer = REPLIES.get((l4, kind))
    if answer is None:
        raise EncodeError("l4", (l4, connection.dport), "TCP, UDP, SCTP, or a query of ICMP or ICMPv6")
    return _basic(_ICMP_TYPES[l4], bytes([kind])), _basic(_ICMP_TYPES[l4], bytes([answer]))


def _match(zone: int, l4: int, src: bytes, dst: bytes, transport: bytes) -> bytes:
    fields = _basic(_ETH_TYPE, _ETH_TYPES[len(src)]) + _basic(_IP_PROTO, bytes([l4]))
    source, destination = _ADDRESSES[len(src)]
    fields += _basic(source, src) + _basic(destination, dst) + transport + _zone(zone)
    size = oxm.MATCH_HEADER_SIZE + len(fields)
    return struct.pack("!HH", oxm.MATCH_TYPE_OXM, size) + fields + bytes(oxm.padded(size) - size)


@functools.lru_cache(maxsize=64)
def _zone(zone: int) -> bytes:
    return registers.register(registers.ZONE_REGISTER, zone).encode()


@functools.lru_cache(maxsize=4096)
def _loads(is_reply: bool, app_id: int, label: int) -> bytes:
    """The instruction that loads the registers."""
    state = CT_TRACKED | CT_ESTABLISHED | (CT_REPLY if is_reply else 0)
    actions = _set(registers.register(registers.STATE_REGISTER, state))
    actions += _set(registers.register(registers.MARK_REGISTER, app_id))
    actions += _set(oxm.nxm(registers.LABEL_XXREG, label, None, 16))
    return struct.pack("!HH4x", _APPLY_ACTIONS, HEADER_SIZE + len(actions)) + actions


def _set(field: oxm.Oxm) -> bytes:
    body = field.encode()
    size = oxm.padded(4 + len(body))
    return (struct.pack("!HH", OFPAT_SET_FIELD, size) + body).ljust(size, b"\0")


def _fin_timeout(idle_timeout_s: int) -> bytes:
    return struct.pack("!HHIHHH2x", OFPAT_EXPERIMENTER, 16, NICIRA, _FIN_TIMEOUT, idle_timeout_s, 0)


def _add(cookie: int, idle_timeout_s: int, match: bytes, instruction: bytes) -> bytes:
    if idle_timeout_s == tables.IDLE_TCP_S:
        actions = instruction[HEADER_SIZE:] + _fin_timeout(tables.IDLE_CLOSING_S)
        instruction = struct.pack("!HH4x", _APPLY_ACTIONS, HEADER_SIZE + len(actions)) + actions
    head = _FLOW_MOD.pack(
        cookie,
        0,
        tables.LOOK_UP,
        _ADD,
        idle_timeout_s,
        0,
        tables.MARKED,
        _NO_BUFFER,
        _ANY,
        _ANY,
        0,
        tables.MARK_IMPORTANCE,
    )
    return head + match + instruction


def _control(number: int, kind: int, xid: int) -> bytes:
    return build(VERSION, Type.BUNDLE_CONTROL, xid, struct.pack("!IHH", number, kind, _ATOMIC_ORDERED))


def _kept(entry: bytes) -> Kept | None:
    _, _, _, _, priority, idle_timeout_s, _, _, _, cookie = _STATS.unpack_from(entry)
    fields, end = oxm.decode_match(entry, _STATS_MATCH)
    said = {field.field: field.value for field in fields if field.oxm_class == oxm.CLASS_OPENFLOW_BASIC}
    zone = next((field.value for field in fields if oxm.is_nxm(field, registers.ZONE_REGISTER)), None)
    l4 = int.from_bytes(said.get(_IP_PROTO, b""), "big")
    source, destination = _ADDRESSES[16 if said.get(_ETH_TYPE) == _ETH_TYPES[16] else 4]
    if zone is None or not {source, destination} <= said.keys() or (l4 not in _PORTS and l4 not in _ICMP_TYPES):
        return None
    first, second = _PORTS.get(l4, (-1, _ICMP_TYPES.get(l4, -1)))
    loaded = _loaded(entry, end)
    label = 0
    for number in registers.LABEL_REGISTERS:
        label = label << registers.REGISTER_BITS | loaded.get(number, 0)
    is_marked = priority == tables.MARKED and cookie != tables.LEARNED_COOKIE
    return Kept(
        l4=l4,
        ends=(
            str(ipaddress.ip_address(said[source])),
            int.from_bytes(said.get(first, b""), "big"),
            str(ipaddress.ip_address(said[destination])),
            int.from_bytes(said.get(second, b""), "big"),
        ),
        zone=int.from_bytes(zone, "big"),
        priority=priority,
        idle_timeout_s=idle_timeout_s,
        state=loaded.get(registers.STATE_REGISTER, 0),
        mark=loaded.get(registers.MARK_REGISTER, 0),
        label=label,
        flow_id=cookie >> 16 & MAX_FLOW_ID if is_marked else 0,
        icmp_id=cookie & 0xFFFF if is_marked else 0,
    )


def _loaded(entry: bytes, start: int) -> dict[int, int]:
    """What the only instruction of a rule loads into 32-bit registers, however the switch writes it (1.4)."""
    held: dict[int, int] = {}
    at = start + HEADER_SIZE
    while at + HEADER_SIZE <= len(entry):
        kind, size = struct.unpack_from("!HH", entry, at)
        if size < HEADER_SIZE:
            raise DecodeError(at + 2, "the size of an action", entry[at + 2 : at + 4])
        if kind == OFPAT_SET_FIELD:
            field, _ = oxm.decode_oxm(entry, at + 4)
            _put(held, sorted(registers.used_registers(field)), int.from_bytes(field.value, "big"), 0)
        elif kind == OFPAT_EXPERIMENTER and entry[at + 8 : at + 10] == REG_LOAD.to_bytes(2, "big"):
            where, header, value = struct.unpack_from("!HIQ", entry, at + 10)
            field = oxm.Oxm(header >> 16, header >> 9 & 0x7F, False, b"")
            _put(held, sorted(registers.used_registers(field)), value, where >> 6)
        at += size
    return held


def _put(held: dict[int, int], numbers: list[int], value: int, shift: int) -> None:
    """The lowest number has the upper bits."""
    for place, number in enumerate(reversed(numbers)):
        held[number] = held.get(number, 0) | value << shift >> registers.REGISTER_BITS * place & 0xFFFFFFFF
