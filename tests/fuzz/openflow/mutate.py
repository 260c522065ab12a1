"""Damages messages as a hostile or broken peer might: lengths, types, versions, nesting, pieces of other messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from ofext.openflow.header import HEADER_SIZE, MAX_MESSAGE_SIZE
from tests.fuzz.openflow import seeds

EDGES: Final = (0, 1, 3, 4, 7, 8, 9, 15, 16, 0x7FFF, 0x8000, 0xFFF8, 0xFFFF)
MAX_NESTING: Final = 6
MAX_DAMAGES: Final = 3
WHOLE_SHARE: Final = 0.2  # of messages that stay as they are
LOST_SHARE: Final = 0.004  # of messages whose length does not hold, so that what follows is cut elsewhere


def message(random: Random, known: Sequence[bytes]) -> bytes:
    """One of the messages, perhaps damaged."""
    made = random.choice(known)
    if random.random() < WHOLE_SHARE:
        return made
    for _ in range(random.randint(1, MAX_DAMAGES)):
        made = random.choice(DAMAGES)(random, made, known)
    return lost(random, made) if random.random() < LOST_SHARE else made


def lost(random: Random, made: bytes) -> bytes:
    """The length of the header is wrong, or the end is missing."""
    if random.random() < 0.5:
        return made[: random.randrange(len(made))]
    return made[:2] + random.choice((*EDGES, len(made) + 1, len(made) - 1)).to_bytes(2, "big") + made[4:]


def framed(made: bytes) -> bytes:
    """With its true length in the header, cut where there is no room for more."""
    made = made[:MAX_MESSAGE_SIZE].ljust(HEADER_SIZE, b"\0")
    return made[:2] + len(made).to_bytes(2, "big") + made[4:]


def _bytes(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    damaged = bytearray(made)
    for _ in range(random.randint(1, 4)):
        damaged[random.randrange(len(made))] = random.randrange(256)
    return framed(bytes(damaged))


def _number(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    """A length inside of the message, most of them 16 bits at an even offset."""
    size = random.choice((1, 2, 2, 2, 4))
    at = random.randrange(0, len(made), 2)
    value = random.choice((*EDGES, len(made), len(made) - at, random.randrange(0x10000))) % (1 << 8 * size)
    return framed(made[:at] + value.to_bytes(size, "big") + made[at + size :])


def _cut(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    return framed(made[: random.randint(HEADER_SIZE, len(made))])


def _longer(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    return framed(made + random.randbytes(random.choice((1, 4, 8, 60))))


def _oversized(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    if random.random() < 0.97:  # moving 64 KiB takes as long as a hundred others
        return framed(made + made[HEADER_SIZE:])
    return framed(made + made[HEADER_SIZE:] * (MAX_MESSAGE_SIZE // len(made)) + bytes(random.randrange(8)))


def _type(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    return made[:1] + bytes([random.choice((random.randrange(40), random.randrange(256)))]) + made[2:]


def _version(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    return bytes([random.choice((0, 1, 4, 5, 6, 7, 255))]) + made[1:]


def _xid(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    return made[:4] + random.randrange(4).to_bytes(4, "big") + made[8:]


def _spliced(random: Random, made: bytes, known: Sequence[bytes]) -> bytes:
    other = random.choice(known)
    return framed(made[: random.randrange(len(made))] + other[random.randrange(len(other)) :])


def _repeated(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    at = random.randrange(HEADER_SIZE, len(made) + 1)
    return framed(made[:at] + made[at : at + random.choice((4, 8, 12, 16, 40))] * random.randint(2, 4) + made[at:])


def _with_needle(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    at = random.randrange(HEADER_SIZE, len(made) + 1)
    needle = random.choice(seeds.needles())
    return framed(made[:at] + needle + made[at + random.choice((0, len(needle))) :])


def _nested(random: Random, made: bytes, _: Sequence[bytes]) -> bytes:
    version = made[0]
    for _ in range(random.randint(1, MAX_NESTING)):
        if len(made) > MAX_MESSAGE_SIZE - 64:
            break
        wrap = random.choice((seeds.bundled, seeds.error))
        made = wrap(random.choice((version, 4, 5)), made)
    return made


DAMAGES: Final[tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...]] = (
    *(_bytes, _bytes, _number, _number, _number, _cut, _longer, _oversized),
    *(_type, _version, _xid, _spliced, _repeated, _with_needle, _with_needle, _nested),
)
