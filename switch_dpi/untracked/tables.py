"""The rules that are always in the agent's tables of a switch without a connection tracker, as `ovs-ofctl` text.

`learn` (ovs-actions(7)) makes them do what conntrack's commit does: keep both directions of a connection, at once, in
the switch. The agent's own rules above say more of a connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ofext.openflow.marks import L4
from ofext.untracked import tables
from ofext.untracked.connections import REPLIES
from ofext.untracked.registers import CT_ESTABLISHED, CT_NEW, CT_REPLY, CT_TRACKED

NUDGE: Final = "controller(max_len=0,id=19511)"  # 0x4c37: no connection has this controller id
LATER_FRAGMENT: Final = "ip_frag=later"


def static_rules(edge_zone: int) -> str:
    """One rule a line."""
    return "\n".join((*_look_up(edge_zone), *_clear(), *_commit(), *_overwrite(edge_zone))) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One kind of connection: how a rule matches it, and how `learn` compares the same and the opposite direction."""

    match: str
    same: str
    opposite: str
    is_tcp: bool = False


def _kinds() -> Iterator[_Kind]:
    families = (
        ("", "eth_type=0x800", "NXM_OF_IP_SRC[]", "NXM_OF_IP_DST[]"),
        ("6", "eth_type=0x86dd", "NXM_NX_IPV6_SRC[]", "NXM_NX_IPV6_DST[]"),
    )
    for family, eth_type, source, destination in families:
        ends = f"{eth_type},NXM_NX_REG13[],{source},{destination}"
        turned = f"{eth_type},NXM_NX_REG13[],{source}={destination},{destination}={source}"
        for name, number, prefix in (("tcp", 6, "NXM_OF_TCP"), ("udp", 17, "NXM_OF_UDP"), ("sctp", 132, "OXM_OF_SCTP")):
            sport, dport = f"{prefix}_SRC[]", f"{prefix}_DST[]"
            yield _Kind(
                match=f"{name}{family}",
                same=f"{ends},nw_proto={number},{sport},{dport}",
                opposite=f"{turned},nw_proto={number},{sport}={dport},{dport}={sport}",
                is_tcp=name == "tcp",
            )
        yield from _queries(family, ends, turned)


def _queries(family: str, ends: str, turned: str) -> Iterator[_Kind]:
    name, field, wanted = ("icmp6", "icmpv6_type", L4.ICMPV6) if family else ("icmp", "icmp_type", L4.ICMP)
    for (l4, asked), answer in REPLIES.items():
        if l4 == wanted:
            yield _Kind(
                match=f"{name},{field}={asked}",
                same=f"{ends},nw_proto={int(l4)},{field}={asked}",
                opposite=f"{turned},nw_proto={int(l4)},{field}={answer}",
            )


def _rule(table: int, priority: int, match: str, actions: str) -> str:
    comma = "," if match else ""
    return f"cookie={tables.STATIC_COOKIE:#x},table={table},priority={priority}{comma}{match} actions={actions}"


def _load(state: int) -> str:
    return f"set_field:{state:#x}->reg12,set_field:0->reg14,set_field:0->xxreg2"


def _look_up(edge_zone: int) -> Iterator[str]:
    """What is not known is new, and so is in the edge zone who asks for a connection of TCP: the one before is over,
    or its SYN is nobody's business (its answer will tell).
    """
    new = _load(CT_TRACKED | CT_NEW)
    yield _rule(tables.LOOK_UP, tables.UNKNOWN, "", new)
    for name in ("tcp", "tcp6"):
        yield _rule(tables.LOOK_UP, tables.ASKING, f"{name},reg13={edge_zone},tcp_flags=+syn-ack", new)


def _clear() -> Iterator[str]:
    yield _rule(tables.CLEAR, 0, "", f"{_load(0)},set_field:0->reg13")


def _commit() -> Iterator[str]:
    """A connection that nothing is said of, below what has been said."""
    yield from _without_fragments(tables.COMMIT)
    nothing = "load:0->NXM_NX_REG14[],load:0->NXM_NX_XXREG2[0..63],load:0->NXM_NX_XXREG2[64..127]"
    for kind in _kinds():
        idle_timeout_s = tables.IDLE_OPENING_S if kind.is_tcp else tables.IDLE_UDP_S
        yield from _learning(tables.COMMIT, tables.KNOWN, kind, idle_timeout_s, nothing)


def _overwrite(edge_zone: int) -> Iterator[str]:
    """A connection with what the registers say of it.

    Who answers a SYN in the edge zone has begun another connection. Decisions of the old one are still in the switch's
    cache then; a PACKET_IN for nobody wakes ovs-vswitchd, which looks them through at once.
    """
    yield from _without_fragments(tables.OVERWRITE)
    said = "load:NXM_NX_REG14[]->NXM_NX_REG14[],load:NXM_NX_XXREG2[]->NXM_NX_XXREG2[]"
    for kind in _kinds():
        idle_timeout_s = tables.IDLE_TCP_S if kind.is_tcp else tables.IDLE_UDP_S
        yield from _learning(tables.OVERWRITE, tables.MARKED, kind, idle_timeout_s, said)
        if kind.is_tcp:
            begun = replace(kind, match=f"{kind.match},reg13={edge_zone},tcp_flags=+syn+ack")
            yield from _learning(tables.OVERWRITE, tables.MARKED, begun, idle_timeout_s, said, NUDGE)


def _without_fragments(table: int) -> Iterator[str]:
    """A fragment behind the first has no ports to tell its connection by."""
    for family in ("ip", "ipv6"):
        yield _rule(table, 2 * tables.KNOWN, f"{family},{LATER_FRAGMENT}", "drop")


def _learning(table: int, priority: int, kind: _Kind, idle_timeout_s: int, said: str, more: str = "") -> Iterator[str]:
    """Two rules: for packets of the originator, and of the responder; ``more`` actions stand at the end."""
    head = f"table={tables.LOOK_UP},priority={priority},cookie={tables.LEARNED_COOKIE:#x},idle_timeout={idle_timeout_s}"
    if kind.is_tcp:
        head += f",fin_idle_timeout={tables.IDLE_CLOSING_S}"
    known = CT_TRACKED | CT_ESTABLISHED
    for state, same, opposite in ((0, known, known | CT_REPLY), (CT_REPLY, known | CT_REPLY, known)):
        both = ((kind.same, same), (kind.opposite, opposite))
        learns = (f"learn({head},{match},load:{told:#x}->NXM_NX_REG12[],{said})" for match, told in both)
        actions = ",".join((*learns, more) if more else learns)
        above = 1 if more else 0
        yield _rule(table, tables.KNOWN + above, f"{kind.match},reg12={state:#x}/{CT_REPLY:#x}", actions)
