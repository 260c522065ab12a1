"""The Wireshark dissector has a name for every number that ofext knows: whoever adds one is told here."""

import importlib
import pkgutil
from enum import IntEnum, IntFlag
from types import ModuleType

import pytest

import ofext
from ofext import messages, oxm
from tests.fakes.tshark import value_names

FIELDS = {
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

FLAGS = {"CatalogueFlags": {"MORE": "catalogue.more"}, "EventFlags": {"TRUNCATED": "event.truncated"}}
"""Fields of single bits."""


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
        expected = oxm.FIELD_NAMES[member] if isinstance(member, oxm.L7Field) else member.name.lower().replace("_", " ")
        assert shown.get(member.value) == expected, f"ofext/wireshark/vocabulary.lua lacks {name}.{member.name}"


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_is_a_field(name: str) -> None:
    assert {flag.name for flag in enumerations(IntFlag)[name]} == set(FLAGS[name])


def test_every_message_has_its_name() -> None:
    types = {thing.EXP_TYPE: thing.__name__ for thing in vars(messages).values() if hasattr(thing, "EXP_TYPE")}
    assert types.items() <= value_names()["exp_type"].items()
