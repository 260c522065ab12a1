"""Which predicate stands behind which bit of the connection label. A predicate is an L7 field that no fixed bits hold.

A table is a value: changing it gives another one, so that the shim and the marking side can each hold a consistent one.
It does not count who uses a predicate: the owner says which ones are still used (`retain`). A bit that was let go is
not given to another predicate until the owner says that no connection carries it any more (`recycle`).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from ofext import oxm, patterns
from ofext.attributes import AttributeTest
from ofext.errors import DecodeError, MatchValueError, OfextError
from ofext.fields import FIELD_NAMES, FIELD_SIZES, HOST_FIELDS, LABEL_FIELDS, MASKABLE_FIELDS, PATTERN_FIELDS, L7Field
from ofext.label import PREDICATE_CAPACITY
from ofext.oxm import Oxm

JSON_VERSION: Final = 2
JSON_VERSION_OF_PATTERNS: Final = 1  # host patterns as text; still read


@dataclass(frozen=True, slots=True, order=True)
class Predicate:
    """A field and its value in normal form, as bytes on the wire; `mask` is empty when all of the value counts."""

    field: L7Field
    value: bytes
    mask: bytes = b""

    @staticmethod
    def of(field: L7Field, pattern: str) -> "Predicate":
        """Of a field whose value is text. Raises MatchValueError when it is not legal, or the field takes no text."""
        return Predicate(field, oxm.l7_pattern(field, pattern).value)

    @staticmethod
    def from_oxm(given: Oxm) -> "Predicate | None":
        """Of a match field in any spelling; None when a mask of zero says that nothing is compared.

        Raises MatchValueError, also for fields that need no predicate.
        """
        try:
            number = L7Field(given.field)
        except ValueError:
            raise MatchValueError(f"l7 field {given.field}", given.payload, "no such field in this version") from None
        name = FIELD_NAMES[number]
        if number in LABEL_FIELDS:
            raise MatchValueError(name, given.payload, "the field has bits of its own")
        if given.has_mask and number not in MASKABLE_FIELDS:
            raise MatchValueError(name, given.payload, "the field has no mask")
        if number in FIELD_SIZES:
            return _of_number(number, given)
        if number is L7Field.ATTR:
            return Predicate(number, AttributeTest.decode(given.value).encode())
        return _of_text(number, given.value)

    def to_oxm(self) -> Oxm:
        """The match field."""
        return oxm.l7_field(self.field, self.value, self.mask)

    @property
    def text(self) -> str:
        """The value for people."""
        if self.field in PATTERN_FIELDS:
            return self.value.decode()
        if self.field is L7Field.ATTR:
            return str(AttributeTest.decode(self.value))
        return f"{self.value[0]}/{self.mask[0]}" if self.mask else str(self.value[0])

    def __str__(self) -> str:
        """For people: `l7_sni=*.example.com`."""
        return f"{FIELD_NAMES[self.field]}={self.text}"


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
    _by_number: Mapping[int, Predicate] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_number", {number: predicate for predicate, number in self.bits.items()})

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

    def recycle(self, cleared: frozenset[int]) -> "PredicateTable":
        """A table in which these retired bits are free again: the caller has cleared them in every connection."""
        kept = self.retired - cleared
        return self if kept == self.retired else PredicateTable(self.bits, kept, self.capacity)

    def number_of(self, predicate: Predicate) -> int | None:
        """The predicate's bit number, or None."""
        return self.bits.get(predicate)

    def predicate_at(self, number: int) -> Predicate | None:
        """The predicate of a bit number, or None."""
        return self._by_number.get(number)

    def holding(self, field: L7Field, host: str) -> frozenset[int]:
        """Bit numbers of the host patterns of `field` that a name fits."""
        if field not in HOST_FIELDS:
            raise MatchValueError(FIELD_NAMES[field], host, "the field takes no host name")
        fitting = (n for p, n in self.bits.items() if p.field is field and patterns.matches(p.text, host))
        return frozenset(fitting)

    def to_json(self) -> str:
        """For keeping over a restart."""
        entries = [{"oxm": p.to_oxm().encode().hex(), "says": str(p), "bit": n} for p, n in sorted(self.bits.items())]
        document = {"version": JSON_VERSION, "capacity": self.capacity, "predicates": entries}
        return json.dumps(document | {"retired": sorted(self.retired)})

    @staticmethod
    def from_json(text: str) -> "PredicateTable":
        """Reads what `to_json` wrote. Raises DecodeError, with offset 0 where the text is JSON but not such a table."""
        try:
            document = json.loads(text)
            read = _READERS[document["version"]]
            bits = {read(entry): int(entry["bit"]) for entry in document["predicates"]}
            table = PredicateTable(MappingProxyType(bits), frozenset(document["retired"]), int(document["capacity"]))
        except json.JSONDecodeError as error:
            raise DecodeError(error.pos, "JSON", text.encode()[error.pos :]) from None
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, OfextError) as error:
            raise DecodeError(0, f"a predicate table ({error!r})", text.encode()) from None
        return _checked(table, text)


def _of_number(number: L7Field, given: Oxm) -> "Predicate | None":
    name, value, mask = FIELD_NAMES[number], given.value, given.mask
    if len(value) != FIELD_SIZES[number] or (mask is not None and len(mask) != FIELD_SIZES[number]):
        raise MatchValueError(name, given.payload, f"a value has {FIELD_SIZES[number]} bytes, and a mask as many")
    if number is L7Field.ENCRYPTED and value[0] > 1:
        raise MatchValueError(name, value[0], "0 or 1")
    if mask is None or mask[0] == _FULL:
        return Predicate(number, value)
    if value[0] & ~mask[0]:
        raise MatchValueError(name, f"{value[0]}/{mask[0]}", "the value has bits outside of the mask")
    return Predicate(number, value, mask) if mask[0] else None


def _of_text(number: L7Field, value: bytes) -> Predicate:
    name = FIELD_NAMES[number]
    if number in HOST_FIELDS and not value.isascii():
        raise MatchValueError(name, value, "a pattern is ASCII; other names are written as A-labels")
    try:
        return Predicate.of(number, value.decode())
    except UnicodeDecodeError as error:
        raise MatchValueError(name, value, f"not UTF-8: {error.reason}") from None


_FULL: Final = 0xFF


def _from_pattern(entry: Mapping[str, Any]) -> Predicate:
    return Predicate.of(L7Field(entry["field"]), entry["pattern"])


def _from_field(entry: Mapping[str, Any]) -> Predicate:
    raw = bytes.fromhex(entry["oxm"])
    given, end = oxm.decode_oxm(raw)
    found = Predicate.from_oxm(given) if oxm.is_l7(given) and end == len(raw) else None
    if found is None:
        raise ValueError("no predicate")
    return found


_READERS: Final[Mapping[int, Callable[[Mapping[str, Any]], Predicate]]] = {
    JSON_VERSION: _from_field,
    JSON_VERSION_OF_PATTERNS: _from_pattern,
}


def _checked(table: PredicateTable, text: str) -> PredicateTable:
    numbers = [*table.bits.values(), *table.retired]
    if not 0 <= table.capacity <= PREDICATE_CAPACITY:
        raise DecodeError(0, f"a capacity of 0 to {PREDICATE_CAPACITY}", text.encode())
    if len(set(numbers)) != len(numbers):
        raise DecodeError(0, "every bit used once", text.encode())
    if not all(isinstance(number, int) and 0 <= number < table.capacity for number in numbers):
        raise DecodeError(0, f"bit numbers below {table.capacity}", text.encode())
    return table
