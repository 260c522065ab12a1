"""Holds what the Wireshark dissector shows of a message against what ofext decodes from the same bytes.

Both are brought into one form: for the message, and for each record in it, how often each name has each value. A value
of zero or an empty text is as good as none, as in SPEC.md. The names are those of ofext's dataclasses.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ofext.attributes import AttributeTest
from ofext.catalogue import AppEntry, AttributeEntry, Catalogue, CategoryEntry
from ofext.catalogue_change import CatalogueChange
from ofext.config import EventConfig
from ofext.control import FlowControl, FlowControlReply
from ofext.events import FlowEvent, FlowEvents
from ofext.fields import FIELD_NAMES, FIELD_SIZES, L7Field
from ofext.filters import FlowFilter
from ofext.hello import AgentInfo, Hello
from ofext.messages import L7Error, Unknown
from ofext.multipart import UnknownStats
from ofext.oxm import Oxm
from ofext.plugin_swap import PluginSwap, PluginSwapReply
from ofext.statistics import (
    AppStats,
    EngineStatsReply,
    FlowStatsRequest,
    ModuleStats,
    PluginStats,
    PluginStatsReply,
    UserStats,
    Volume,
)
from tests.fakes.tshark import PREFIX, Item, field_types

Pair = tuple[str, str]
Record = Counter[Pair]


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
    CatalogueChange: "catalogue.",
    AppEntry: "catalogue.",
    CategoryEntry: "catalogue.",
    AttributeEntry: "catalogue.",
    EventConfig: "config.",
    FlowEvents: "events.",
    FlowEvent: "event.",
    FlowControl: "control.",
    FlowControlReply: "control.",
    PluginSwap: "swap.",
    PluginSwapReply: "swap.",
    FlowStatsRequest: "stats.",
    AppStats: "stats.",
    UserStats: "stats.",
    Volume: "stats.",
    PluginStats: "plugin.",
    ModuleStats: "plugin.",
    L7Error: "error.",
}
"""What stands before a dataclass's attribute in the name of its field."""

SHARED: Final = frozenset({"app_id", "protocol_id", "category", "state", "confidence"})
"""Attributes of flows, which have one name wherever they stand."""
OF_FLOWS: Final = frozenset({FlowEvent, FlowControl, AppStats})

OTHER_NAMES: Final[Mapping[tuple[type, str], str]] = {
    (FlowEvent, "at_ns"): "event.at",
    (FlowEvent, "first_seen_ns"): "event.first_seen",
    (FlowEvent, "last_seen_ns"): "event.last_seen",
    (Volume, "last_seen_ns"): "stats.last_seen",
    (AttributeEntry, "kind"): "catalogue.type",
    (ModuleStats, "state"): "plugin.state",
    (Unknown, "body"): "unknown",
    (UnknownStats, "body"): "unknown",
}

RECORDS: Final = frozenset(
    {
        "catalogue.tlv",
        "config.tlv",
        "counter.tlv",
        "event",
        "filter.tlv",
        "plugin.tlv",
        "stats.app",
        "stats.user_record",
    }
)
"""Items that hold one record."""

BESIDE: Final = re.compile(
    r"exp_type|multipart_type|app|protocol|metadata|.*\.tlv|.*\.count|error\.size"
    r"|config\.(new|verdict|ended)|hello\.(flow_control|plugin_swap|depth|statistics|catalogue_change|tracked_by_rules|tags)"
)
"""What is shown in words beside a number, single bits of one, and what only holds the rest together."""

TIMES: Final = frozenset({"event.at", "event.first_seen", "event.last_seen", "stats.last_seen"})


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


def pairs_of_field(field: Oxm) -> Record:
    """What a match field of this experimenter says; the value has to be legal."""
    number = L7Field(field.field)
    name = FIELD_NAMES[number].removeprefix("l7_")
    if number is L7Field.ATTR:
        test = AttributeTest.decode(field.value)
        head = _numbers(("attr.attribute", test.attribute), ("attr.operation", test.operation))
        return Counter([*head, *(("attr.operand", operand.hex()) for operand in test.operands)])
    if number in FIELD_SIZES:
        mask = int.from_bytes(field.mask or b"", "big")
        return Counter(_numbers((name, int.from_bytes(field.value, "big")), (f"{name}_mask", mask)))
    return Counter([(name, field.value.decode())])


def _collect(thing: Any, said: Said, record: Record) -> None:
    special = _RECORDS_OF.get(type(thing), {})
    for attribute in dataclasses.fields(thing):
        value = getattr(thing, attribute.name)
        kept = type(thing) in OF_FLOWS and attribute.name in SHARED
        name = attribute.name if kept else PREFIXES.get(type(thing), "") + attribute.name
        name = OTHER_NAMES.get((type(thing), attribute.name), name)
        if isinstance(thing, AppEntry) and attribute.name == "tags":
            said.records.extend(_tags(thing))
        elif attribute.name in special:
            said.records.extend(Counter(made) for made in special[attribute.name](value))
        elif isinstance(value, FlowFilter):
            said.records.extend(_filter(value))
        elif dataclasses.is_dataclass(value):
            _collect(value, said, record)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            for entry in value:
                said.records.append(Counter())
                _collect(entry, said, said.records[-1])
        else:
            record.update(_pairs(name, value))


def _tags(app: AppEntry) -> Iterator[Record]:
    """Their TLV, if there are any."""
    if app.tags:
        tags = (("catalogue.tag", tag) for tag in app.tags if tag)
        yield Counter([*_numbers(("catalogue.app_id", app.app_id)), *tags])


def _pairs(name: str, value: Any) -> Iterator[Pair]:
    """The values of an attribute, those that say something."""
    if name == "event.metadata":
        for attribute, content in value:
            yield "metadata", f"{attribute}={content.hex()}"
    elif name in ("hello.versions", "config.kinds"):
        yield from _numbers((name, sum(1 << bit for bit in value)))
    elif name == "stats.with_metadata":
        yield from _numbers(("stats.without_metadata", not value))
    elif isinstance(value, bytes):
        if value:
            yield name, value.hex()
    elif value:
        yield name, str(int(value)) if isinstance(value, int) else str(value)


def _numbers(*pairs: tuple[str, int]) -> Iterator[Pair]:
    return ((name, str(int(number))) for name, number in pairs if number)


def _ids(name: str) -> Callable[[Iterable[int]], Iterator[Iterator[Pair]]]:
    """A record for each id."""
    return lambda ids: (_numbers((name, number)) for number in ids)


def _attributes(ids: Iterable[int]) -> list[Pair]:
    return list(_numbers(*(("config.attribute", number) for number in ids)))


def _scopes(name: str) -> Callable[[Iterable[tuple[int, frozenset[int]]]], Iterator[list[Pair]]]:
    return lambda scopes: ([*_numbers((name, scope)), *_attributes(ids)] for scope, ids in scopes)


def _present(name: str, without: int) -> Callable[[int], Iterator[Iterator[Pair]]]:
    """A record of one number, which is left out for one value."""
    return lambda number: (_numbers((name, each)) for each in [number] if each != without)


_RECORDS_OF: Final[Mapping[type, Mapping[str, Callable[[Any], Iterable[Iterable[Pair]]]]]] = {
    Unknown: {"exp_type": lambda _: ()},
    UnknownStats: {"exp_type": lambda _: ()},
    CatalogueChange: {
        "gone_apps": _ids("catalogue.gone_app"),
        "gone_categories": _ids("catalogue.gone_category"),
        "gone_attributes": _ids("catalogue.gone_attribute"),
    },
    EventConfig: {
        "attributes": lambda ids: [] if ids is None else [_attributes(ids)],
        "app_attributes": _scopes("config.app_id"),
        "category_attributes": _scopes("config.category"),
        "sample_every": _present("config.sample_every", 1),
        "max_rate": _present("config.max_rate", 0),
        "depth": lambda depth: (
            _numbers(*((f"config.{name}", number) for name, number in dataclasses.asdict(depth).items()))
            for each in [depth]
            if any(dataclasses.astuple(each))
        ),
        "slave_kinds": lambda kinds: _present("config.slave_kinds", 0)(sum(1 << kind for kind in kinds)),
    },
    PluginStatsReply: {"refused": lambda texts: (_pairs("plugin.refused", text) for text in texts)},
    EngineStatsReply: {
        "counters": lambda counters: (
            [*_pairs("counter.name", name), *_numbers(("counter.value", number))] for name, number in counters
        ),
    },
}
"""Attributes whose values are records of their own, in TLVs."""


def _filter(asked: FlowFilter) -> Iterator[Record]:
    """A record for each TLV."""
    if asked.match:
        yield Counter(("oxm", field.encode().hex()) for field in asked.match)
    for place in asked.addresses:
        network = place.network
        numbers = _numbers(("filter.end", place.end), ("filter.prefix_length", network.prefixlen))
        yield Counter([("filter.address", str(network.network_address)), *numbers])
    for ports in asked.ports:
        yield Counter(_numbers(("filter.end", ports.end), ("filter.first", ports.first), ("filter.last", ports.last)))
    for name, number in (("filter.protocol", asked.protocol), ("filter.flow_id", asked.flow_id)):
        if number is not None:
            yield Counter(_numbers((name, number)))
    if asked.connection:
        ends = asked.connection
        addresses = [("filter.address", str(ends.address)), ("filter.other_address", str(ends.other_address))]
        ports_of = (("filter.port", ends.port), ("filter.other_port", ends.other_port))
        yield Counter([*addresses, *_numbers(("filter.l4", ends.l4), *ports_of)])


def _read(item: Item, said: Said, record: Record) -> None:
    for child in item.items:
        name = child.name.removeprefix(PREFIX)
        if child.name == "_ws.expert":
            continue
        if name in RECORDS:
            said.records.append(Counter())
            _read(child, said, said.records[-1])
        elif name == "oxm":
            record["oxm", child.raw.hex()] += 1
        elif not child.name.startswith(PREFIX) or BESIDE.fullmatch(name):
            _read(child, said, record)
        else:
            record.update(_shown(name, child, item))
            _read(child, said, record)


def shown_in(item: Item) -> Record:
    """All that is shown below an item, without its records."""
    said = Said()
    _read(item, said, said.message)
    return said.message


def _shown(name: str, item: Item, parent: Item) -> Iterator[Pair]:
    kind = field_types()[name]
    if name == "metadata.attribute":
        yield "metadata", f"{int(item.value)}={_first(parent, 'metadata.value').hex()}"
    elif name == "metadata.value":
        return
    elif name in TIMES:
        yield from _numbers((name, _nanoseconds(item.value)))
    elif kind == "FT_BYTES":
        yield name, item.raw.hex()
    elif kind in ("FT_IPv4", "FT_IPv6"):
        yield name.removesuffix("_v6"), str(ipaddress.ip_address(item.value))
    elif kind == "FT_STRING":
        yield name, item.raw.decode("utf-8")
    else:
        yield from _numbers((name, int(item.value, 0)))


def _first(item: Item, name: str) -> bytes:
    return next((child.raw for child in item.items if child.name == PREFIX + name), b"")


def _nanoseconds(shown: str) -> int:
    """Of `Nov 14, 2023 22:13:20.000000003 UTC`, since 1970-01-01."""
    seconds, fraction = shown.removesuffix(" UTC").split(".")
    at = datetime.strptime(re.sub(r"\s+", " ", seconds), "%b %d, %Y %H:%M:%S").replace(tzinfo=UTC)
    return int(at.timestamp()) * 10**9 + int(fraction)
