"""What is known of a flow, and whether a predicate holds for it: the reference that every faster way agrees with."""

from collections.abc import Iterator
from dataclasses import dataclass

from ofext import patterns
from ofext.attributes import FIELD_ATTRIBUTES, AttributeTest
from ofext.catalogue import AttributeEntry
from ofext.fields import HOST_FIELDS, TEXT_FIELDS, L7Field
from ofext.predicates import Predicate

Metadata = tuple[tuple[AttributeEntry, bytes], ...]
"""Attributes with their values; as often as there are values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFacts:
    """A flow with a verdict (a guess is one); of a flow without one no predicate holds."""

    metadata: Metadata = ()
    tags: frozenset[str] = frozenset()
    """Of the application and of the protocols on the path."""
    confidence: int = 0
    """0 to 100."""
    is_encrypted: bool | None = None
    """None: no protocol is known that could say so."""


def holds(predicate: Predicate, facts: FlowFacts) -> bool:
    """Whether the flow is what the predicate says."""
    field = predicate.field
    if field in HOST_FIELDS:
        return any(patterns.matches(predicate.text, host_of(value)) for value in _values(field, facts.metadata))
    if field in TEXT_FIELDS:
        return any(patterns.text_matches(predicate.value, value) for value in _values(field, facts.metadata))
    if field is L7Field.TAG:
        return predicate.text in facts.tags
    if field is L7Field.CONFIDENCE:
        return facts.confidence & (predicate.mask or b"\xff")[0] == predicate.value[0]
    if field is L7Field.ENCRYPTED:
        return facts.is_encrypted is bool(predicate.value[0])
    test = AttributeTest.decode(predicate.value)
    return any(entry.attribute == test.attribute and test.holds(entry.kind, value) for entry, value in facts.metadata)


def host_of(value: bytes) -> str:
    """A host name in metadata; what is not UTF-8 in it fits no pattern."""
    return value.decode("utf-8", errors="replace")


def _values(field: L7Field, metadata: Metadata) -> Iterator[bytes]:
    names = FIELD_ATTRIBUTES[field]
    return (value for entry, value in metadata if entry.name in names)
