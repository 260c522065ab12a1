"""Which predicate bits a flow has: look-ups by what the flow says, not a question to every predicate.

Tests of metadata and confidence are the native ``LabelRules``', which engines use too; what follows from a flow's path
(tags, encryption) is found here, and the rules are told. `ofext.facts.holds` says the same, slowly; it is asked where
the rules do not answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

from ofext import label, patterns
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AttributeType
from ofext.events import FlowEvent
from ofext.facts import holds
from ofext.fields import HOST_FIELDS, TEXT_FIELDS, L7Field
from ofext.predicates import Predicate, PredicateTable
from switch_dpi._native import LabelRules
from switch_dpi.vocabulary import Vocabulary

_Form = Literal["host", "text", "bytes", "number"]
_Test = tuple[_Form, Operation, list[bytes]]

_TEXT_OPERATIONS = {
    (False, False): Operation.EQUALS,
    (False, True): Operation.PREFIX,
    (True, False): Operation.SUFFIX,
    (True, True): Operation.CONTAINS,
}
"""By whether a text pattern has a star at its start, and at its end."""


class PredicateIndex:
    """The predicates of a table, by attribute and value."""

    def __init__(self, table: PredicateTable, vocabulary: Vocabulary) -> None:
        self._table = table
        self._vocabulary = vocabulary
        self._tags: dict[str, int] = defaultdict(int)
        self._encrypted = {True: 0, False: 0, None: 0}
        confidences: list[tuple[int, int, int]] = []
        tests: list[tuple[int, _Form, int, list[bytes], int]] = []
        for predicate, number in table.bits.items():
            bit = label.predicate_bit(number)
            if predicate.field is L7Field.TAG:
                self._tags[predicate.text] |= bit
            elif predicate.field is L7Field.ENCRYPTED:
                self._encrypted[bool(predicate.value[0])] |= bit
            elif predicate.field is L7Field.CONFIDENCE:
                confidences.append((predicate.value[0], (predicate.mask or b"\xff")[0], bit))
            else:
                tests += [(attribute, *test, bit) for attribute, test in self._tests_of(predicate)]
        self._has_tests = bool(tests or confidences)
        self._compares_paths = bool(self._tags or self._encrypted[True] | self._encrypted[False])
        self.rules = LabelRules(
            risks=vocabulary.risks, tests=tests, confidences=confidences, by_path=self._compares_paths
        )
        """The same for engines."""

    def bits(self, event: FlowEvent) -> int:
        """Label bits of the predicates that hold for a flow that has a verdict."""
        found = self.rules.bits(event.confidence, event.metadata) if self._has_tests else 0
        if found is None:
            facts = self._vocabulary.facts(event)
            bits = self._table.bits.items()
            return label.predicate_mask(number for predicate, number in bits if holds(predicate, facts))
        return found | self._of_path(event) if self._compares_paths else found

    def _of_path(self, event: FlowEvent) -> int:
        found = self._encrypted[self._vocabulary.encrypts(event)]
        for tag in self._vocabulary.tags_of(event):
            found |= self._tags.get(tag, 0)
        self.rules.learn(event.app_id, event.path, found)
        return found

    def _tests_of(self, predicate: Predicate) -> Iterator[tuple[int, _Test]]:
        """A predicate on metadata as tests of attributes."""
        field = predicate.field
        if field is L7Field.ATTR:
            test = AttributeTest.decode(predicate.value)
            entry = self._vocabulary.attributes.get(test.attribute)
            if entry is not None and not test.misfit(entry.kind):
                yield test.attribute, _of_attribute(test, entry.kind)
            return
        if field not in HOST_FIELDS | TEXT_FIELDS:
            raise AssertionError(f"{field.name} is not about metadata")
        found = _of_host(predicate.text) if field in HOST_FIELDS else _of_text(predicate.value)
        yield from ((attribute, found) for attribute in self._vocabulary.fields[field])


def _of_host(pattern: str) -> _Test:
    """A host pattern in normal form."""
    operation = Operation.SUFFIX if pattern.startswith(patterns.WILDCARD) else Operation.EQUALS
    return "host", operation, [pattern.removeprefix(patterns.WILDCARD).encode()]


def _of_text(pattern: bytes) -> _Test:
    """A text pattern in normal form."""
    starts, text, ends = patterns.split_text(pattern)
    return "text", _TEXT_OPERATIONS[starts, ends], [text]


def _of_attribute(test: AttributeTest, kind: int) -> _Test:
    """Operands are brought into the form in which values of this type are compared."""
    if kind == AttributeType.UINT:
        return "number", test.operation, list(test.operands)
    if kind == AttributeType.STRING:
        return "text", test.operation, [patterns.fold(each) for each in test.operands]
    return "bytes", test.operation, list(test.operands)
