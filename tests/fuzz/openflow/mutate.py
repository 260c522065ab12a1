"""Damages messages as a hostile or broken peer might: lengths, types, versions, nesting, pieces of other messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeVar

from ofext.openflow.header import HEADER_SIZE, MAX_MESSAGE_SIZE
from tests.fuzz.openflow import seeds

EDGES: Final = (0, 1, 3, 4, 7, 8, 9, 15, 16, 0x7FFF, 0x8000, 0xFFF8, 0xFFFF)
MAX_NESTING: Final = 6
MAX_DAMAGES: Final = 3
WHOLE_SHARE: Final = 0.2  # of messages that stay as they are
LOST_SHARE: Final = 0.004  # of messages whose length does not hold, so that what follows is cut elsewhere


T = TypeVar("T")


class Dice(Random):
    """Random's own ways to pick take five times as long, and their fairness to the last bit is of no use here."""

    def below(self, limit: int) -> int:
        """0 to `limit` - 1."""
        return int(self.random() * limit)

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self.random() * len(choices))]


def message(dice: Dice, known: Sequence[bytes]) -> bytes:
    """One of the messages, perhaps damaged."""
    made = dice.pick(known)
    if dice.random() < WHOLE_SHARE:
        return made
    for _ in range(1 + dice.below(MAX_DAMAGES)):
        made = dice.pick(DAMAGES)(dice, made, known)
    return lost(dice, made) if dice.random() < LOST_SHARE else made


def lost(dice: Dice, made: bytes) -> bytes:
    """The length of the header is wrong, or the end is missing."""
    if dice.random() < 0.5:
        return made[: dice.below(len(made))]
    return made[:2] + dice.pick((*EDGES, len(made) + 1, len(made) - 1)).to_bytes(2, "big") + made[4:]


def framed(made: bytes) -> bytes:
    """With its true length in the header, cut where there is no room for more."""
    made = made[:MAX_MESSAGE_SIZE].ljust(HEADER_SIZE, b"\0")
    return made[:2] + len(made).to_bytes(2, "big") + made[4:]


def _bytes(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    damaged = bytearray(made)
    for _ in range(1 + dice.below(4)):
        damaged[dice.below(len(made))] = dice.below(256)
    return framed(bytes(damaged))


def _number(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    """A length inside of the message, most of them 16 bits at an even offset."""
    size = dice.pick((1, 2, 2, 2, 4))
    at = 2 * dice.below(len(made) // 2)
    value = dice.pick((*EDGES, len(made), len(made) - at, dice.below(0x10000))) % (1 << 8 * size)
    return framed(made[:at] + value.to_bytes(size, "big") + made[at + size :])


def _cut(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    return framed(made[: HEADER_SIZE + dice.below(len(made) - HEADER_SIZE + 1)])


def _longer(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    return framed(made + dice.randbytes(dice.pick((1, 4, 8, 60))))


def _oversized(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    if dice.random() < 0.97:  # moving 64 KiB takes as long as a hundred others
        return framed(made + made[HEADER_SIZE:])
    return framed(made + made[HEADER_SIZE:] * (MAX_MESSAGE_SIZE // len(made)) + bytes(dice.below(8)))


def _type(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    return made[:1] + bytes([dice.pick((dice.below(40), dice.below(256)))]) + made[2:]


def _version(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    return bytes([dice.pick((0, 1, 4, 5, 6, 7, 255))]) + made[1:]


def _xid(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    return made[:4] + dice.below(4).to_bytes(4, "big") + made[8:]


def _spliced(dice: Dice, made: bytes, known: Sequence[bytes]) -> bytes:
    other = dice.pick(known)
    return framed(made[: dice.below(len(made))] + other[dice.below(len(other)) :])


def _repeated(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    at = HEADER_SIZE + dice.below(len(made) - HEADER_SIZE + 1)
    return framed(made[:at] + made[at : at + dice.pick((4, 8, 12, 16, 40))] * (2 + dice.below(3)) + made[at:])


def _with_needle(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    at = HEADER_SIZE + dice.below(len(made) - HEADER_SIZE + 1)
    needle = dice.pick(seeds.needles())
    return framed(made[:at] + needle + made[at + dice.pick((0, len(needle))) :])


def _nested(dice: Dice, made: bytes, _: Sequence[bytes]) -> bytes:
    version = made[0]
    for _ in range(1 + dice.below(MAX_NESTING)):
        if len(made) > MAX_MESSAGE_SIZE - 64:
            break
        wrap = dice.pick((seeds.bundled, seeds.error))
        made = wrap(dice.pick((version, 4, 5)), made)
    return made


DAMAGES: Final[tuple[Callable[[Dice, bytes, Sequence[bytes]], bytes], ...]] = (
    *(_bytes, _bytes, _number, _number, _number, _cut, _longer, _oversized),
    *(_type, _version, _xid, _spliced, _repeated, _with_needle, _with_needle, _nested),
)
