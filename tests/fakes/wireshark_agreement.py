"""Holds what the Wireshark dissector shows of a message against what ofext decodes from the same bytes.

Both are brought into one form: for the message, and for each record in it, how often each name has each value. A value
of zero or an empty text is as good as none, as in SPEC.md.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from ofext.catalogue import AppEntry, AttributeEntry, Catalogue, CategoryEntry
from ofext.config import EventConfig
from ofext.events import FlowEvent, FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.messages import L7Error
from tests.fakes.tshark import PREFIX, Item, field_types

Record = Counter[tuple[str, str]]


@dataclasses.dataclass(slots=True)
class Said:
    """What one decoder says of a message."""

    message: Record = dataclasses.field(default_factory=Counter)
    records: list[Record] = dataclasses.field(default_factory=list)

    def ordered(self) -> tuple[Record, list[Record]]:
        """In a form that compares: which TLV comes first is the sender's choice."""
        return self.message, sorted(self.records, key=lambda record: sorted(record.items()))


PREFIXES: Final[dict[type, str]] = {
    Hello: "hello.",
    AgentInfo: "hello.",
    Catalogue: "catalogue.",
    AppEntry: "catalogue.",
    CategoryEntry: "catalogue.",
    AttributeEntry: "catalogue.",
    EventConfig: "config.",
    FlowEvents: "events.",
    FlowEvent: "event.",
    L7Error: "error.",
}
"""What stands before a dataclass's attribute in the name of its field."""

SHARED: Final = frozenset({"app_id", "protocol_id", "category", "state", "confidence", "risk"})
"""Attributes of flows that have one name wherever they stand."""

OTHER_NAMES: Final = {
    "event.at_ns": "event.at",
    "event.first_seen_ns": "event.first_seen",
    "event.last_seen_ns": "event.last_seen",
    "config.attributes": "config.attribute",
}

RECORDS: Final = frozenset({"event", "catalogue.tlv"})
"""Items that hold one record."""

WORDS: Final = frozenset({"app", "protocol", "metadata"})
"""What is shown beside a number, in words."""

STRUCTURE: Final = re.compile(r"exp_type|multipart_type|.*\.tlv|.*\.size|.*\.count|event|config\.(new|verdict|ended)")


def said_by_ofext(message: Any) -> Said:
    """Of a decoded message."""
    said = Said()
    _collect(message, said, said.message)
    return said


def said_by_wireshark(message: Item) -> Said:
    """Of the item of a message."""
    said = Said()
    _read(message, said, said.message)
    return said


def _collect(thing: Any, said: Said, record: Record) -> None:
    prefix = PREFIXES.get(type(thing), "")
    for attribute in dataclasses.fields(thing):
        value = getattr(thing, attribute.name)
        name = attribute.name if attribute.name in SHARED and type(thing) is FlowEvent else prefix + attribute.name
        name = "catalogue.type" if (type(thing), attribute.name) == (AttributeEntry, "kind") else name
        if dataclasses.is_dataclass(value):
            _collect(value, said, record)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for entry in value:
                said.records.append(Counter())
                _collect(entry, said, said.records[-1])
        else:
            for pair in _pairs(OTHER_NAMES.get(name, name), value):
                record[pair] += 1


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The values of an attribute, those that say something."""
    if name == "event.metadata":
        for attribute, content in value:
            yield "metadata", f"{attribute}={content.hex()}"
    elif name in ("hello.versions", "config.kinds"):
        bits = sum(1 << bit for bit in value)
        if bits:
            yield name, str(bits)
    elif isinstance(value, frozenset):
        yield from ((name, str(number)) for number in value if number)
    elif isinstance(value, bytes):
        if value:
            yield name, value.hex()
    elif name in ("event.src", "event.dst"):
        yield name, str(ipaddress.ip_address(value))
    elif value:
        yield name, str(int(value)) if isinstance(value, int) else str(value)


def _read(item: Item, said: Said, record: Record) -> None:
    for child in item.items:
        name = child.name.removeprefix(PREFIX)
        if child.name == "_ws.expert":
            continue
        if name in RECORDS:
            said.records.append(Counter())
            _read(child, said, said.records[-1])
            continue
        if child.name.startswith(PREFIX) and name not in WORDS and not STRUCTURE.fullmatch(name):
            pair = _shown(name, child, item)
            if pair is not None:
                record[pair] += 1
        _read(child, said, record)


def _shown(name: str, item: Item, parent: Item) -> tuple[str, str] | None:
    if name == "metadata.attribute":
        return "metadata", f"{int(item.value)}={_first(parent, 'metadata.value').hex()}"
    if name == "metadata.value":
        return None
    if name in ("event.at", "event.first_seen", "event.last_seen"):
        value = str(_nanoseconds(item.value))
    elif name in ("error.data", "unknown"):
        value = item.raw.hex()
    elif name.startswith(("event.src", "event.dst")):
        return name.removesuffix("_v6"), str(ipaddress.ip_address(item.value))
    elif field_types()[name] == "FT_STRING":
        return name, item.raw.decode("utf-8")
    else:
        value = str(int(item.value, 0))
    return None if value == "0" else (name, value)


def _first(item: Item, name: str) -> bytes:
    return next((child.raw for child in item.items if child.name == PREFIX + name), b"")


def _nanoseconds(shown: str) -> int:
    """Of `Nov 14, 2023 22:13:20.000000003 UTC`, since 1970-01-01."""
    seconds, fraction = shown.removesuffix(" UTC").split(".")
    at = datetime.strptime(re.sub(r"\s+", " ", seconds), "%b %d, %Y %H:%M:%S").replace(tzinfo=UTC)
    return int(at.timestamp()) * 10**9 + int(fraction)
