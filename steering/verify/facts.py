"""What predicates can hold together for one flow: names, texts, tags and tests of attributes as true or false.

A flow may have several values of an attribute, and a predicate holds if it does for one of them. So the predicates that
hold for a flow are a union of sets that single values give. For each predicate there are values here that fit it and as
little else as can be; every set of predicates that a flow can have is a union of theirs, and no other set is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ofext import patterns
from ofext.attributes import FIELD_ATTRIBUTES, AttributeTest, Operation
from ofext.catalogue import AttributeEntry, AttributeType
from ofext.facts import FlowFacts, holds
from ofext.fields import HOST_FIELDS, TEXT_FIELDS, L7Field
from ofext.predicates import Predicate
from steering.network import CatalogueView
from steering.policy.attributes import AttributeValue

NUMBERED = (L7Field.CONFIDENCE, L7Field.ENCRYPTED)
"""Predicates about one small number of the flow; they are no row of their own."""

_ADDRESS_SIZES = (4, 16)


@dataclass(frozen=True, slots=True)
class Example:
    """One value of an attribute, and the numbers of the predicates that it fits."""

    entry: AttributeEntry
    value: bytes
    fits: frozenset[int]

    @property
    def readable(self) -> AttributeValue:
        """The value as a policy would write it."""
        if self.entry.kind == AttributeType.UINT:
            return int.from_bytes(self.value, "big")
        if self.entry.kind == AttributeType.IP and len(self.value) in _ADDRESS_SIZES:
            return str(ipaddress.ip_address(self.value))
        return self.value.decode() if self.entry.kind == AttributeType.STRING else self.value


class Vocabulary:
    """The predicates that rules and policy ask for, numbered, with examples of what fits them."""

    def __init__(self, asked: Iterable[Predicate], catalogue: CatalogueView) -> None:
        self.predicates = tuple(sorted({predicate for predicate in asked if predicate.field not in NUMBERED}))
        self._numbers = {predicate: number for number, predicate in enumerate(self.predicates)}
        self._entries = {
            name: AttributeEntry(attribute=view.number, name=name, kind=view.kind)
            for name, view in catalogue.attributes.items()
        }
        self.examples = tuple(self._examples())

    def number_of(self, predicate: Predicate) -> int | None:
        """The number of a predicate; None for one that nobody asked for."""
        return self._numbers.get(predicate)

    def tags(self, held: Iterable[int]) -> frozenset[str]:
        """The tags among predicates."""
        found = (self.predicates[number] for number in held)
        return frozenset(predicate.text for predicate in found if predicate.field is L7Field.TAG)

    def values(self, held: frozenset[int]) -> tuple[Example, ...]:
        """Values of a flow for which these predicates hold, tags left out, and no others."""
        wanted = {number for number in held if self.predicates[number].field is not L7Field.TAG}
        chosen: list[Example] = []
        for example in self.examples:
            if example.fits <= held and example.fits & wanted:
                chosen.append(example)
                wanted -= example.fits
        return tuple(chosen)

    def _examples(self) -> Iterator[Example]:
        asked: dict[AttributeEntry, list[Predicate]] = {}
        for predicate in self.predicates:
            for entry in self._about(predicate):
                asked.setdefault(entry, []).append(predicate)
        for entry, predicates in asked.items():
            for value in sorted(set(_values(entry, predicates))):
                facts = FlowFacts(metadata=((entry, value),))
                fits = frozenset(number for number, other in enumerate(self.predicates) if holds(other, facts))
                if fits:
                    yield Example(entry, value, fits)

    def _about(self, predicate: Predicate) -> Iterator[AttributeEntry]:
        """The attributes that a predicate looks at, of those that differ for any predicate."""
        if predicate.field is L7Field.ATTR:
            number = AttributeTest.decode(predicate.value).attribute
            known = (entry for entry in self._entries.values() if entry.attribute == number)
            yield next(known, AttributeEntry(attribute=number, name=f"attribute-{number}", kind=AttributeType.BYTES))
        elif predicate.field in FIELD_ATTRIBUTES:
            names = FIELD_ATTRIBUTES[predicate.field]
            for name in names:
                plain = AttributeEntry(attribute=0, name=name, kind=AttributeType.STRING)
                if name == names[0] or name in self._entries:
                    yield self._entries.get(name, plain)


def _values(entry: AttributeEntry, predicates: list[Predicate]) -> Iterator[bytes]:
    """Values of one attribute that tell the predicates about it apart."""
    label, letter = _unused(predicates)
    for predicate in predicates:
        if predicate.field in HOST_FIELDS:
            yield predicate.text.replace(patterns.WILDCARD, f"{label}.", 1).encode()
        elif predicate.field in TEXT_FIELDS:
            starts, text, ends = patterns.split_text(predicate.value)
            yield letter * starts + text + letter * ends
        else:
            yield from _tested(AttributeTest.decode(predicate.value), entry.kind, letter)
    if entry.kind == AttributeType.UINT:
        yield from _around(predicates)


def _tested(test: AttributeTest, kind: int, letter: bytes) -> Iterator[bytes]:
    """Values that pass a test, and few others."""
    if test.operation is Operation.PRESENT:
        yield from (letter, letter * 4, letter * 16)
    for operand in test.operands:
        yield operand
        if kind == AttributeType.IP:
            yield from (operand.ljust(size, fill) for size in _ADDRESS_SIZES for fill in (b"\0", b"\xff", letter))
        match test.operation:
            case Operation.PREFIX:
                yield operand + letter
            case Operation.SUFFIX:
                yield letter + operand
            case Operation.CONTAINS:
                yield letter + operand + letter
            case Operation.RANGE if kind != AttributeType.UINT:
                yield from _next_to(int.from_bytes(operand, "big"), len(operand))


def _around(predicates: list[Predicate]) -> Iterator[bytes]:
    """Numbers at, below and above each number that is compared with; between them nothing changes."""
    for predicate in predicates:
        if predicate.field is L7Field.ATTR:
            for operand in AttributeTest.decode(predicate.value).operands:
                yield from _next_to(int.from_bytes(operand, "big"), 8)


def _next_to(number: int, size: int) -> Iterator[bytes]:
    for near in (number - 1, number, number + 1):
        if 0 <= near < 1 << 8 * size:
            yield near.to_bytes(size, "big")


def _unused(predicates: list[Predicate]) -> tuple[str, bytes]:
    """A label and a letter that no predicate contains, so that nothing fits by accident what is made with them."""
    said = b"".join(predicate.value for predicate in predicates)
    label = "x"
    while label.encode() in said:
        label += "x"
    letter = next((bytes([code]) for code in b"~^|_#%&!=+zyxwvutsrqponml9876543210" if code not in said), b"\x7f")
    return label, letter


def facts_of(
    vocabulary: Vocabulary, held: frozenset[int], confidence: int, encrypted: bool | None
) -> tuple[FlowFacts, Mapping[str, tuple[AttributeValue, ...]]]:
    """A flow for which just these predicates hold: as an agent has it, and its attributes as a policy writes them."""
    examples = vocabulary.values(held)
    by_name: dict[str, tuple[AttributeValue, ...]] = {}
    for example in examples:
        by_name[example.entry.name] = (*by_name.get(example.entry.name, ()), example.readable)
    facts = FlowFacts(
        metadata=tuple((example.entry, example.value) for example in examples),
        tags=vocabulary.tags(held),
        confidence=confidence,
        is_encrypted=encrypted,
    )
    return facts, by_name
