"""Identifiers of the vocabulary: the experimenter, App-IDs (RFC 6759) and the states of a verdict.

Numbers that travel on the wire or stand in a switch's connection tracker; see docs/contracts.md §1.
"""

from enum import IntEnum
from typing import Final, NewType

from ofext.errors import EncodeError

EXPERIMENTER_ID: Final = 0x000A4C37
"""In OUI form (OpenFlow 1.3 §7.5.4): 0A-4C-37 has the locally administered bit, so nobody is assigned it."""
EXPERIMENTER_BYTES: Final = EXPERIMENTER_ID.to_bytes(4, "big")

AppId = NewType("AppId", int)
"""Application id, 32 bits (RFC 6759 §4): 8 bits classification engine, 24 bits selector."""


class Engine(IntEnum):
    """Classification engine ids (RFC 6759 §4.1). Others may appear and are kept as numbers."""

    IANA_L3 = 1
    IANA_L4 = 3
    USER_DEFINED = 6
    L7 = 20  # PANA-L7-PEN: this project's registry


class State(IntEnum):
    """State of a verdict, 3 bits; bit 0 means settled. `ENDED` stands on the wire only, never in a label."""

    INSPECTING = 0b000
    FINAL = 0b001
    GUESSED = 0b010
    REVISED = 0b011
    GAVE_UP = 0b101
    ENDED = 0b111


SETTLED: Final = 0b001
"""The bit of a state that says that inspection is over: value and mask of the match `l7_state=0/1`."""

NOT_CLASSIFIED: Final = AppId(0)
UNKNOWN_APP: Final = AppId(Engine.L7 << 24)
"""Inspected without a result."""

MAX_ENGINE: Final = 0xFF
MAX_SELECTOR: Final = 0xFFFFFF


def app_id(engine: int, selector: int) -> AppId:
    """Joins engine and selector. Raises EncodeError when one is out of range."""
    if not 0 <= engine <= MAX_ENGINE:
        raise EncodeError("engine", engine, f"0 to {MAX_ENGINE}")
    if not 0 <= selector <= MAX_SELECTOR:
        raise EncodeError("selector", selector, f"0 to {MAX_SELECTOR}")
    return AppId(engine << 24 | selector)


def engine_of(app: int) -> int:
    """Classification engine id of an App-ID."""
    return app >> 24


def selector_of(app: int) -> int:
    """Selector id of an App-ID within its engine."""
    return app & MAX_SELECTOR


def format_app_id(app: int) -> str:
    """For people: `20/10001`."""
    return f"{engine_of(app)}/{selector_of(app)}"


def parse_app_id(text: str) -> AppId:
    """Reads `20/10001`. Raises EncodeError for anything else."""
    engine, slash, selector = text.partition("/")
    if not (slash and _is_number(engine) and _is_number(selector)):
        raise EncodeError("app_id", text, "engine/selector, both decimal numbers, such as 20/10001")
    return app_id(int(engine), int(selector))


def is_settled(state: int) -> bool:
    """Whether inspection of the flow is over."""
    return bool(state & SETTLED)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
