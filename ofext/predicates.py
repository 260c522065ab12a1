"""Which metadata pattern stands behind which predicate bit of the connection label.

A table is a value: changing it gives another one, so that the shim and the marking side can each hold a consistent one.
It does not count who uses a pattern: the owner says which ones its rules still use (`retain`). A bit that was let go is
not given to another pattern until the owner says that no connection carries it any more (`recycle`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ofext import patterns
from ofext.errors import DecodeError, MatchValueError
from ofext.label import PREDICATE_CAPACITY
from ofext.oxm import FIELD_NAMES, PATTERN_FIELDS, L7Field

JSON_VERSION: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class Predicate:
    """A field and the pattern that its value must fit, in normal form (`ofext.patterns`)."""

    field: L7Field
    pattern: str

    @staticmethod
    def of(field: L7Field, pattern: str) -> "Predicate":
        """Normalises the pattern. Raises MatchValueError when it is none, or the field has no patterns."""
        if field not in PATTERN_FIELDS:
            raise MatchValueError(FIELD_NAMES[field], pattern, "the field takes no pattern")
        return Predicate(field, patterns.normalise(pattern, FIELD_NAMES[field]))

    def holds(self, host: str) -> bool:
        """Whether a value of the field fits the pattern."""
        return patterns.matches(self.pattern, host)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFull:
    """There was no free bit for `predicate`. `retired` bits could be freed with `PredicateTable.recycle`."""

    predicate: Predicate
    capacity: int
    retired: int


@dataclass(frozen=True, slots=True)
class PredicateTable:
    """`bits` maps a predicate to its number (0 to 95), `retired` holds numbers in quarantine."""

    bits: Mapping[Predicate, int] = field(default_factory=lambda: MappingProxyType({}))
    retired: frozenset[int] = frozenset()
    capacity: int = PREDICATE_CAPACITY

    def with_predicates(self, wanted: Iterable[Predicate]) -> "PredicateTable | TableFull":
        """A table in which all of `wanted` have a bit (this one, when they have already), or TableFull."""
        new = [predicate for predicate in dict.fromkeys(wanted) if predicate not in self.bits]
        if not new:
            return self
        taken = self.retired.union(self.bits.values())
        free = [number for number in range(self.capacity) if number not in taken]
        if len(new) > len(free):
            return TableFull(predicate=new[len(free)], capacity=self.capacity, retired=len(self.retired))
        grown = {**self.bits, **dict(zip(new, free, strict=False))}
        return PredicateTable(MappingProxyType(grown), self.retired, self.capacity)

    def retain(self, used: Iterable[Predicate]) -> "PredicateTable":
        """A table with only those of its predicates that are `used`; the bits of the others are retired."""
        keep = set(used)
        kept = {predicate: number for predicate, number in self.bits.items() if predicate in keep}
        if len(kept) == len(self.bits):
            return self
        retired = self.retired.union(set(self.bits.values()) - set(kept.values()))
        return PredicateTable(MappingProxyType(kept), retired, self.capacity)

    def recycle(self) -> "PredicateTable":
        """A table whose retired bits are free again: the caller has cleared them in every connection."""
        return PredicateTable(self.bits, frozenset(), self.capacity) if self.retired else self

    def number_of(self, predicate: Predicate) -> int | None:
        """The predicate's bit number, or None."""
        return self.bits.get(predicate)

    def predicate_at(self, number: int) -> Predicate | None:
        """The predicate of a bit number, or None."""
        return next((predicate for predicate, own in self.bits.items() if own == number), None)

    def holding(self, field: L7Field, host: str) -> frozenset[int]:
        """Bit numbers of the predicates that a value of `field` fits: what to set in the label of its flow."""
        return frozenset(n for p, n in self.bits.items() if p.field == field and p.holds(host))

    def to_json(self) -> str:
        """For keeping over a restart."""
        entries = [{"field": int(p.field), "pattern": p.pattern, "bit": n} for p, n in sorted(self.bits.items())]
        document = {"version": JSON_VERSION, "capacity": self.capacity, "predicates": entries}
        return json.dumps(document | {"retired": sorted(self.retired)})

    @staticmethod
    def from_json(text: str) -> "PredicateTable":
        """Reads what `to_json` wrote. Raises DecodeError, with offset 0 where the text is JSON but not such a table."""
        try:
            document = json.loads(text)
            bits = {
                Predicate.of(L7Field(entry["field"]), entry["pattern"]): int(entry["bit"])
                for entry in document["predicates"]
            }
            table = PredicateTable(MappingProxyType(bits), frozenset(document["retired"]), int(document["capacity"]))
            version = document["version"]
        except json.JSONDecodeError as error:
            raise DecodeError(error.pos, "JSON", text.encode()[error.pos :]) from None
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            RecursionError,
            MatchValueError,
        ) as error:
            raise DecodeError(0, f"a predicate table ({error!r})", text.encode()) from None
        if version != JSON_VERSION:
            raise DecodeError(0, f"a predicate table of version {JSON_VERSION}", text.encode())
        return _checked(table, text)


def _checked(table: PredicateTable, text: str) -> PredicateTable:
    numbers = [*table.bits.values(), *table.retired]
    if not 0 <= table.capacity <= PREDICATE_CAPACITY:
        raise DecodeError(0, f"a capacity of 0 to {PREDICATE_CAPACITY}", text.encode())
    if len(set(numbers)) != len(numbers):
        raise DecodeError(0, "every bit used once", text.encode())
    if not all(isinstance(number, int) and 0 <= number < table.capacity for number in numbers):
        raise DecodeError(0, f"bit numbers below {table.capacity}", text.encode())
    return table
