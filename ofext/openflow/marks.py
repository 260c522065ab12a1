"""Marks: PACKET_OUT messages that write App-ID and label into a connection of Open vSwitch's tracker.

The packet is made up: a header with the connection's addresses and ports. Its only action is `ct(commit, …)` without a
table to go on to, so it ends there.
"""

import functools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ofext import oxm, wire
from ofext.errors import EncodeError
from ofext.openflow.header import Type, Version, build
from ofext.oxm import padded


class L4(IntEnum):
    """Protocols of which a mark can be made (IANA protocol numbers)."""

    ICMP = 1
    TCP = 6
    UDP = 17
    ICMPV6 = 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection in its originator's direction. Addresses as text.

    For ICMP `sport` is the identifier and `dport` is type · 256 + code. `vlan` is the VLAN id of the made-up frame, 0
    for none; the tracker does not look at it.
    """

    src: str
    dst: str
    sport: int
    dport: int
    l4: int
    vlan: int = 0


def mark_packet_out(
    version: int, xid: int, *, zone: int, connection: Connection, app_id: int, label: int, label_mask: int
) -> bytes:
    """A PACKET_OUT whose only action is `ct(commit,zone=…,exec(ct_mark=app_id,ct_label=label/mask))`.

    `version` is 4, 5 or 6. `label` has no bits outside of `label_mask`; a mask of 0 leaves the label alone. Raises
    EncodeError for a protocol without such a header (only TCP, UDP, ICMP and ICMPv6 have one), or numbers out of range.
    """
    action = _action(version, zone, app_id, label, label_mask)
    return build(version, Type.PACKET_OUT, xid, _head(version, len(action)) + action + frame(connection))


def frame(connection: Connection) -> bytes:
    """The made-up frame: Ethernet, perhaps 802.1Q, IPv4 or IPv6, and the transport's header. Checksums are right.

    The TCP header has no flags: the tracker takes such a segment as invalid, so that it neither changes the state of
    the connection nor makes one that is not there.
    """
    src, dst = wire.addresses(connection.src, connection.dst)
    transport = _transport(connection, _pseudo_sum(src, dst, connection.l4))
    ethertype, network = (_ETH_IPV4, _ipv4) if len(src) == wire.IPV4_SIZE else (_ETH_IPV6, _ipv6)
    return _ethernet(connection.vlan, ethertype) + network(src, dst, connection.l4, transport) + transport


_MAC_DST: Final = bytes.fromhex("0a4c37000001")  # locally administered, our own OUI form; the frame is never sent out
_MAC_SRC: Final = bytes.fromhex("0a4c37000002")
_ETH_IPV4: Final = 0x0800
_ETH_IPV6: Final = 0x86DD
_ETH_VLAN: Final = 0x8100
_MAX_VLAN: Final = 0xFFF
_TTL: Final = 64

_OFP_NO_BUFFER: Final = 0xFFFFFFFF
_OFPP_CONTROLLER: Final = 0xFFFFFFFD
_OXM_IN_PORT: Final = oxm.Oxm(oxm.CLASS_OPENFLOW_BASIC, 0, False, _OFPP_CONTROLLER.to_bytes(4, "big"))

_OFPAT_SET_FIELD: Final = 25
_OFPAT_EXPERIMENTER: Final = 0xFFFF
_NICIRA: Final = 0x00002320
_NXAST_REG_LOAD: Final = 7
_NXAST_CT: Final = 35
_NX_CT_F_COMMIT: Final = 1
_NX_CT_NO_TABLE: Final = 0xFF
_MAX_LOAD_BITS: Final = 64  # the value of NXAST_REG_LOAD
_LABEL_HEADER: Final = int.from_bytes(oxm.ct_label(0).encode()[: oxm.HEADER_SIZE], "big")

_ACTION = struct.Struct("!HH")  # type, size
_REG_LOAD = struct.Struct("!HHIHHIQ")  # type, size, experimenter, subtype, offset and size in bits, field, value
_CT = struct.Struct("!HHIHHIHB3xH")  # type, size, experimenter, subtype, flags, zone from, zone, table, helper
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_IPV6 = struct.Struct("!IHBB16s16s")
_TCP = struct.Struct("!HHIIBBHHH")
_UDP = struct.Struct("!HHHH")
_ICMP_ECHO = struct.Struct("!BBHHH")
_QUERIES: Final[Mapping[int, frozenset[int]]] = {
    L4.ICMP: frozenset({8, 13, 15, 17}),  # echo, timestamp, information and mask requests (RFC 792, 950)
    L4.ICMPV6: frozenset({128}),  # RFC 4443 §4.1
}
"""Types of messages that open a connection in the tracker."""
_MARKS_CACHED: Final = 4096  # different App-IDs and labels at a time: applications times predicates, in practice


@functools.lru_cache(maxsize=_MARKS_CACHED)
def _action(version: int, zone: int, app_id: int, label: int, label_mask: int) -> bytes:
    """NXAST_CT with its nested actions."""
    if label & ~label_mask:
        raise EncodeError("label", f"{label:#x}/{label_mask:#x}", "no bits outside of the mask")
    if not 0 <= zone <= 0xFFFF:
        raise EncodeError("zone", zone, "16 bits")
    nested = _set_field(oxm.ct_mark(app_id))
    if label_mask:
        masked = oxm.ct_label(label, label_mask)
        nested += _set_field(masked) if version >= Version.OF_1_5 else _reg_loads(label, label_mask)
    size = _CT.size + len(nested)
    return (
        _CT.pack(_OFPAT_EXPERIMENTER, size, _NICIRA, _NXAST_CT, _NX_CT_F_COMMIT, 0, zone, _NX_CT_NO_TABLE, 0) + nested
    )


def _set_field(field: oxm.Oxm) -> bytes:
    """OFPAT_SET_FIELD; with a mask since 1.5."""
    body = field.encode()
    size = padded(_ACTION.size + len(body))
    return (_ACTION.pack(_OFPAT_SET_FIELD, size) + body).ljust(size, b"\0")


def _reg_loads(label: int, label_mask: int) -> bytes:
    """NXAST_REG_LOAD for each run of bits in the mask: how Open vSwitch takes a masked label before 1.5."""
    loads = []
    offset = 0
    while label_mask >> offset:
        if not label_mask >> offset & 1:
            offset += 1
            continue
        bits = _run_length(label_mask >> offset)
        value = label >> offset & ((1 << bits) - 1)
        where = offset << 6 | (bits - 1)
        loads.append(
            _REG_LOAD.pack(_OFPAT_EXPERIMENTER, _REG_LOAD.size, _NICIRA, _NXAST_REG_LOAD, where, _LABEL_HEADER, value)
        )
        offset += bits
    return b"".join(loads)


def _run_length(mask: int) -> int:
    """How many of the lowest bits are set one after the other, at most what one action loads."""
    return min((~mask & (mask + 1)).bit_length() - 1, _MAX_LOAD_BITS)


def _head(version: int, actions_size: int) -> bytes:
    """What stands between the header and the actions of a PACKET_OUT."""
    if version >= Version.OF_1_5:
        return struct.pack("!IH2x", _OFP_NO_BUFFER, actions_size) + oxm.encode_match([_OXM_IN_PORT])
    return struct.pack("!IIH6x", _OFP_NO_BUFFER, _OFPP_CONTROLLER, actions_size)


def _ethernet(vlan: int, ethertype: int) -> bytes:
    if not 0 <= vlan <= _MAX_VLAN:
        raise EncodeError("vlan", vlan, f"0 to {_MAX_VLAN}")
    tag = struct.pack("!HH", _ETH_VLAN, vlan) if vlan else b""
    return _MAC_DST + _MAC_SRC + tag + ethertype.to_bytes(2, "big")


def _ipv4(src: bytes, dst: bytes, l4: int, payload: bytes) -> bytes:
    total = _IPV4.size + len(payload)
    draft = _IPV4.pack(0x45, 0, total, 0, 0, _TTL, l4, 0, src, dst)
    return _IPV4.pack(0x45, 0, total, 0, 0, _TTL, l4, _checksum(_sum(draft)), src, dst)


def _ipv6(src: bytes, dst: bytes, l4: int, payload: bytes) -> bytes:
    return _IPV6.pack(6 << 28, len(payload), l4, _TTL, src, dst)


def _transport(connection: Connection, pseudo_sum: int) -> bytes:
    """The transport's header without payload, with its checksum (RFC 9293 §3.1, RFC 768, RFC 792, RFC 4443 §2.3)."""
    sport, dport = connection.sport, connection.dport
    if not (0 <= sport <= 0xFFFF and 0 <= dport <= 0xFFFF):
        raise EncodeError("ports", (sport, dport), "16 bits each")
    match connection.l4:
        case L4.TCP:
            total = pseudo_sum + _TCP.size + _sum(_TCP.pack(sport, dport, 0, 0, 5 << 4, 0, 0, 0, 0))
            return _TCP.pack(sport, dport, 0, 0, 5 << 4, 0, 0, _checksum(total), 0)
        case L4.UDP:
            total = pseudo_sum + _UDP.size + _sum(_UDP.pack(sport, dport, _UDP.size, 0))
            return _UDP.pack(sport, dport, _UDP.size, _checksum(total) or 0xFFFF)
        case L4.ICMP | L4.ICMPV6:
            kind, code = dport >> 8, dport & 0xFF
            if kind not in _QUERIES[connection.l4]:
                raise EncodeError("dport", dport, "type · 256 + code of a query; other messages have no connection")
            total = _sum(_ICMP_ECHO.pack(kind, code, 0, sport, 0))
            if connection.l4 == L4.ICMPV6:
                total += pseudo_sum + _ICMP_ECHO.size
            return _ICMP_ECHO.pack(kind, code, _checksum(total), sport, 0)
        case _:
            raise EncodeError("l4", connection.l4, "TCP, UDP, ICMP or ICMPv6")


def _pseudo_sum(src: bytes, dst: bytes, l4: int) -> int:
    """The pseudo-header's part of a checksum, less the length (RFC 9293 §3.1, RFC 8200 §8.1)."""
    return _sum(src) + _sum(dst) + l4


def _sum(data: bytes) -> int:
    """Sum of the 16-bit words of an even number of bytes."""
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def _checksum(total: int) -> int:
    """The Internet checksum of a sum of words (RFC 1071 §1)."""
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
