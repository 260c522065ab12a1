"""Filters over flows: which flows a request is about (SPEC.md §3.6).

A filter is TLVs that all have to hold; an empty one is every flow. What a flow is classified as is asked with the match
fields of section 2, as in a FLOW_MOD, so it means the same here as in a rule.
"""

import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ofext import oxm, wire
from ofext.errors import DecodeError, EncodeError
from ofext.oxm import Oxm
from ofext.wire import Reader

MAX_TLVS: Final = 64  # more questions about one flow than anybody has; each is asked for every flow

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class FilterTlv(IntEnum):
    """TLV types of a filter."""

    MATCH = 1
    ADDRESS = 2
    PORT = 3
    PROTOCOL = 4
    FLOW_ID = 5
    CONNECTION = 6


class FlowEnd(IntEnum):
    """Which end of a flow is asked about."""

    EITHER = 0
    ORIGINATOR = 1
    RESPONDER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressIn:
    """An end's address is in `network`."""

    network: Network
    end: int = FlowEnd.EITHER


@dataclass(frozen=True, slots=True, kw_only=True)
class PortIn:
    """An end's port is `first` to `last`, both included."""

    first: int
    last: int
    end: int = FlowEnd.EITHER


@dataclass(frozen=True, slots=True, kw_only=True)
class FiveTuple:
    """A connection, whichever of its ends began it. Ports as in `ofext.events.FlowEvent`."""

    l4: int
    address: Address
    port: int
    other_address: Address
    other_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFilter:
    """All of it has to hold. `match` are fields of this experimenter only; `protocol` is IANA's number."""

    match: tuple[Oxm, ...] = ()
    addresses: tuple[AddressIn, ...] = ()
    ports: tuple[PortIn, ...] = ()
    protocol: int | None = None
    flow_id: int | None = None
    connection: FiveTuple | None = None

    def encode(self) -> bytes:
        """The TLVs. Raises EncodeError."""
        parts = [wire.tlv(FilterTlv.MATCH, oxm.encode_fields(self.match))] if self.match else []
        parts += [wire.tlv(FilterTlv.ADDRESS, _encode_address(asked)) for asked in self.addresses]
        parts += [
            wire.tlv(FilterTlv.PORT, wire.pack("port", _PORT, asked.end, asked.first, asked.last))
            for asked in self.ports
        ]
        if self.protocol is not None:
            parts.append(wire.tlv(FilterTlv.PROTOCOL, wire.number("protocol", self.protocol, 1)))
        if self.flow_id is not None:
            parts.append(wire.tlv(FilterTlv.FLOW_ID, wire.number("flow_id", self.flow_id, 8)))
        if self.connection is not None:
            parts.append(wire.tlv(FilterTlv.CONNECTION, _encode_connection(self.connection)))
        return b"".join(parts)

    @staticmethod
    def decode(reader: Reader) -> "FlowFilter":
        """Reads TLVs up to the reader's end; those of unknown type are skipped. Raises DecodeError."""
        match: tuple[Oxm, ...] = ()
        addresses: list[AddressIn] = []
        ports: list[PortIn] = []
        protocol: int | None = None
        flow_id: int | None = None
        connection: FiveTuple | None = None
        for count, (kind, value) in enumerate(reader.tlvs()):
            if count == MAX_TLVS:
                raise DecodeError(value.offset - wire.TLV_HEADER_SIZE, f"at most {MAX_TLVS} TLVs in a filter")
            match kind:
                case FilterTlv.MATCH:
                    match = decode_l7_fields(value)
                case FilterTlv.ADDRESS:
                    addresses.append(_decode_address(value))
                case FilterTlv.PORT:
                    ports.append(_decode_port(value))
                case FilterTlv.PROTOCOL:
                    (protocol,) = value.rest_fields(_PROTOCOL, "a protocol number")
                case FilterTlv.FLOW_ID:
                    (flow_id,) = value.rest_fields(_FLOW_ID, "a flow id")
                case FilterTlv.CONNECTION:
                    connection = _decode_connection(value)
                case _:
                    pass
        return FlowFilter(
            match=match,
            addresses=tuple(addresses),
            ports=tuple(ports),
            protocol=protocol,
            flow_id=flow_id,
            connection=connection,
        )


def field_offset(data: bytes, start: int, index: int) -> int:
    """Where the match field of this index stands in a message whose filter begins at `start`; `start` if there is none.

    Raises DecodeError for what is no filter.
    """
    for kind, value in Reader(data, start).tlvs():
        if kind == FilterTlv.MATCH:
            offset = value.offset
            for _ in range(index):
                _, offset = oxm.decode_oxm(data, offset)
            return offset
    return start


def decode_l7_fields(value: Reader) -> tuple[Oxm, ...]:
    """OXM fields of this experimenter up to the reader's end. Raises DecodeError."""
    start = value.offset
    raw = value.take(value.end - start, "match fields")
    found: list[Oxm] = []
    offset = 0
    while offset < len(raw):
        try:
            field, end = oxm.decode_oxm(raw, offset)
        except DecodeError as error:
            raise error.moved(start) from None
        if not oxm.is_l7(field):
            raise DecodeError(start + offset, "a match field of this experimenter", raw[offset:end])
        found.append(field)
        offset = end
    return tuple(found)


_ADDRESS_HEAD = struct.Struct("!BB")  # end, prefix length in bits
_PORT = struct.Struct("!BxHH")  # end, one zero byte, first, last
_PROTOCOL = struct.Struct("!B")
_FLOW_ID = struct.Struct("!Q")
_CONNECTION = struct.Struct("!BxHH")  # protocol number, one zero byte, port, other port
_ADDRESS_SIZES: Final = (4, 16)


def _encode_address(asked: AddressIn) -> bytes:
    head = wire.pack("address", _ADDRESS_HEAD, asked.end, asked.network.prefixlen)
    return head + asked.network.network_address.packed


def _decode_address(value: Reader) -> AddressIn:
    start = value.offset
    end, prefix_length = value.fields(_ADDRESS_HEAD, "an end and a prefix length")
    _check_end(end, start)
    size = value.end - value.offset
    raw = value.take(size, "an address")
    if size not in _ADDRESS_SIZES:
        raise DecodeError(start + _ADDRESS_HEAD.size, "an address of 4 or 16 bytes", raw)
    if prefix_length > 8 * size:
        raise DecodeError(start + 1, f"a prefix length of at most {8 * size}", bytes([prefix_length]))
    try:
        return AddressIn(network=ipaddress.ip_network((raw, prefix_length)), end=end)
    except ValueError:
        raise DecodeError(start + _ADDRESS_HEAD.size, "an address without bits beyond its prefix", raw) from None


def _decode_port(value: Reader) -> PortIn:
    start = value.offset
    end, first, last = value.rest_fields(_PORT, "an end and two ports")
    _check_end(end, start)
    if first > last:
        raise DecodeError(start + 2, "a first port that is not above the last", _PORT.pack(end, first, last)[2:])
    return PortIn(first=first, last=last, end=end)


def _check_end(end: int, offset: int) -> None:
    if end not in tuple(FlowEnd):
        raise DecodeError(offset, "an end: 0 either, 1 originator, 2 responder", bytes([end]))


def _encode_connection(asked: FiveTuple) -> bytes:
    if asked.address.version != asked.other_address.version:
        raise EncodeError("other_address", str(asked.other_address), f"an address of IPv{asked.address.version}")
    head = wire.pack("connection", _CONNECTION, asked.l4, asked.port, asked.other_port)
    return head + asked.address.packed + asked.other_address.packed


def _decode_connection(value: Reader) -> FiveTuple:
    l4, port, other_port = value.fields(_CONNECTION, "protocol and ports")
    size, odd = divmod(value.end - value.offset, 2)
    start = value.offset
    if odd or size not in _ADDRESS_SIZES:
        raise DecodeError(start, "two addresses of 4 or 16 bytes", value.take(value.end - start, "addresses"))
    one, other = (ipaddress.ip_address(value.take(size, "an address")) for _ in range(2))
    return FiveTuple(l4=l4, address=one, port=port, other_address=other, other_port=other_port)


def connection_filter(l4: int, ends: Iterable[tuple[str, int]]) -> FlowFilter:
    """The filter for one connection, its two ends given as address and port. Raises EncodeError."""
    (src, sport), (dst, dport) = ends
    try:
        one, other = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    except ValueError:
        raise EncodeError("connection", (src, dst), "two IPv4 or two IPv6 addresses") from None
    return FlowFilter(connection=FiveTuple(l4=l4, address=one, port=sport, other_address=other, other_port=dport))
