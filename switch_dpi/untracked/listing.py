"""Lists the connections that a switch without a connection tracker keeps as rules. Blocks; for a thread."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from ofext.errors import OfextError
from ofext.openflow.marks import L4
from ofext.untracked import kept, tables
from ofext.untracked.connections import REPLIES
from ofext.untracked.kept import Kept
from switch_dpi.conntrack import Connection
from switch_dpi.errors import OvsError
from switch_dpi.rule_list import replies_to

MAX_REPLY_SIZE: Final = 512 * tables.MAX_RULES  # bytes: more than a full table takes

_STATIC: Final = tables.STATIC_COOKIE.to_bytes(8, "big")
_Ends = tuple[int, str, int, str, int]
_ASKED: Final = {(l4, answer): kind for (l4, kind), answer in REPLIES.items()}


def list_connections(management: Path, zone: int, timeout_s: float) -> list[Connection] | None:
    """Those of a zone; None when the agent's own rules are not there. Raises OvsError."""
    found: list[Kept] = []
    has_own = False
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as peer:
            peer.settimeout(timeout_s)
            peer.connect(str(management))
            for reply in replies_to(peer, kept.request(1), MAX_REPLY_SIZE):
                found += kept.kept_in(reply)
                has_own = has_own or _STATIC in reply
    except (OSError, OfextError) as error:
        raise OvsError(f"connections of {management}", str(error)) from error
    return paired(each for each in found if each.zone == zone) if has_own else None


def paired(rules_kept: Iterable[Kept]) -> list[Connection]:
    """Connections in their originators' direction, from the rules for both. A verdict covers what is known below it."""
    rules: dict[_Ends, Kept] = {}
    for each in rules_kept:
        ends = (each.l4, *each.ends)
        if ends not in rules or rules[ends].priority < each.priority:
            rules[ends] = each
    found = []
    for ends, rule in rules.items():
        other = rules.get(_turned(ends))
        if other is None or not rule.is_reply:
            found.append(_connection(rule, other))
    return found


def _connection(rule: Kept, other: Kept | None) -> Connection:
    l4, src, sport, dst, dport = _turned((rule.l4, *rule.ends)) if rule.is_reply else (rule.l4, *rule.ends)
    if l4 in (L4.ICMP, L4.ICMPV6):
        sport, dport = rule.icmp_id, dport << 8
    return Connection(
        l4=l4,
        src=src,
        sport=sport,
        dst=dst,
        dport=dport,
        mark=rule.mark,
        label=rule.label,
        is_closing=tables.IDLE_CLOSING_S in (rule.idle_timeout_s, other.idle_timeout_s if other else 0),
        is_whole=other is not None and (other.mark, other.label) == (rule.mark, rule.label),
    )


def _turned(ends: _Ends) -> _Ends:
    l4, src, sport, dst, dport = ends
    if l4 not in (L4.ICMP, L4.ICMPV6):
        return (l4, dst, dport, src, sport)
    return (l4, dst, 0, src, REPLIES.get((l4, dport), _ASKED.get((l4, dport), dport)))
