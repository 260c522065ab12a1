"""Rules that stand for connections: one for each direction, made by the agent or learned by the switch.

Messages are those of OpenFlow 1.4. A rule compares zone, addresses and ports, and loads what conntrack would say of the
packet. Its cookie tells whose it is: of a flow of the agent's (with ICMP's identifier, which no rule can compare), or
of nobody's yet.
"""

import functools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ofext import oxm, wire
from ofext.errors import EncodeError
from ofext.openflow.header import HEADER_SIZE, Type, Version, build
from ofext.openflow.marks import L4, Connection
from ofext.untracked import registers, tables
from ofext.untracked.actions import NICIRA, OFPAT_EXPERIMENTER, OFPAT_SET_FIELD
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


def mark_rules(zone: int, connection: Connection, app_id: int, label: int, flow_id: int) -> tuple[bytes, bytes]:
    """Bodies of the two FLOW_MODs that keep a mark, for the originator's packets and for the responder's.

    Raises EncodeError for a protocol that no such rule can be made of, or numbers out of range.
    """
    src, dst = wire.addresses(connection.src, connection.dst)
    l4 = connection.l4
    is_tcp = l4 == L4.TCP
    cookie = cookie_of(connection, flow_id).to_bytes(8, "big")
    head = cookie + (_HEAD_TCP if is_tcp else _HEAD_OTHER)
    there, back = _shapes(zone, l4, len(src), 0 if l4 in PORTS else connection.dport >> 8)
    sport, dport = _ports(connection) if l4 in PORTS else (b"", b"")
    return (
        head + there.match(src, sport, dst, dport) + _loads(False, is_tcp, app_id, label),
        head + back.match(dst, dport, src, sport) + _loads(True, is_tcp, app_id, label),
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


_FLOW_MOD = struct.Struct("!QQBBHHHIIIHH")  # cookie, its mask, table, command, timeouts, priority, buffer, ends, flags
_ALL_BITS: Final = (1 << 64) - 1
_NO_BUFFER = _ANY = 0xFFFFFFFF
_ADD, _DELETE = 0, 3  # OFPFC_
_APPLY_ACTIONS: Final = 4  # OFPIT_
_FIN_TIMEOUT: Final = 19  # NXAST_FIN_TIMEOUT
_OPEN, _COMMIT = 0, 4  # OFPBCT_
_ATOMIC_ORDERED: Final = 3
_PORT_SIZE: Final = 2

ETH_TYPE, IP_PROTO = 5, 10  # fields of OFPXMC_OPENFLOW_BASIC (1.4 §7.2.3.7)
ADDRESSES: Final = {4: (11, 12), 16: (26, 27)}
PORTS: Final[Mapping[int, tuple[int, int]]] = {L4.TCP: (13, 14), L4.UDP: (15, 16), SCTP: (17, 18)}
ICMP_TYPES: Final[Mapping[int, int]] = {L4.ICMP: 19, L4.ICMPV6: 29}
ETH_TYPES: Final = {4: b"\x08\x00", 16: b"\x86\xdd"}


def _head(idle_timeout_s: int) -> bytes:
    """What stands between cookie and match of a FLOW_MOD that keeps a mark."""
    head = _FLOW_MOD.pack(
        0,
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
    return head[8:]


_HEAD_TCP: Final = _head(tables.IDLE_TCP_S)
_HEAD_OTHER: Final = _head(tables.IDLE_UDP_S)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A match without its addresses and ports: the parts before each of them, and behind the last."""

    parts: tuple[bytes, bytes, bytes, bytes, bytes]

    def match(self, src: bytes, sport: bytes, dst: bytes, dport: bytes) -> bytes:
        """The whole; both ports are empty where there are none."""
        before_src, before_dst, before_sport, before_dport, behind = self.parts
        return before_src + src + before_dst + dst + before_sport + sport + before_dport + dport + behind


@functools.lru_cache(maxsize=256)
def _shapes(zone: int, l4: int, address_size: int, icmp_type: int) -> tuple[_Shape, _Shape]:
    """For the originator's packets and for the responder's. Raises EncodeError for a protocol that has none."""
    answer = REPLIES.get((l4, icmp_type))
    if l4 not in PORTS and answer is None:
        raise EncodeError("l4", (l4, icmp_type), "TCP, UDP, SCTP, or a query of ICMP or ICMPv6")
    return _shape(zone, l4, address_size, icmp_type), _shape(zone, l4, address_size, answer or 0)


def _shape(zone: int, l4: int, address_size: int, icmp_type: int) -> _Shape:
    source, destination = ADDRESSES[address_size]
    first = _basic(ETH_TYPE, ETH_TYPES[address_size]) + _basic(IP_PROTO, bytes([l4])) + _header(source, address_size)
    if l4 in PORTS:
        sport, dport = (_header(field, _PORT_SIZE) for field in PORTS[l4])
        transport_size = len(sport) + len(dport) + 2 * _PORT_SIZE
    else:
        sport, dport = _basic(ICMP_TYPES[l4], bytes([icmp_type])), b""
        transport_size = len(sport)
    second = _header(destination, address_size)
    last = registers.register(registers.ZONE_REGISTER, zone).encode()
    size = oxm.MATCH_HEADER_SIZE + len(first) + len(second) + 2 * address_size + transport_size + len(last)
    head = struct.pack("!HH", oxm.MATCH_TYPE_OXM, size)
    return _Shape((head + first, second, sport, dport, last + bytes(oxm.padded(size) - size)))


def _ports(connection: Connection) -> tuple[bytes, bytes]:
    try:
        return connection.sport.to_bytes(_PORT_SIZE, "big"), connection.dport.to_bytes(_PORT_SIZE, "big")
    except OverflowError:
        raise EncodeError("ports", (connection.sport, connection.dport), "16 bits each") from None


def _header(field: int, size: int) -> bytes:
    return struct.pack("!HBB", oxm.CLASS_OPENFLOW_BASIC, field << 1, size)


def _basic(field: int, value: bytes) -> bytes:
    return _header(field, len(value)) + value


@functools.lru_cache(maxsize=4096)
def _loads(is_reply: bool, is_tcp: bool, app_id: int, label: int) -> bytes:
    """The instruction that loads the registers."""
    state = CT_TRACKED | CT_ESTABLISHED | (CT_REPLY if is_reply else 0)
    actions = _set(registers.register(registers.STATE_REGISTER, state))
    actions += _set(registers.register(registers.MARK_REGISTER, app_id))
    actions += _set(oxm.nxm(registers.LABEL_XXREG, label, None, 16))
    if is_tcp:
        actions += _fin_timeout(tables.IDLE_CLOSING_S)
    return struct.pack("!HH4x", _APPLY_ACTIONS, HEADER_SIZE + len(actions)) + actions


def _set(field: oxm.Oxm) -> bytes:
    body = field.encode()
    size = oxm.padded(4 + len(body))
    return (struct.pack("!HH", OFPAT_SET_FIELD, size) + body).ljust(size, b"\0")


def _fin_timeout(idle_timeout_s: int) -> bytes:
    return struct.pack("!HHIHHH2x", OFPAT_EXPERIMENTER, 16, NICIRA, _FIN_TIMEOUT, idle_timeout_s, 0)


def _control(number: int, kind: int, xid: int) -> bytes:
    return build(VERSION, Type.BUNDLE_CONTROL, xid, struct.pack("!IHH", number, kind, _ATOMIC_ORDERED))
