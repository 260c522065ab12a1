"""The Wireshark dissector has a name for every number that ofext knows: whoever adds one is told here."""

import importlib
import pkgutil
from enum import IntEnum, IntFlag
from types import ModuleType
from typing import get_args

import pytest

import ofext
from ofext import messages, multipart
from tests.fakes.tshark import field_types, value_names

FIELDS = {
    "EngineTlv": "counter.tlv",
    "FilterTlv": "filter.tlv",
    "FlowCommand": "control.command",
    "FlowEnd": "filter.end",
    "GoneTlv": "catalogue.tlv",
    "ModuleState": "plugin.state",
    "Operation": "attr.operation",
    "PluginTlv": "plugin.tlv",
    "SwapCommand": "swap.command",
    "UserKind": "stats.kind",
    "AppKind": "catalogue.kind",
    "AttributeType": "catalogue.type",
    "CatalogueTlv": "catalogue.tlv",
    "ConfigTlv": "config.tlv",
    "EndReason": "event.end_reason",
    "Engine": "engine",
    "ErrorCode": "error.code",
    "EventKind": "event.kind",
    "EventTlv": "event.tlv",
    "HelloTlv": "hello.tlv",
    "L7Field": "oxm",
    "State": "state",
}
"""Where the dissector shows the numbers of an enumeration."""

FLAGS = {"CatalogueFlags": "catalogue.", "EventFlags": "event.", "Feature": "hello."}
"""What stands before a bit's name in the name of its field."""

SPECIAL = {"GoneTlv": "gone {}", "L7Field": "l7_{}"}
"""How the dissector calls the members of an enumeration, where not by their names with spaces."""


def modules() -> list[ModuleType]:
    """Those of ofext itself; `ofext.openflow` is what Wireshark knows already."""
    return [importlib.import_module(f"ofext.{found.name}") for found in pkgutil.iter_modules(ofext.__path__)]


def enumerations(kind: type) -> dict[str, type[IntEnum]]:
    """All of a kind that ofext's modules define, by name."""
    return {
        thing.__name__: thing
        for module in modules()
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, kind) and thing.__module__ == module.__name__
    }


def test_every_enumeration_is_shown_somewhere() -> None:
    assert set(enumerations(IntEnum)) == set(FIELDS)
    assert set(enumerations(IntFlag)) == set(FLAGS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_number_has_its_name(name: str) -> None:
    shown = value_names()[FIELDS[name]]
    for member in enumerations(IntEnum)[name]:
        words = member.name.lower() if name == "L7Field" else member.name.lower().replace("_", " ")
        expected = SPECIAL.get(name, "{}").format(words)
        assert shown.get(member.value) == expected, f"ofext/wireshark/vocabulary.lua lacks {name}.{member.name}"


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_is_a_field(name: str) -> None:
    names = {f"{FLAGS[name]}{flag.name.lower()}" for flag in enumerations(IntFlag)[name] if flag.name}
    assert names <= {field for field, kind in field_types().items() if kind == "FT_BOOLEAN"}


def test_every_message_has_its_name() -> None:
    types = {thing.EXP_TYPE: thing.__name__ for thing in get_args(messages.Message)}
    assert types == value_names()["exp_type"]


def test_every_kind_of_statistics_has_its_name() -> None:
    names = {thing.EXP_TYPE: thing.__name__.removesuffix("Request") for thing in get_args(multipart.Request)}
    assert names == value_names()["multipart_type"]
