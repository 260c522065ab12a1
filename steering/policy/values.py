"""The values of match conditions: how they are written, and the one form in which they are kept.

Each type says in its error what it expects. Addresses and patterns are normalised, so that equal conditions are equal.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import core_schema

from ofext import patterns
from ofext.errors import MatchValueError

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "sctp": 132}  # IANA protocol numbers; `icmp` stands for ICMPv6 too
ICMPV6 = 58
WITH_PORTS = {PROTOCOLS[name]: name for name in ("tcp", "udp", "sctp")}

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){4}", re.ASCII)
_RANGE = re.compile(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", re.ASCII)

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


def _pattern(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a host name such as www.example.com, or *.example.com")  # noqa: TRY004 (pydantic's)
    try:
        return patterns.normalise(value)
    except MatchValueError as error:
        raise ValueError(str(error)) from None


def _as_list(value: object) -> object:
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
