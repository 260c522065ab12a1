"""Rules, groups and rule sets as values.

Owns the form in which rules are compiled, compared, simulated and read back from a switch. Fields carry their OpenFlow
names; the controller turns these values into messages and back. Nothing here knows which tables exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from steering.errors import RuleError
from steering.fields import Value, canonical, field_named
from steering.layer7 import ATTRIBUTE, REPEATABLE, attribute_test

PORT_CONTROLLER = 0xFFFFFFFD  # OpenFlow 1.3 §7.2.1 OFPP_CONTROLLER
WHOLE_PACKET = 0xFFFF  # OpenFlow 1.3 §7.2.5 OFPCML_NO_BUFFER

COOKIE_PREFIX = 0xA575  # the upper 16 bits of every cookie of ours
COOKIE_PREFIX_MASK = 0xFFFF_0000_0000_0000
COOKIE_VALUE = COOKIE_PREFIX << 48  # with the mask above: selects all our rules in a FLOW_MOD or a statistics request
GROUP_PREFIX = 0xA5750000  # groups have no cookie; ours have ids with these upper 16 bits
GROUP_PREFIX_MASK = 0xFFFF0000


@dataclass(frozen=True, slots=True)
class Match:
    """A conjunction of fields: (name, value, mask), sorted by name, in canonical form. Make it with `Match.of`.

    A field stands there once, but `l7_tag` and `l7_attr` with each value that must hold.
    """

    fields: tuple[tuple[str, Value, Value | None], ...] = ()

    @classmethod
    def of(cls, **fields: Value | tuple[Value, Value | None]) -> Match:
        """`Match.of(in_port=1, ct_state=(0x21, 0x21))`; a tuple is (value, mask). Raises `RuleError`."""
        return cls.from_mapping(fields)

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Value | tuple[Value, Value | None]]) -> Match:
        """As `of`, from a mapping such as `OFPMatch.items()` gives."""
        return cls.from_pairs(fields.items())

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, Value | tuple[Value, Value | None]]]) -> Match:
        """As `from_mapping`; `l7_tag` and `l7_attr` may stand there several times. Raises `RuleError`."""
        made: list[tuple[str, Value, Value | None]] = []
        for name, given in pairs:
            value, mask = given if isinstance(given, tuple) else (given, None)
            pair = canonical(field_named(name), value, mask)
            if pair is not None:
                made.append((name, *pair))
        return cls.from_canonical(made)

    @classmethod
    def from_canonical(cls, fields: Iterable[tuple[str, Value, Value | None]]) -> Match:
        """From the fields of other matches, in any order; the same one twice counts once. Raises `RuleError`."""
        made = sorted(set(fields), key=lambda part: (part[0], str(part[1])))
        for (name, *_), (following, *_) in pairwise(made):
            if name == following and name not in REPEATABLE:
                raise RuleError(f"{name} stands twice in one match")
        return cls(tuple(made))

    def as_dict(self) -> dict[str, Value | tuple[Value, Value]]:
        """Name to value, or to (value, mask) where a mask is set. Of a field that is repeated it has one value."""
        return dict(self.as_pairs())

    def as_pairs(self) -> Iterator[tuple[str, Value | tuple[Value, Value]]]:
        """Name and value, or (value, mask) where a mask is set, of each field."""
        return ((name, value if mask is None else (value, mask)) for name, value, mask in self.fields)

    def with_fields(self, **fields: Value | tuple[Value, Value | None]) -> Match:
        """This match and further fields; a field given again is replaced."""
        kept = [part for part in self.fields if part[0] not in fields]
        return Match.from_canonical([*kept, *Match.from_mapping(fields).fields])

    def __str__(self) -> str:
        parts = (f"{name}={_show(name, value, mask)}" for name, value, mask in self.fields)
        return ",".join(parts) or "any"


@dataclass(frozen=True, slots=True)
class Output:
    """Send a copy out of a port; `PORT_CONTROLLER` sends `max_size` bytes to the controller."""

    port: int
    max_size: int = 0

    def __str__(self) -> str:
        return "controller" if self.port == PORT_CONTROLLER else f"output:{self.port}"


@dataclass(frozen=True, slots=True)
class OutputField:
    """Send a copy out of the port whose number is in a register (NXAST_OUTPUT_REG, all 32 bits)."""

    field: str

    def __str__(self) -> str:
        return f"output:{self.field}"


@dataclass(frozen=True, slots=True)
class SetField:
    """Set a field, or inside `Conntrack.sets` a field of the connection (`ct_mark`, `ct_label`), all its bits."""

    field: str
    value: Value

    def __post_init__(self) -> None:
        canonical(field_named(self.field), self.value, None)

    def __str__(self) -> str:
        return f"{self.field}:={_show(self.field, self.value, None)}"


@dataclass(frozen=True, slots=True)
class Move:
    """Copy the lower `bits` bits of a field to the lower bits of another (NXAST_REG_MOVE, both offsets 0)."""

    source: str
    target: str
    bits: int

    def __str__(self) -> str:
        return f"{self.target}[0..{self.bits - 1}]:={self.source}"


@dataclass(frozen=True, slots=True)
class PushVlan:
    """Push a VLAN tag with this ethertype; a `SetField("vlan_vid", 0x1000 | vid)` follows."""

    ethertype: int

    def __str__(self) -> str:
        return f"push_vlan:{self.ethertype:#06x}"


@dataclass(frozen=True, slots=True)
class PopVlan:
    """Remove the outer VLAN tag."""

    def __str__(self) -> str:
        return "pop_vlan"


@dataclass(frozen=True, slots=True)
class Conntrack:
    """NXAST_CT: look the packet up in `zone`; with `commit` enter it and apply `sets` to the connection.

    With `table` the packet goes on there with `ct_state`, `ct_mark` and `ct_label` set (the rule's last action);
    without, the actions go on and OVS clears these fields: no later table of the pass can match on them.
    """

    zone: int
    commit: bool = False
    table: int | None = None
    sets: tuple[SetField, ...] = ()

    def __str__(self) -> str:
        parts = ["commit"] if self.commit else []
        parts.append(f"zone={self.zone}")
        if self.table is not None:
            parts.append(f"table={self.table}")
        if self.sets:
            parts.append(f"exec({','.join(map(str, self.sets))})")
        return f"ct({','.join(parts)})"


@dataclass(frozen=True, slots=True)
class ToGroup:
    """Send the packet through a group."""

    group_id: int

    def __str__(self) -> str:
        return f"group:{self.group_id:#x}"


@dataclass(frozen=True, slots=True)
class GotoTable:
    """Go on in a later table (the instruction OFPIT_GOTO_TABLE); a rule's last action."""

    table: int

    def __str__(self) -> str:
        return f"goto:{self.table}"


Action = Output | OutputField | SetField | Move | PushVlan | PopVlan | Conntrack | ToGroup | GotoTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One flow entry without timeouts. Empty `actions` drop. Actions are applied in order (OFPIT_APPLY_ACTIONS).

    `owner` says what the rule is for (`policy:no-ssh`, `chain:video`, `host:…`, `pipeline`). It is not on the
    switch (its hash is, in the cookie), so it takes no part in comparison.
    """

    table: int
    priority: int
    match: Match
    actions: tuple[Action, ...]
    cookie: int
    owner: str = field(default="", compare=False)

    @property
    def key(self) -> RuleKey:
        """What identifies a rule in a switch."""
        return (self.table, self.priority, self.match)

    def __str__(self) -> str:
        actions = " ".join(map(str, self.actions)) or "drop"
        return f"table={self.table} priority={self.priority} {self.match} → {actions}"


RuleKey = tuple[int, int, Match]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One copy of the packet and what happens to it."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of type `all` (OFPGT_ALL): every bucket gets a copy."""

    group_id: int
    buckets: tuple[Bucket, ...]

    def __str__(self) -> str:
        buckets = "; ".join(" ".join(map(str, bucket.actions)) for bucket in self.buckets)
        return f"group {self.group_id:#x} [{buckets}]"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What one switch holds, desired or installed: rules by table and falling priority, groups by id."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Rule], groups: Iterable[Group] = ()) -> RuleSet:
        """Sort; the same rule twice counts once. Raises `RuleError` if two rules with one key differ."""
        by_key: dict[RuleKey, Rule] = {}
        for rule in rules:
            other = by_key.setdefault(rule.key, rule)
            if other != rule:
                raise RuleError(f"two rules for one match: {other} and {rule}")
        ordered = sorted(by_key.values(), key=lambda rule: (rule.table, -rule.priority, str(rule.match)))
        return cls(tuple(ordered), tuple(sorted(groups, key=lambda group: group.group_id)))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def owners(self) -> dict[int, str]:
        """Cookie to owner, to name rules that come back from a switch."""
        return {rule.cookie: rule.owner for rule in self.rules if rule.owner}


def cookie_of(table: int, owner: str) -> int:
    """64 bits: prefix (16), table (8), hash of the owner (40). The same in every run and on every machine."""
    digest = hashlib.blake2b(owner.encode(), digest_size=5).digest()
    return COOKIE_VALUE | table << 40 | int.from_bytes(digest, "big")


def is_our_cookie(cookie: int) -> bool:
    """Whether a rule with this cookie was made by AppSteer."""
    return cookie & COOKIE_PREFIX_MASK == COOKIE_VALUE


def is_our_group(group_id: int) -> bool:
    """Whether a group with this id was made by AppSteer."""
    return group_id & GROUP_PREFIX_MASK == GROUP_PREFIX


def _show(name: str, value: Value, mask: Value | None) -> str:
    if isinstance(value, int) and (name in _IN_HEX or mask is not None):
        return f"{value:#x}" if mask is None else f"{value:#x}/{mask:#x}"
    if name == ATTRIBUTE:
        return str(attribute_test(value))
    return str(value) if mask is None else f"{value}/{mask}"


_IN_HEX = frozenset({"eth_type", "vlan_vid", "tcp_flags", "ct_state", "ct_mark", "ct_label", "reg0", "l7_app_id"})
