"""Numbers for chains and positions on them.

A position is (chain, direction, hop), 12 bits: chain 7, direction 1, hop 4. It is in `reg0` inside a switch and
in the VID of a service tag between switches. Chain 0 is no chain: VID 1 then means that a host's own tag is
carried below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from steering.errors import CompileError
from steering.policy.model import MAX_CHAINS

CARRIER_VID = 1
POSITION_BITS = 12
LABEL_SHIFT = 19  # in the service zone's ct_label: bits 19–25, a part of `ofext.label`'s epoch, which no L7 field reads
LABEL_MASK = 0x7F << LABEL_SHIFT


@dataclass(frozen=True, slots=True)
class Position:
    """Where a packet is on its chain: about to enter function `hop` in its direction."""

    chain: int
    reverse: bool
    hop: int

    @property
    def number(self) -> int:
        """The 12 bits."""
        return self.chain << 5 | self.reverse << 4 | self.hop

    @classmethod
    def from_number(cls, number: int) -> Position:
        """The inverse of `number`."""
        return cls(number >> 5 & 0x7F, bool(number >> 4 & 1), number & 0xF)


def chain_numbers(names: Iterable[str]) -> dict[str, int]:
    """A number from 1 to 126 for each chain.

    The number follows from the name, not from the order, so that adding a chain seldom changes the others' (only
    if both want the same number): packets on their way keep the right position while a new policy is installed.
    """
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for name in sorted(set(names)):
        if len(taken) == MAX_CHAINS:
            raise CompileError(f"chain {name!r} is one too many: there is room for {MAX_CHAINS}")
        number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") % MAX_CHAINS + 1
        while number in taken:
            number = number % MAX_CHAINS + 1
        taken.add(number)
        numbers[name] = number
    return numbers
