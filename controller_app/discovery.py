"""Which ports lead to other switches, and which to hosts.

Owns the LLDP frames (IEEE 802.1AB) sent out of every port and what is concluded from those that arrive elsewhere. Time
is an argument; nothing is sent from here: `probes_due` says what to send.

Three rules keep loops out. A port floods only after a settle time without a frame of ours on it. A port that once was a
link stays closed to hosts until it goes down, even if its link expired. And a frame counts only with this controller's
seal, so that no host can make one up; what a host can do is carry a frame of ours to another port, as a cable does.
Frames of other LLDP speakers are left alone.
"""

import enum
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from os_ken.lib.packet import ether_types, ethernet, lldp, packet

from controller_app.config import DiscoveryOptions

CHASSIS = "appsteer:{:016x}"
CHASSIS_PATTERN = re.compile(rb"appsteer:([0-9a-f]{16})")
SEAL_OUI = bytes.fromhex("0a4c37")  # the OUI in the project's experimenter id
SEAL_SUBTYPE = 1
SEAL_SIZE = 16  # bytes of HMAC-SHA256 kept: RFC 2104 §5 asks for half the hash
LLDP_TTL_S = 120  # nobody but us reads it
MAX_PORT = 0xFFFFFF00  # OpenFlow 1.4 §7.2.1: greater numbers are reserved ports


class PortKind(enum.Enum):
    """What is known of a port."""

    UNDECIDED = "undecided"
    HOST = "host"
    FABRIC = "fabric"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortInfo:
    """A port as the switch describes it. `mac` is six bytes."""

    number: int
    name: str
    mac: bytes
    up: bool


@dataclass(frozen=True, slots=True, order=True)
class End:
    """One end of a link: a port of a switch."""

    dpid: int
    port: int


@dataclass(frozen=True, slots=True)
class Probe:
    """A frame to send out of a port."""

    end: End
    frame: bytes


@dataclass(slots=True)
class _Port:
    info: PortInfo
    since_s: float
    next_probe_s: float
    forced: PortKind | None = None
    settled: bool = False
    was_fabric: bool = False


class Discovery:
    """The links between switches, and the kind of every port."""

    def __init__(self, options: DiscoveryOptions, secret: bytes | None = None) -> None:
        self._options = options
        self._secret = secret if secret is not None else secrets.token_bytes(32)
        self._ports: dict[End, _Port] = {}
        self._connected: set[int] = set()
        self._seen_s: dict[tuple[End, End], float] = {}
        self._reserved: frozenset[End] = frozenset()

    def joined(self, dpid: int, ports: Iterable[PortInfo], forced: Mapping[int, PortKind], now: float) -> None:
        """A switch connected. Ports it had before keep what was concluded about them; links are confirmed anew."""
        self._connected.add(dpid)
        listed = {port.number: port for port in ports if port.number <= MAX_PORT}
        for end in [end for end in self._ports if end.dpid == dpid and end.port not in listed]:
            self.port_removed(end)
        for port in listed.values():
            self.port_changed(dpid, port, forced.get(port.number), now)
        for pair in self._seen_s:
            if dpid in (pair[0].dpid, pair[1].dpid):
                self._seen_s[pair] = now

    def left(self, dpid: int) -> None:
        """A switch's connection ended. It goes on forwarding, so its links stay as they were."""
        self._connected.discard(dpid)

    def forget(self, dpid: int) -> None:
        """A switch is gone for good."""
        self.left(dpid)
        for end in [end for end in self._ports if end.dpid == dpid]:
            self.port_removed(end)

    def port_changed(self, dpid: int, info: PortInfo, forced: PortKind | None, now: float) -> bool:
        """A port is new or changed. True if this may matter to forwarding."""
        end = End(dpid, info.number)
        known = self._ports.get(end)
        if known is None or known.info.name != info.name or info.up != known.info.up:
            self.port_removed(end)
            self._ports[end] = _Port(info=info, since_s=now, next_probe_s=now, forced=forced)
            return True
        known.info = info
        known.forced = forced
        known.next_probe_s = min(known.next_probe_s, now)
        return False

    def port_removed(self, end: End) -> bool:
        """A port is gone, and a link on it. True if it was known."""
        for pair in [pair for pair in self._seen_s if end in pair]:
            del self._seen_s[pair]
        return self._ports.pop(end, None) is not None

    def reserve(self, ends: Iterable[End]) -> None:
        """Ports of functions and taps: never probed, never a link, whatever arrives there."""
        self._reserved = frozenset(ends)
        for pair in [pair for pair in self._seen_s if self._reserved.intersection(pair)]:
            del self._seen_s[pair]

    def probes_due(self, now: float) -> list[Probe]:
        """The frames to send now; each port's next one is due an interval later."""
        due = []
        for end, port in self._ports.items():
            if end.dpid in self._connected and port.info.up and end not in self._reserved and now >= port.next_probe_s:
                port.next_probe_s = now + self._options.probe_interval_s
                due.append(Probe(end, self._frame(end, port.info.mac)))
        return due

    def received(self, at: End, frame: bytes, now: float) -> bool:
        """An LLDP frame arrived at a port. True if it shows a new link."""
        source = self._sender(frame)
        if source is None or at in self._reserved or source in self._reserved or source not in self._ports:
            return False
        port = self._ports.get(at)
        if port is None or source == at:
            return False
        pair = (min(source, at), max(source, at))
        new = pair not in self._seen_s
        if new:
            self._drop_links_of(pair)
        self._seen_s[pair] = now
        port.was_fabric = self._ports[source].was_fabric = True
        return new

    def tick(self, now: float) -> bool:
        """Ports settle and links expire. True if something changed."""
        changed = False
        for end, port in self._ports.items():
            if not port.settled and end.dpid in self._connected and now - port.since_s >= self._options.settle_s:
                port.settled = changed = True
        for pair, seen_s in list(self._seen_s.items()):
            both = pair[0].dpid in self._connected and pair[1].dpid in self._connected
            if both and now - seen_s > self._options.link_timeout_s:
                del self._seen_s[pair]
                changed = True
        return changed

    def settled(self, dpid: int) -> bool:
        """Whether every port of the switch has been decided."""
        return all(self.kind(end) is not PortKind.UNDECIDED for end in self._ports if end.dpid == dpid)

    def kind(self, end: End) -> PortKind:
        """What is concluded about a port."""
        port = self._ports.get(end)
        if port is None or not port.info.up:
            return PortKind.DOWN
        if port.forced is not None:
            return port.forced
        if port.was_fabric and end not in self._reserved:
            return PortKind.FABRIC
        return PortKind.HOST if port.settled else PortKind.UNDECIDED

    def ports(self, dpid: int) -> list[PortInfo]:
        """The ports of a switch by number."""
        return sorted((p.info for end, p in self._ports.items() if end.dpid == dpid), key=lambda info: info.number)

    def links(self) -> list[tuple[End, End]]:
        """Each link once, the lesser end first."""
        return sorted(self._seen_s)

    def restore(
        self, switches: Mapping[int, Iterable[tuple[PortInfo, PortKind]]], links: Iterable[tuple[End, End]], now: float
    ) -> None:
        """Takes over what an earlier process knew; joined() and frames confirm or correct it."""
        for dpid, ports in switches.items():
            for info, kind in ports:
                self._ports[End(dpid, info.number)] = _Port(
                    info=replace(info, up=kind is not PortKind.DOWN),
                    since_s=now,
                    next_probe_s=now,
                    settled=kind is PortKind.HOST,
                    was_fabric=kind is PortKind.FABRIC,
                )
        for one, other in links:
            if one in self._ports and other in self._ports:
                self._seen_s[(min(one, other), max(one, other))] = now

    def _drop_links_of(self, pair: tuple[End, End]) -> None:
        # A port has one link: a cable that was moved shows as a new pair.
        for old in [old for old in self._seen_s if pair[0] in old or pair[1] in old]:
            del self._seen_s[old]

    def _frame(self, end: End, mac: bytes) -> bytes:
        chassis = CHASSIS.format(end.dpid).encode()
        port = str(end.port).encode()
        frame = packet.Packet()
        frame.add_protocol(
            ethernet.ethernet(dst=lldp.LLDP_MAC_NEAREST_BRIDGE, src=mac.hex(":"), ethertype=ether_types.ETH_TYPE_LLDP)
        )
        tlvs = (
            lldp.ChassisID(subtype=lldp.ChassisID.SUB_LOCALLY_ASSIGNED, chassis_id=chassis),
            lldp.PortID(subtype=lldp.PortID.SUB_LOCALLY_ASSIGNED, port_id=port),
            lldp.TTL(ttl=LLDP_TTL_S),
            lldp.OrganizationallySpecific(oui=SEAL_OUI, subtype=SEAL_SUBTYPE, info=self._seal(chassis, port)),
            lldp.End(),
        )
        frame.add_protocol(lldp.lldp(tlvs))
        frame.serialize()
        return bytes(frame.data)

    def _seal(self, chassis: bytes, port: bytes) -> bytes:
        return hmac.digest(self._secret, chassis + b"/" + port, "sha256")[:SEAL_SIZE]

    def _sender(self, frame: bytes) -> End | None:
        """The port that sent a frame of ours; None for any other frame."""
        tlvs = _tlvs(frame)
        if tlvs is None or len(tlvs) < 4:
            return None
        (chassis_type, chassis), (port_type, port), _ttl, (seal_type, seal) = tlvs[:4]
        match = CHASSIS_PATTERN.fullmatch(chassis[1:])
        if (chassis_type, port_type, seal_type) != (1, 2, 127) or match is None or not port[1:].isdigit():
            return None
        expected = SEAL_OUI + bytes([SEAL_SUBTYPE]) + self._seal(chassis[1:], port[1:])
        if not hmac.compare_digest(seal, expected):
            return None
        return End(int(match.group(1), 16), int(port[1:]))


def _tlvs(frame: bytes) -> list[tuple[int, bytes]] | None:
    """Type and value of each TLV (802.1AB §8.4: 7 bits type, 9 bits size); None if the frame is cut off."""
    found: list[tuple[int, bytes]] = []
    rest = frame[14:]
    while len(rest) >= 2:
        kind, size = rest[0] >> 1, (rest[0] & 1) << 8 | rest[1]
        if kind == 0:
            return found
        if len(rest) < 2 + size:
            return None
        found.append((kind, rest[2 : 2 + size]))
        rest = rest[2 + size :]
    return None
