"""Which host is behind which port, from the source addresses of first frames.

Owns the table of hosts; its bound and the hold after a move keep a flood of made-up addresses, or a loop, from churning
rules. Frames are a peer's: whatever cannot be read is ignored.
"""

import ipaddress
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller_app.config import HostOptions
from controller_app.discovery import End

ETH_ARP, ETH_IPV4, ETH_IPV6 = 0x0806, 0x0800, 0x86DD
VLAN_TYPES = (0x8100, 0x88A8)
MULTICAST_BIT = 0x01  # IEEE 802 §8.2: first bit on the wire of an address


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHost:
    """A host: MAC as aa:bb:cc:dd:ee:ff, where it was last seen, and its IP addresses, oldest first."""

    mac: str
    at: End
    addresses: tuple[str, ...]
    moved_s: float


class HostTable:
    """Hosts by MAC address."""

    def __init__(self, options: HostOptions) -> None:
        self._options = options
        self._hosts: dict[str, SeenHost] = {}
        self._at: Counter[End] = Counter()
        self.ignored = 0
        self.moves = 0

    def learn(self, at: End, frame: bytes, now: float) -> bool:
        """A frame came from a host port. True if a host is new or has moved."""
        source = _source(frame)
        if source is None:
            return False
        mac, address = source
        known = self._hosts.get(mac)
        addresses = _joined(known.addresses if known else (), address, self._options.max_addresses)
        if known is not None and known.at == at:
            self._put(replace(known, addresses=addresses))
            return False
        if (known and now - known.moved_s < self._options.move_hold_s) or not self._has_room(at, is_new=known is None):
            self.ignored += 1
            return False
        self.moves += known is not None
        self._put(SeenHost(mac=mac, at=at, addresses=addresses, moved_s=now))
        return True

    def forget_ends(self, gone: Iterable[End]) -> bool:
        """Forgets the hosts at these ports. True if there were any."""
        ends = set(gone)
        macs = [mac for mac, host in self._hosts.items() if host.at in ends]
        for mac in macs:
            del self._hosts[mac]
        for end in ends:
            self._at.pop(end, None)
        return bool(macs)

    def restore(self, hosts: Iterable[SeenHost]) -> bool:
        """Takes over hosts an earlier process knew; a host already here is newer and stays. True if one was missing."""
        before = len(self._hosts)
        for host in hosts:
            if host.mac not in self._hosts and self._has_room(host.at, is_new=True):
                self._put(host)
        return len(self._hosts) > before

    def hosts(self) -> list[SeenHost]:
        """All hosts, by MAC."""
        return sorted(self._hosts.values(), key=lambda host: host.mac)

    def _has_room(self, at: End, *, is_new: bool) -> bool:
        fits = not is_new or len(self._hosts) < self._options.max_hosts
        return fits and self._at[at] < self._options.max_hosts_per_port

    def _put(self, host: SeenHost) -> None:
        before = self._hosts.get(host.mac)
        if before is not None:
            self._at[before.at] -= 1
        self._at[host.at] += 1
        self._hosts[host.mac] = host


def _joined(addresses: tuple[str, ...], new: str | None, limit: int) -> tuple[str, ...]:
    if new is None or new in addresses:
        return addresses
    return (*addresses, new)[-limit:]


def _source(frame: bytes) -> tuple[str, str | None] | None:
    """MAC and, if the frame tells it, IP address of the sender; None for a frame no host sends."""
    if len(frame) < 14 or frame[6] & MULTICAST_BIT or not any(frame[6:12]):
        return None
    mac = frame[6:12].hex(":")
    offset = 12
    (kind,) = struct.unpack_from("!H", frame, offset)
    while kind in VLAN_TYPES and len(frame) >= offset + 6:
        offset += 4
        (kind,) = struct.unpack_from("!H", frame, offset)
    return mac, _sender_address(kind, frame[offset + 2 :])


def _sender_address(kind: int, body: bytes) -> str | None:
    """RFC 826: sender protocol address at 14; RFC 791 §3.1: source at 12; RFC 8200 §3: source at 8."""
    raw = b""
    if kind == ETH_ARP and body[:6] == b"\x00\x01\x08\x00\x06\x04":
        raw = body[14:18]
    elif kind == ETH_IPV4:
        raw = body[12:16]
    elif kind == ETH_IPV6:
        raw = body[8:24]
    if len(raw) not in (4, 16) or not any(raw):
        return None
    address = ipaddress.ip_address(raw)
    return None if address.is_multicast else str(address)
