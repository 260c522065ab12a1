"""Reads what ``ovs-appctl dpctl/dump-conntrack`` prints. Pure; entries of protocols without ports are left out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ICMP: Final = 1  # protocol numbers (IANA)
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58
SCTP: Final = 132

_NUMBERS: Final = {"icmp": ICMP, "tcp": TCP, "udp": UDP, "icmpv6": ICMPV6, "sctp": SCTP}
_CLOSING: Final = frozenset({"FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT", "CLOSED", "CLOSE"})
_ENTRY: Final = re.compile(r"^(?P<l4>[a-z0-9]+),orig=\((?P<orig>[^)]*)\),reply=\([^)]*\)(?P<rest>.*)$")
_PAIR: Final = re.compile(r"([a-z]+)=([^,()]+)")

Key = tuple[int, str, int, str, int]
"""A connection whatever its direction: protocol, lower address and port, higher address and port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One tracked connection in its originator's direction; ICMP as in :class:`ofext.openflow.marks.Connection`."""

    l4: int
    src: str
    sport: int
    dst: str
    dport: int
    mark: int
    label: int
    is_closing: bool
    is_whole: bool = True
    """Both directions say the same; without a tracker each has a rule of its own."""

    @property
    def key(self) -> Key:
        """For looking it up."""
        return flow_key(self.l4, self.src, self.sport, self.dst, self.dport)


def flow_key(l4: int, src: str, sport: int, dst: str, dport: int) -> Key:
    """The same for both directions. ICMP's numbers belong to no side, so they stay in place."""
    if l4 in (ICMP, ICMPV6):
        return (l4, min(src, dst), sport, max(src, dst), dport)
    return (l4, src, sport, dst, dport) if (src, sport) <= (dst, dport) else (l4, dst, dport, src, sport)


def parse_conntrack(text: str) -> Iterator[Connection]:
    """Every connection that can be read; lines that cannot are skipped."""
    for line in text.splitlines():
        connection = _parse(line)
        if connection is not None:
            yield connection


def _parse(line: str) -> Connection | None:
    found = _ENTRY.match(line)
    l4 = _NUMBERS.get(found["l4"]) if found else None
    if found is None or l4 is None:
        return None
    orig, rest = dict(_PAIR.findall(found["orig"])), dict(_PAIR.findall(found["rest"]))
    try:
        sport, dport = _numbers(l4, orig)
        return Connection(
            l4=l4,
            src=str(ipaddress.ip_address(orig["src"])),
            sport=sport,
            dst=str(ipaddress.ip_address(orig["dst"])),
            dport=dport,
            mark=int(rest.get("mark", "0"), 0),
            label=int(rest.get("labels", "0"), 0),
            is_closing=rest.get("state", "") in _CLOSING,
        )
    except (KeyError, ValueError):
        return None


def _numbers(l4: int, orig: dict[str, str]) -> tuple[int, int]:
    if l4 in (ICMP, ICMPV6):
        return int(orig["id"]), int(orig["type"]) * 256 + int(orig["code"])
    return int(orig["sport"]), int(orig["dport"])
