"""Layout of the 128-bit `ct_label` of a connection in the edge zone. Owns the bits; knows nothing of matches.

Bit 0 is the least significant bit of the label as a number; on the wire the label is 16 bytes, big-endian.

| bits | what |
|---|---|
| 0–2 | state |
| 3–10 | category |
| 11–18 | risk |
| 19–26 | chain epoch |
| 27–31 | zero in every connection; matches compare them to say where they came from (ofext.lowering) |
| 32–127 | predicates: bit 32 + n is predicate n |
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ofext.errors import EncodeError

LABEL_SIZE: Final = 16  # bytes
LABEL_BITS: Final = 128

STATE_SHIFT: Final = 0
STATE_BITS: Final = 3
CATEGORY_SHIFT: Final = 3
CATEGORY_BITS: Final = 8
RISK_SHIFT: Final = 11
RISK_BITS: Final = 8
EPOCH_SHIFT: Final = 19
EPOCH_BITS: Final = 8
RESERVED_SHIFT: Final = 27
RESERVED_BITS: Final = 5
PREDICATES_SHIFT: Final = 32
PREDICATE_CAPACITY: Final = 96

STATE_MASK: Final = ((1 << STATE_BITS) - 1) << STATE_SHIFT
CATEGORY_MASK: Final = ((1 << CATEGORY_BITS) - 1) << CATEGORY_SHIFT
RISK_MASK: Final = ((1 << RISK_BITS) - 1) << RISK_SHIFT
EPOCH_MASK: Final = ((1 << EPOCH_BITS) - 1) << EPOCH_SHIFT
RESERVED_MASK: Final = ((1 << RESERVED_BITS) - 1) << RESERVED_SHIFT
PREDICATES_MASK: Final = ((1 << PREDICATE_CAPACITY) - 1) << PREDICATES_SHIFT
LABEL_MASK: Final = (1 << LABEL_BITS) - 1

VERDICT_MASK: Final = STATE_MASK | CATEGORY_MASK | RISK_MASK | PREDICATES_MASK
"""What a mark writes: everything that the engine decides. The epoch belongs to the controller's chains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label says. `predicates` are numbers of predicates that hold, 0 to 95."""

    state: int = 0
    category: int = 0
    risk: int = 0
    epoch: int = 0
    predicates: frozenset[int] = field(default_factory=frozenset)

    def pack(self) -> int:
        """The label as a number. Raises EncodeError when a part is out of range."""
        return (
            _part("state", self.state, STATE_SHIFT, STATE_BITS)
            | _part("category", self.category, CATEGORY_SHIFT, CATEGORY_BITS)
            | _part("risk", self.risk, RISK_SHIFT, RISK_BITS)
            | _part("epoch", self.epoch, EPOCH_SHIFT, EPOCH_BITS)
            | predicate_mask(self.predicates)
        )

    @staticmethod
    def unpack(label: int) -> "Label":
        """Reads a label; the reserved bits are not looked at."""
        return Label(
            state=(label & STATE_MASK) >> STATE_SHIFT,
            category=(label & CATEGORY_MASK) >> CATEGORY_SHIFT,
            risk=(label & RISK_MASK) >> RISK_SHIFT,
            epoch=(label & EPOCH_MASK) >> EPOCH_SHIFT,
            predicates=frozenset(predicates_in(label)),
        )


def predicate_bit(number: int) -> int:
    """The label bit of predicate `number`, as a mask. Raises EncodeError when there is no such predicate."""
    if not 0 <= number < PREDICATE_CAPACITY:
        raise EncodeError("predicate", number, f"0 to {PREDICATE_CAPACITY - 1}")
    return 1 << (PREDICATES_SHIFT + number)


def predicate_mask(numbers: Iterable[int]) -> int:
    """The label bits of several predicates, as one mask."""
    mask = 0
    for number in numbers:
        mask |= predicate_bit(number)
    return mask


def predicates_in(label: int) -> Iterator[int]:
    """Numbers of the predicates whose bits are set, ascending."""
    bits = (label & PREDICATES_MASK) >> PREDICATES_SHIFT
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _part(name: str, value: int, shift: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise EncodeError(name, value, f"{bits} bits")
    return value << shift
