"""Which predicate bits a flow has: look-ups by what the flow says, not a question to every predicate.

Equal values, host suffixes, prefixes and suffixes of texts are found in tables, whatever their number; only texts that
are to be contained and ranges are tried one after the other, those of the attribute at hand.
`ofext.facts.holds` says the same, slowly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from ofext import label, patterns
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AttributeType
from ofext.events import FlowEvent
from ofext.facts import host_of
from ofext.fields import HOST_FIELDS, TEXT_FIELDS, L7Field
from ofext.predicates import Predicate, PredicateTable
from switch_dpi.vocabulary import Vocabulary


class PredicateIndex:
    """The predicates of a table, by attribute and value."""

    def __init__(self, table: PredicateTable, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._attributes: dict[int, _Values] = {}
        self._tags: dict[str, int] = defaultdict(int)
        self._encrypted = {True: 0, False: 0, None: 0}
        self._confidence: list[tuple[int, int, int]] = []
        for predicate, number in table.bits.items():
            self._add(predicate, label.predicate_bit(number))

    def bits(self, event: FlowEvent) -> int:
        """Label bits of the predicates that hold for a flow that has a verdict."""
        found = 0
        for attribute, value in event.metadata:
            values = self._attributes.get(attribute)
            if values is not None:
                found |= values.bits(value)
        if self._tags:
            for tag in self._vocabulary.tags_of(event):
                found |= self._tags.get(tag, 0)
        if self._encrypted[True] | self._encrypted[False]:
            found |= self._encrypted[self._vocabulary.encrypts(event)]
        for wanted, mask, bit in self._confidence:
            if event.confidence & mask == wanted:
                found |= bit
        return found

    def _add(self, predicate: Predicate, bit: int) -> None:
        field = predicate.field
        if field in HOST_FIELDS:
            for attribute in self._vocabulary.fields[field]:
                self._values_of(attribute).add_host(predicate.text, bit)
        elif field in TEXT_FIELDS:
            for attribute in self._vocabulary.fields[field]:
                self._values_of(attribute).folded.add_pattern(predicate.value, bit)
        elif field is L7Field.TAG:
            self._tags[predicate.text] |= bit
        elif field is L7Field.ENCRYPTED:
            self._encrypted[bool(predicate.value[0])] |= bit
        elif field is L7Field.CONFIDENCE:
            self._confidence.append((predicate.value[0], (predicate.mask or b"\xff")[0], bit))
        else:
            self._add_test(AttributeTest.decode(predicate.value), bit)

    def _add_test(self, test: AttributeTest, bit: int) -> None:
        entry = self._vocabulary.attributes.get(test.attribute)
        if entry is None or test.misfit(entry.kind):
            return
        values = self._values_of(test.attribute)
        if test.operation is Operation.PRESENT:
            values.present |= bit
        elif entry.kind == AttributeType.UINT:
            values.add_numbers(test, bit)
        elif entry.kind == AttributeType.STRING:
            values.folded.add_test(test, bit, patterns.fold)
        else:
            values.exact.add_test(test, bit, bytes)

    def _values_of(self, attribute: int) -> _Values:
        return self._attributes.setdefault(attribute, _Values())


class _Values:
    """The predicates on one attribute. `folded` compares without case, `exact` as it is."""

    def __init__(self) -> None:
        self.present = 0
        self.folded = _Bytes()
        self.exact = _Bytes()
        self._hosts: dict[str, int] = defaultdict(int)
        self._below: dict[str, int] = defaultdict(int)
        self._numbers: dict[int, int] = defaultdict(int)
        self._ranges: list[tuple[int, int, int]] = []

    def bits(self, value: bytes) -> int:
        """Of those that hold for a value."""
        found = self.present
        if self._hosts or self._below:
            found |= self._of_host(patterns.normalise_host(host_of(value)))
        if self._numbers or self._ranges:
            number = int.from_bytes(value, "big")
            found |= self._numbers.get(number, 0)
            for low, high, bit in self._ranges:
                if low <= number <= high:
                    found |= bit
        if not self.folded.is_empty:
            found |= self.folded.bits(patterns.fold(value))
        if not self.exact.is_empty:
            found |= self.exact.bits(value)
        return found

    def add_host(self, pattern: str, bit: int) -> None:
        """A host pattern in normal form."""
        if pattern.startswith(patterns.WILDCARD):
            self._below[pattern.removeprefix(patterns.WILDCARD)] |= bit
        else:
            self._hosts[pattern] |= bit

    def add_numbers(self, test: AttributeTest, bit: int) -> None:
        """A test of a number."""
        numbers = [int.from_bytes(each, "big") for each in test.operands]
        if test.operation is Operation.RANGE:
            self._ranges.append((numbers[0], numbers[1], bit))
        else:
            for number in numbers:
                self._numbers[number] |= bit

    def _of_host(self, host: str) -> int:
        found = self._hosts.get(host, 0)
        dot = host.find(".")
        while dot >= 0:
            if dot > 0:
                found |= self._below.get(host[dot + 1 :], 0)
            dot = host.find(".", dot + 1)
        return found


class _Bytes:
    """Comparisons of bytes: tables for equal values, and by size for beginnings and ends."""

    def __init__(self) -> None:
        self.is_empty = True
        self._equal: dict[bytes, int] = defaultdict(int)
        self._starts: dict[int, dict[bytes, int]] = {}
        self._ends: dict[int, dict[bytes, int]] = {}
        self._inside: list[tuple[bytes, int]] = []
        self._ranges: list[tuple[bytes, bytes, int]] = []

    def bits(self, value: bytes) -> int:
        """Of those that hold for a value."""
        found = self._equal.get(value, 0)
        for size, starts in self._starts.items():
            found |= starts.get(value[:size], 0)
        for size, ends in self._ends.items():
            if size <= len(value):
                found |= ends.get(value[len(value) - size :], 0)
        for part, bit in self._inside:
            if part in value:
                found |= bit
        for low, high, bit in self._ranges:
            if len(value) == len(low) and low <= value <= high:
                found |= bit
        return found

    def add_pattern(self, pattern: bytes, bit: int) -> None:
        """A text pattern in normal form."""
        starts, text, ends = patterns.split_text(pattern)
        operation = {
            (False, False): Operation.EQUALS,
            (False, True): Operation.PREFIX,
            (True, False): Operation.SUFFIX,
            (True, True): Operation.CONTAINS,
        }[starts, ends]
        self._add(operation, [text], bit)

    def add_test(self, test: AttributeTest, bit: int, form: Callable[[bytes], bytes]) -> None:
        """A test whose operands are brought into the form in which values are compared."""
        self._add(test.operation, [form(each) for each in test.operands], bit)

    def _add(self, operation: Operation, operands: Iterable[bytes], bit: int) -> None:
        self.is_empty = False
        first, *more = operands
        match operation:
            case Operation.EQUALS | Operation.SET:
                for value in (first, *more):
                    self._equal[value] |= bit
            case Operation.PREFIX:
                by_value = self._starts.setdefault(len(first), defaultdict(int))
                by_value[first] |= bit
            case Operation.SUFFIX:
                by_value = self._ends.setdefault(len(first), defaultdict(int))
                by_value[first] |= bit
            case Operation.CONTAINS:
                self._inside.append((first, bit))
            case Operation.RANGE:
                self._ranges.append((first, more[0], bit))
            case Operation.PRESENT:
                raise AssertionError("needs no value")
