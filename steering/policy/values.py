"""The values of match conditions: how they are written, and the one form in which they are kept.

Each type says in its error what it expects. Addresses and patterns are normalised, so that equal conditions are equal.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import core_schema

from ofext import patterns
from ofext.errors import MatchValueError
from ofext.ids import Engine as EngineNumber
from ofext.ids import State

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "sctp": 132}  # IANA protocol numbers; `icmp` stands for ICMPv6 too
ICMPV6 = 58
WITH_PORTS = {PROTOCOLS[name]: name for name in ("tcp", "udp", "sctp")}

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){4}", re.ASCII)
_RANGE = re.compile(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", re.ASCII)

_SPAN = re.compile(r"\s*(0x[0-9a-fA-F]+|\d+)\s*-\s*(0x[0-9a-fA-F]+|\d*)\s*", re.ASCII)
ENGINES = {number.name.lower().replace("_", "-"): int(number) for number in EngineNumber}
STATES = tuple(state.name.lower() for state in State if state not in (State.INSPECTING, State.ENDED))
MAX_RISK = 0xFF  # 8 bits of ct_label
MAX_CONFIDENCE = 100
MAX_NUMBER = 2**64 - 1  # of an attribute

T = TypeVar("T")


def _port(value: object) -> str | int:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise ValueError("expected the name or the number of a port")


def _mac(value: object) -> str:
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise ValueError("expected a MAC address such as 02:00:00:00:00:01")
    return value.lower().replace("-", ":")


def _network(value: object) -> str:
    if isinstance(value, str) and "%" not in value:  # a zone (RFC 4007 §11) has a meaning inside one host only
        try:
            return str(ipaddress.ip_network(value))
        except ValueError as error:
            if "host bits" in str(error):
                near = ipaddress.ip_network(value, strict=False)
                raise ValueError(f"expected a network, and this one has host bits set; its network is {near}") from None
    raise ValueError("expected an IPv4 or IPv6 address or network such as 10.0.0.0/8 or 2001:db8::/32")


def _protocol(value: object) -> int:
    """The protocol number; `icmp` is 1, and means ICMPv6 in IPv6."""
    if isinstance(value, str) and value.lower() in PROTOCOLS:
        return PROTOCOLS[value.lower()]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255:
        return value
    raise ValueError(f"expected {', '.join(PROTOCOLS)} or a protocol number from 0 to 255")


def _port_range(value: object) -> tuple[int, int]:
    if isinstance(value, tuple):
        first, last = value
    elif isinstance(value, str) and (found := _RANGE.fullmatch(value)):
        first, last = int(found[1]), int(found[2])
    elif isinstance(value, int) and not isinstance(value, bool):
        first = last = value
    else:
        raise ValueError("expected a port number or a range such as 8000-8100")
    if not 0 <= first <= last <= 0xFFFF:
        raise ValueError("expected port numbers from 0 to 65535, the smaller first")
    return first, last


def _normal(normalise: Callable[[str], str], expected: str) -> Callable[[object], str]:
    """Brings texts of one kind into their normal form."""

    def normal(value: object) -> str:
        if isinstance(value, str):
            try:
                return normalise(value)
            except MatchValueError as error:
                raise ValueError(str(error)) from None
        raise ValueError(expected)

    return normal


_pattern = _normal(patterns.normalise, "expected a host name such as www.example.com, or *.example.com")
_text_pattern = _normal(patterns.normalise_text, "expected a text, perhaps with * at either end")
_tag = _normal(patterns.normalise_tag, "expected the key of a tag")


def _engine(value: object) -> int:
    if isinstance(value, str) and value.lower() in ENGINES:
        return ENGINES[value.lower()]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 0xFF:
        return value
    raise ValueError(f"expected {', '.join(ENGINES)} or an engine's number from 1 to 255")


def _state(value: object) -> str:
    if not isinstance(value, str) or value.lower() not in STATES:
        raise ValueError(f"expected {', '.join(STATES)} (what happens before is said by while_inspecting)")
    return value.lower()


def _number_span(most: int) -> BeforeValidator:
    """A number, `low-high`, `low-` (to the highest), or a list of both ends."""

    def read(value: object) -> tuple[int, int]:
        low: object
        high: object
        if isinstance(value, str) and (found := _SPAN.fullmatch(value)):
            low, high = int(found[1], 0), int(found[2], 0) if found[2] else most
        elif isinstance(value, list | tuple) and len(value) == 2:
            low, high = value
        else:
            low = high = value
        if type(low) is int and type(high) is int and 0 <= low <= high <= most:
            return low, high
        raise ValueError(f"expected a number or a range such as 60-80 or 60-, from 0 to {most}, the smaller first")

    return BeforeValidator(read)


def _operand(value: object) -> str | int:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise ValueError("expected a text or a number")


def _as_list(value: object) -> object:
    """One value as a list of it."""
    return value if isinstance(value, list | tuple) else [value]


class _OneOrMoreSchema:
    """Lets the JSON Schema say what validation does: one value, or a list of them."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        many: dict[str, Any] = handler(schema)
        return {"anyOf": [many.get("items", {}), many]}


OneOrMore = Annotated[tuple[T, ...], Field(min_length=1), BeforeValidator(_as_list), _OneOrMoreSchema]

Port = Annotated[str | int, BeforeValidator(_port)]
Mac = Annotated[str, BeforeValidator(_mac), WithJsonSchema({"type": "string", "pattern": f"^{_MAC.pattern}$"})]
Network = Annotated[str, BeforeValidator(_network), WithJsonSchema({"type": "string", "examples": ["10.0.0.0/8"]})]
Protocol = Annotated[
    int,
    BeforeValidator(_protocol),
    WithJsonSchema({"anyOf": [{"enum": list(PROTOCOLS)}, {"type": "integer", "minimum": 0, "maximum": 255}]}),
]
PortRange = Annotated[
    tuple[int, int],
    BeforeValidator(_port_range),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 65535}, {"type": "string", "pattern": _RANGE.pattern}]}
    ),
]
Pattern = Annotated[str, BeforeValidator(_pattern), WithJsonSchema({"type": "string", "examples": ["*.example.com"]})]
TextPattern = Annotated[
    str, BeforeValidator(_text_pattern), WithJsonSchema({"type": "string", "examples": ["/api/*", "*curl*"]})
]
Tag = Annotated[str, BeforeValidator(_tag), WithJsonSchema({"type": "string", "examples": ["encrypted"]})]
Engine = Annotated[
    int,
    BeforeValidator(_engine),
    WithJsonSchema({"anyOf": [{"enum": list(ENGINES)}, {"type": "integer", "minimum": 1, "maximum": 255}]}),
]
VerdictState = Annotated[str, BeforeValidator(_state), WithJsonSchema({"enum": list(STATES)})]
Operand = Annotated[
    str | int, BeforeValidator(_operand), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})
]


def _span_schema(most: int) -> WithJsonSchema:
    number = {"type": "integer", "minimum": 0, "maximum": most}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": f"^{_SPAN.pattern}$"}]})


Risk = Annotated[tuple[int, int], _number_span(MAX_RISK), _span_schema(MAX_RISK)]
Confidence = Annotated[tuple[int, int], _number_span(MAX_CONFIDENCE), _span_schema(MAX_CONFIDENCE)]
NumberSpan = Annotated[tuple[int, int], _number_span(MAX_NUMBER), _span_schema(MAX_NUMBER)]
