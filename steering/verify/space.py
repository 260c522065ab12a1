"""Sets of packets as binary decision diagrams: every field that a rule can match is a row of boolean variables.

A set is over the packet as its sender made it, over the connections that it is looked up in (one row of variables for
each conntrack zone, a *slot*), over the switch it enters, and, for relations, over who observes something. What the
pipeline changes on the way (registers, tags, DSCP) is no variable: the walk keeps it as plain values.

CUDD (through `dd`) holds the diagrams: sets that are equal are one object, so comparison costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from ofext.fields import L7Field
from ofext.predicates import Predicate
from steering.fields import (
    CT_ESTABLISHED,
    CT_NEW,
    CT_REPLY,
    CT_TRACKED,
    ETH_IPV4,
    ETH_IPV6,
    FIELDS,
    Value,
    to_number,
)
from steering.layer7 import PREDICATES, predicate_of
from steering.policy.values import ICMPV6, MAX_CONFIDENCE, PROTOCOLS
from steering.verify.errors import VerifyError
from steering.verify.facts import Vocabulary

try:
    from dd.cudd import BDD
except ImportError:  # no wheel with CUDD for this machine: the same interface, and much slower
    from dd.autoref import BDD

CT_RELATED, CT_INVALID = 0x04, 0x10  # Open vSwitch, ovs-fields(7) ct_state
COMMITTED = "committed"  # among the values of a connection: it is entered, so that later look-ups find it
IS_PLAIN, IS_ENCRYPTED = 1, 2  # values of the row l7_encrypted; 0: not known
ENTRY_EDGE, ENTRY_SERVICE = 0, 1  # slots of the switch that a packet enters, whichever that is
MAX_OBSERVERS = 1 << 16
MAX_SWITCHES = 1 << 10

_ALIASES = {f"{protocol}_{side}": f"port_{side}" for protocol in ("tcp", "udp", "sctp") for side in ("src", "dst")}
_PACKET_FIELDS = {
    "in_port": 32,
    "eth_dst": 48,
    "eth_src": 48,
    "vlan_vid": 13,
    "eth_type": 16,
    "ip_proto": 8,
    "tcp_flags": 12,
    "icmpv6_type": 8,
    "port_dst": 16,
    "port_src": 16,
    "ipv4_dst": 32,
    "ipv4_src": 32,
    "ipv6_dst": 128,
    "ipv6_src": 128,
}
_ENGINE = 0xFF000000  # RFC 6759 §4.1: the classification engine; every App-ID but 0 has one
_LABEL_BITS = 32  # of ct_label that are told apart by place; the predicates above have no fixed ones
_LABEL_PARTS = (("l7_state", 0, 3), ("l7_category", 3, 8), ("l7_risk", 11, 8), ("ct_label", 19, 13))
"""Rows of a slot that lie in `ct_label`: first bit, bits (`ofext.label`)."""
VERDICT_BITS = 0x7FFFF  # of ct_label: state, category, risk
_STATE_PLACE = {CT_NEW: 5, CT_ESTABLISHED: 4}  # of a bit in the row of ct_state, which begins with the highest
_CONNECTION_FIELDS = {
    "ct_state": 6,
    "l7_state": 3,
    "l7_app_id": 32,
    "l7_category": 8,
    "l7_risk": 8,
    "l7_confidence": 7,
    "l7_encrypted": 2,
    "ct_label": 13,
}


class PacketSet(Protocol):
    """What `dd` calls a function. Equal sets compare equal."""

    def __and__(self, other: PacketSet) -> PacketSet: ...
    def __or__(self, other: PacketSet) -> PacketSet: ...
    def __invert__(self) -> PacketSet: ...
    @property
    def dag_size(self) -> int: ...


class Space:
    """The variables, and the sets that single conditions stand for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """`vocabulary`: the predicates that a rule or the policy asks for."""
        self.bdd = BDD()
        self.bdd.configure(reordering=False)  # the order below is chosen; sifting costs seconds and finds no better
        self.none: PacketSet = self.bdd.false
        self.all: PacketSet = self.bdd.true
        self.vocabulary = vocabulary
        self._rows: dict[str, list[tuple[PacketSet, PacketSet]]] = {}
        self._cubes: dict[tuple[str, int, int], PacketSet] = {}
        self._slots: dict[tuple[int, int], int] = {}
        self._slot_of: dict[str, int] = {}
        self._declare("observer", 16)
        self._declare("switch", 10)
        for field in ("in_port", "eth_dst", "eth_src", "vlan_vid", "eth_type"):
            self._declare(field, _PACKET_FIELDS[field])
        self._declare(f"{ENTRY_EDGE}.ct_state", _CONNECTION_FIELDS["ct_state"])  # tells whose addresses are whose
        for field, bits in _PACKET_FIELDS.items():
            if field not in self._rows:
                self._declare(field, bits)
        self._declare_slot(ENTRY_EDGE)
        self._declare_slot(ENTRY_SERVICE)

    def slot(self, dpid: int, zone: int) -> int:
        """The variables of a conntrack zone of a switch, as a later lookup finds it."""
        number = self._slots.get((dpid, zone))
        if number is None:
            number = self._slots[dpid, zone] = len(self._slots) + 2
            self._declare_slot(number)
        return number

    def slots_of(self, members: PacketSet) -> set[int]:
        """The slots that a set depends on."""
        return {self._slot_of[name] for name in self.bdd.support(members) if name in self._slot_of}

    def zones(self) -> Iterator[tuple[tuple[int, int], int]]:
        """(datapath id, zone) and slot, of all slots but those of the entry."""
        return iter(self._slots.items())

    def observer(self, number: int) -> PacketSet:
        """The relation's part that this observer sees."""
        return self.cube("observer", number)

    def switch(self, number: int) -> PacketSet:
        """Packets that enter at this switch."""
        return self.cube("switch", number)

    def asks_switch(self, members: PacketSet) -> bool:
        """Whether a set depends on where packets enter."""
        return any(name.startswith("switch.") for name in self.bdd.support(members))

    def at_switch(self, members: PacketSet, number: int) -> PacketSet:
        """What a set is for packets that enter at this switch."""
        there: PacketSet = self.bdd.let(self._bits("switch", number), members)
        return there

    def packet(self, name: str, value: Value, mask: Value | None = None) -> PacketSet:
        """Packets of which a field has this value under this mask; the field's prerequisites included."""
        field = FIELDS[name]
        if _ALIASES.get(name, name) not in _PACKET_FIELDS:
            raise VerifyError(f"packets are not told apart by {name} here")
        bits = (1 << field.bits) - 1 if mask is None else to_number(field, mask)
        found = self.cube(_ALIASES.get(name, name), to_number(field, value), bits)
        for needed, values in _prerequisites(name):
            found &= self.any_of(self.cube(needed, number) for number in values)
        return found

    def connection(self, slot: int, name: str, value: Value, mask: Value | None = None) -> PacketSet:
        """Packets whose connection in a slot has this value of a field, a name pattern included."""
        if name in PREDICATES:
            return self.predicate(slot, predicate_of(name, value, mask))
        field = FIELDS[name]
        number = to_number(field, value)
        bits = (1 << field.bits) - 1 if mask is None else to_number(field, mask)
        if name == "ct_label":
            return self._label(slot, number, bits)
        name = "l7_app_id" if name == "ct_mark" else name
        if name not in _CONNECTION_FIELDS:
            raise VerifyError(f"connections are not told apart by {name} here")
        width = (1 << _CONNECTION_FIELDS[name]) - 1
        return self.none if number & bits & ~width else self.cube(f"{slot}.{name}", number, bits & width)

    def predicate(self, slot: int, asked: Predicate) -> PacketSet:
        """Packets of flows for which a predicate holds; without a verdict none does."""
        has_verdict = ~self.cube(f"{slot}.l7_app_id", 0)
        if asked.field is L7Field.CONFIDENCE:
            value, mask = asked.value[0], (asked.mask or b"\xff")[0]
            return self.none if value > 0x7F else self.cube(f"{slot}.l7_confidence", value, mask & 0x7F) & has_verdict
        if asked.field is L7Field.ENCRYPTED:
            return self.cube(f"{slot}.l7_encrypted", IS_ENCRYPTED if asked.value[0] else IS_PLAIN)
        number = self.vocabulary.number_of(asked)
        if number is None:
            raise VerifyError(f"nobody said that {asked.text} would be asked for")
        return self.cube(f"{slot}.predicate{number}", 1)

    def held(self, slot: int, point: Mapping[str, int]) -> frozenset[int]:
        """The numbers of the predicates that hold for one packet (rows to numbers, as `pick` gives them)."""
        return frozenset(
            number for number in range(len(self.vocabulary.predicates)) if point[f"{slot}.predicate{number}"]
        )

    def connection_values(self, slot: int, sets: Mapping[str, int]) -> dict[str, bool]:
        """Variables of a slot and what they become when fields of its connection are set (names as `connection`)."""
        made: dict[str, bool] = {}
        for name, number in sets.items():
            if name == "ct_label":
                if number >> _LABEL_BITS:
                    raise VerifyError(f"a rule writes predicates into ct_label ({number:#x})")
                parts = {part: number >> first & ((1 << bits) - 1) for part, first, bits in _LABEL_PARTS}
                parts |= dict.fromkeys(self._facts_rows(), 0)
            elif name == COMMITTED:
                made |= {f"{slot}.ct_state.{_STATE_PLACE[CT_NEW]}": False}
                made |= {f"{slot}.ct_state.{_STATE_PLACE[CT_ESTABLISHED]}": True}
                continue
            else:
                parts = {"l7_app_id" if name == "ct_mark" else name: number}
            for part, value in parts.items():
                made |= self._bits(f"{slot}.{part}", value)
        return made

    def same_connection(self, slot: int, entry: int) -> dict[str, PacketSet]:
        """Variables of a slot, and those of an entry slot that stand for the same connection."""
        same: dict[str, PacketSet] = {}
        for field in (*_CONNECTION_FIELDS, *self._facts_rows()):
            row = self._rows[f"{entry}.{field}"]
            same |= {f"{slot}.{field}.{at}": variable for at, (_, variable) in enumerate(row)}
        return same

    def plausible(self, slot: int) -> PacketSet:
        """Connections as conntrack can give them: new ones and invalid packets have no verdict, and so on."""
        state = {bit: self.connection(slot, "ct_state", bit, bit) for bit in (1, 2, 4, 8, 16, 32)}
        no_app = self.connection(slot, "l7_app_id", 0)
        no_rest = self.connection(slot, "l7_category", 0) & self.connection(slot, "l7_risk", 0)
        for row in self._facts_rows():
            no_rest &= self.cube(f"{slot}.{row}", 0)
        fresh = state[CT_NEW] | state[CT_INVALID]
        blank = no_app & self._label(slot, 0, (1 << _LABEL_BITS) - 1)
        known = state[CT_ESTABLISHED] | state[CT_RELATED]
        return (
            state[CT_TRACKED]
            & (fresh | known)
            & ~(state[CT_NEW] & (state[CT_ESTABLISHED] | state[CT_REPLY] | state[CT_INVALID]))
            & ~(state[CT_INVALID] & (known | state[CT_REPLY]))
            & (~fresh | blank)
            & (~no_app | no_rest)
            & (no_app | ~self.connection(slot, "l7_app_id", 0, _ENGINE))
            & self.between(f"{slot}.l7_confidence", 0, MAX_CONFIDENCE)
            & ~self.cube(f"{slot}.l7_encrypted", IS_PLAIN | IS_ENCRYPTED)
            & self._consistent(slot)
        )

    def unclassified(self, slot: int) -> PacketSet:
        """Connections of a zone that no agent writes verdicts to."""
        no_verdict = self.connection(slot, "l7_app_id", 0) & self._label(slot, 0, VERDICT_BITS)
        return no_verdict & self.plausible(slot)

    def ip(self) -> PacketSet:
        """IPv4 and IPv6."""
        return self.packet("eth_type", ETH_IPV4) | self.packet("eth_type", ETH_IPV6)

    def between(self, row: str, first: int, last: int) -> PacketSet:
        """Where the number in a row is from first to last, both included."""
        literals = self._rows[row]
        at_least = at_most = self.all
        for place, (zero, one) in enumerate(reversed(literals)):  # from the lowest bit up
            at_least = one & at_least if first >> place & 1 else one | at_least
            at_most = zero | at_most if last >> place & 1 else zero & at_most
        return at_least & at_most

    def any_of(self, sets: Iterable[PacketSet]) -> PacketSet:
        """The union, made in pairs so that intermediate sets stay small."""
        waiting = list(sets)
        if not waiting:
            return self.none
        while len(waiting) > 1:
            pairs = zip(waiting[::2], waiting[1::2], strict=False)
            odd = waiting[-1:] if len(waiting) % 2 else []
            waiting = [a | b for a, b in pairs] + odd
        return waiting[0]

    def cube(self, row: str, number: int, mask: int | None = None) -> PacketSet:
        """Where the bits of a row are those of a number; with a mask, only the bits that it has."""
        literals = self._rows[row]
        bits = (1 << len(literals)) - 1 if mask is None else mask
        key = (row, number & bits, bits)
        found = self._cubes.get(key)
        if found is None:
            found = self.all
            for at in reversed(range(len(literals))):  # from the last variable up: each step adds one node
                place = len(literals) - 1 - at
                if bits >> place & 1:
                    found = literals[at][number >> place & 1] & found
            self._cubes[key] = found
        return found

    def substituted(self, of: PacketSet, values: Mapping[str, bool | PacketSet]) -> PacketSet:
        """The set with variables replaced, if it knows any of them."""
        known = self.bdd.support(of)
        wanted = {name: value for name, value in values.items() if name in known}
        constant = {name: value for name, value in wanted.items() if isinstance(value, bool)}
        others = {name: value for name, value in wanted.items() if name not in constant}
        found: PacketSet = self.bdd.let(constant, of) if constant else of
        return self.bdd.let(others, found) if others else found

    def pick(self, of: PacketSet) -> dict[str, int]:
        """One member: rows to numbers; what the set does not ask for is 0. The set must not be empty."""
        chosen = self.bdd.pick(of)
        found = {}
        for row, literals in self._rows.items():
            bits = (chosen.get(f"{row}.{at}", False) for at in range(len(literals)))
            found[row] = int("".join("01"[bit] for bit in bits), 2)
        return found

    def holds(self, members: PacketSet, point: Mapping[str, int]) -> bool:
        """Whether a packet is in a set."""
        values: dict[str, bool] = {}
        for row, number in point.items():
            values |= self._bits(row, number)
        return bool(self.bdd.let(values, members) == self.all)

    def observers_of(self, relation: PacketSet, point: Mapping[str, int]) -> list[int]:
        """Who observes one packet (rows to numbers, as `pick` gives them)."""
        values: dict[str, bool] = {}
        for row, number in point.items():
            if row != "observer":
                values |= self._bits(row, number)
        seen = self.bdd.let(values, relation)
        names = [f"observer.{at}" for at in range(len(self._rows["observer"]))]
        chosen = self.bdd.pick_iter(seen, care_vars=set(names))
        return sorted(int("".join("01"[bits[name]] for name in names), 2) for bits in chosen)

    def _consistent(self, slot: int) -> PacketSet:
        """Predicates that hold together for some flow: for each, all that one of its examples fits."""
        rows = [self.cube(f"{slot}.predicate{number}", 1) for number in range(len(self.vocabulary.predicates))]
        found = self.all
        for number, predicate in enumerate(self.vocabulary.predicates):
            if predicate.field is not L7Field.TAG:
                examples = [example.fits for example in self.vocabulary.examples if number in example.fits]
                found &= ~rows[number] | self.any_of(self.all_of(rows[other] for other in fits) for fits in examples)
        return found

    def all_of(self, sets: Iterable[PacketSet]) -> PacketSet:
        """The intersection; of no sets, all packets."""
        found = self.all
        for members in sets:
            found &= members
        return found

    def _facts_rows(self) -> list[str]:
        predicates = range(len(self.vocabulary.predicates))
        return ["l7_confidence", "l7_encrypted", *(f"predicate{number}" for number in predicates)]

    def _label(self, slot: int, number: int, bits: int) -> PacketSet:
        """Raw bits of `ct_label`: the lower ones are parts of the verdict, predicates have no fixed place."""
        if bits >> _LABEL_BITS:
            raise VerifyError(f"a rule matches predicates of ct_label by their bits (mask {bits:#x}), not by pattern")
        return self.all_of(
            self.cube(f"{slot}.{part}", number >> first, bits >> first & ((1 << width) - 1))
            for part, first, width in _LABEL_PARTS
        )

    def _bits(self, row: str, number: int) -> dict[str, bool]:
        width = len(self._rows[row])
        return {f"{row}.{at}": bool(number >> (width - 1 - at) & 1) for at in range(width)}

    def _declare(self, row: str, bits: int) -> None:
        if row in self._rows:
            return
        names = [f"{row}.{at}" for at in range(bits)]
        self.bdd.declare(*names)
        variables = [self.bdd.var(name) for name in names]
        self._rows[row] = [(~variable, variable) for variable in variables]

    def _declare_slot(self, slot: int) -> None:
        fields = dict.fromkeys((f"predicate{number}" for number in range(len(self.vocabulary.predicates))), 1)
        for name, bits in (_CONNECTION_FIELDS | fields).items():
            self._declare(f"{slot}.{name}", bits)
            self._slot_of |= {f"{slot}.{name}.{at}": slot for at in range(bits)}


def _prerequisites(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Fields that must have one of some values for a field to be there at all (OpenFlow 1.3 §7.2.3.8)."""
    layer = name.partition("_")[0]
    if layer in ("ipv4", "ipv6"):
        yield "eth_type", (ETH_IPV4 if layer == "ipv4" else ETH_IPV6,)
    elif layer in ("ip", "tcp", "udp", "sctp"):
        yield "eth_type", (ETH_IPV4, ETH_IPV6)
    elif layer == "icmpv6":
        yield "eth_type", (ETH_IPV6,)
        yield "ip_proto", (ICMPV6,)
    if layer in ("tcp", "udp", "sctp"):
        yield "ip_proto", (PROTOCOLS[layer],)
