"""Capture files made from bytes: pcapng with whole TCP conversations in them, and reading what tcpdump wrote.

The files say nothing of the machine that they were made on (pcapng, draft-ietf-opsawg-pcapng-02: no options but the
resolution of times).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ofext.openflow.header import Framer

OPENFLOW_PORT: Final = 6653  # IANA

Packet = tuple[int, bytes]
"""Nanoseconds since 1970-01-01 UTC, and an Ethernet frame."""

_LINKTYPE_ETHERNET: Final = 1
_SECTION: Final = struct.Struct("<IIIHHqI")  # type, size, byte order, version 1.0, size of the section (unknown), size
_INTERFACE: Final = struct.Struct("<IIHHIHHB3xII")  # type, size, link, 0, snap length, if_tsresol, 1, 9, end, size
_PACKET: Final = struct.Struct("<IIIIIII")  # type, size, interface, time (high, low), captured, original
_PCAP_HEAD: Final = struct.Struct("<IHHiIII")
_PCAP_NANOSECONDS: Final = 0xA1B23C4D
_PCAP_PACKET: Final = struct.Struct("<IIII")  # seconds, nanoseconds, captured, original


def write_pcapng(path: Path, packets: Iterable[Packet]) -> None:
    """Writes Ethernet frames with times in nanoseconds."""
    with path.open("wb") as file:
        file.write(_SECTION.pack(0x0A0D0D0A, _SECTION.size, 0x1A2B3C4D, 1, 0, -1, _SECTION.size))
        file.write(_INTERFACE.pack(1, _INTERFACE.size, _LINKTYPE_ETHERNET, 0, 0, 9, 1, 9, 0, _INTERFACE.size))
        for at_ns, frame in packets:
            padded = frame + bytes(-len(frame) % 4)
            size = _PACKET.size + len(padded) + 4
            head = _PACKET.pack(6, size, 0, at_ns >> 32, at_ns & 0xFFFFFFFF, len(frame), len(frame))
            file.write(head + padded + struct.pack("<I", size))


def read_pcapng(path: Path) -> Iterator[Packet]:
    """Ethernet frames of a file that `write_pcapng` wrote."""
    data = path.read_bytes()
    offset = _SECTION.size + _INTERFACE.size
    while offset < len(data):
        _, size, _, high, low, captured, _ = _PACKET.unpack_from(data, offset)
        start = offset + _PACKET.size
        yield high << 32 | low, data[start : start + captured]
        offset += size


def openflow_messages(packets: Iterable[Packet], port: int = OPENFLOW_PORT) -> Iterator[bytes]:
    """Whole OpenFlow messages of all connections to a port, each where its last byte came.

    Raises ValueError for a segment that is missing or comes too early; a capture of a loopback has none.
    """
    streams: dict[tuple[int, int], tuple[Framer, int]] = {}
    for _, frame in packets:
        ip = frame[14:]
        tcp = ip[4 * (ip[0] & 15) : int.from_bytes(ip[2:4], "big")]
        source, target, sequence, _, head, flags, *_ = _TCP.unpack_from(tcp)
        if port not in (source, target):
            continue
        if flags & _SYN:
            streams[source, target] = (Framer(), (sequence + 1) & 0xFFFFFFFF)
            continue
        data = tcp[4 * (head >> 4) :]
        if not data:
            continue
        framer, expected = streams[source, target]
        ahead = (sequence - expected) & 0xFFFFFFFF
        if 0 < ahead < 1 << 31:
            raise ValueError(f"port {source} to {target}: expected sequence number {expected}, found {sequence}")
        data = data[-ahead & 0xFFFFFFFF :]  # what came already was sent again
        streams[source, target] = (framer, (expected + len(data)) & 0xFFFFFFFF)
        yield from framer.feed(data)


def read_pcap(path: Path) -> Iterator[Packet]:
    """Ethernet frames of what `tcpdump --time-stamp-precision=nano -w` wrote on a little-endian machine.

    Raises ValueError for another kind of file.
    """
    data = path.read_bytes()
    magic, *_, link = _PCAP_HEAD.unpack_from(data)
    if (magic, link) != (_PCAP_NANOSECONDS, _LINKTYPE_ETHERNET):
        raise ValueError(f"{path}: expected a pcap of Ethernet frames with nanoseconds, found {data[:24].hex()}")
    offset = _PCAP_HEAD.size
    while offset < len(data):
        seconds, nanoseconds, captured, _ = _PCAP_PACKET.unpack_from(data, offset)
        offset += _PCAP_PACKET.size + captured
        yield seconds * 10**9 + nanoseconds, data[offset - captured : offset]


@dataclass(slots=True)
class Conversation:
    """A TCP connection between a switch and a controller, segment by segment, one a millisecond."""

    port: int = OPENFLOW_PORT
    packets: list[Packet] = field(default_factory=list)
    _sent: list[int] = field(default_factory=lambda: [0, 0])

    def __post_init__(self) -> None:
        self._add(True, _SYN)
        self._add(False, _SYN | _ACK)
        self._add(True, _ACK)

    def send(self, data: bytes, *, from_switch: bool = True, segment_size: int = 1460) -> None:
        """Sends bytes in segments of at most `segment_size` bytes."""
        for start in range(0, len(data), segment_size):
            self._add(from_switch, _ACK | _PSH, data[start : start + segment_size])

    def _add(self, from_switch: bool, flags: int, data: bytes = b"") -> None:
        own, other = (0, 1) if from_switch else (1, 0)
        ports = (40_000, self.port) if from_switch else (self.port, 40_000)
        acknowledged = self._sent[other] if flags & _ACK else 0
        tcp = _TCP.pack(*ports, self._sent[own], acknowledged, 5 << 4, flags, 0xFFFF, 0, 0) + data
        source, target = (_SWITCH, _CONTROLLER) if from_switch else (_CONTROLLER, _SWITCH)
        pseudo = source + target + struct.pack("!HH", _TCP_NUMBER, len(tcp))
        tcp = tcp[:16] + _checksum(pseudo + tcp) + tcp[18:]
        ip = _IPV4.pack(0x45, 0, _IPV4.size + len(tcp), 0, 0x4000, 64, _TCP_NUMBER, 0, source, target)
        ip = ip[:10] + _checksum(ip) + ip[12:]
        self.packets.append((len(self.packets) * 1_000_000, _ETHERNET + ip + tcp))
        self._sent[own] += len(data) + bool(flags & _SYN)


_SYN: Final = 0x02
_PSH: Final = 0x08
_ACK: Final = 0x10
_TCP_NUMBER: Final = 6
_TCP: Final = struct.Struct("!HHIIBBHHH")
_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_ETHERNET: Final = bytes.fromhex("020000000001 020000000002 0800")
_SWITCH: Final = ipaddress.IPv4Address("192.0.2.1").packed
_CONTROLLER: Final = ipaddress.IPv4Address("192.0.2.2").packed


def _checksum(data: bytes) -> bytes:
    """Of IPv4 and TCP (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
