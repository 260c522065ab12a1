"""Conditions on attributes of the catalogue as the tests that an agent makes (`ofext.attributes.AttributeTest`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AttributeType
from ofext.errors import MatchValueError
from steering.policy.conditions import AttributeCondition

AttributeValue = str | int | bytes
"""A value of an attribute: text (an address too, where the catalogue says so), an unsigned number, or bytes."""


def tests_of(condition: AttributeCondition, attribute: int, kind: int) -> list[AttributeTest]:
    """The tests that must all hold, for an attribute of this number and type. Raises ValueError, naming the key."""
    made = []
    for key, test in _tests(condition, attribute, kind):
        try:
            test.encode()
        except MatchValueError as error:
            raise ValueError(f"{key}: {error.reason}") from error
        if problem := test.misfit(kind):
            raise ValueError(f"{key}: {problem}")
        made.append(test)
    return made


def type_of(value: AttributeValue) -> AttributeType:
    """The type that a value has when no catalogue says it."""
    if isinstance(value, bytes):
        return AttributeType.BYTES
    return AttributeType.UINT if isinstance(value, int) else AttributeType.STRING


def raw_value(value: AttributeValue, kind: int) -> bytes:
    """A value as the agent has it, or to compare with. Raises ValueError if it is none of this type.

    A text that begins with `0x` stands for bytes where the attribute has bytes.
    """
    if isinstance(value, bytes):
        return value
    if kind == AttributeType.UINT:
        if not isinstance(value, int):
            raise ValueError(f"the attribute is a number, and {value!r} is a text")
        return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    text = str(value)
    if kind == AttributeType.IP:
        return ipaddress.ip_address(text).packed
    if kind != AttributeType.STRING and text.startswith("0x"):
        return bytes.fromhex(text[2:])
    return text.encode()


def _tests(condition: AttributeCondition, attribute: int, kind: int) -> Iterator[tuple[str, AttributeTest]]:
    for operation in (Operation.EQUALS, Operation.PREFIX, Operation.SUFFIX, Operation.CONTAINS):
        key = operation.name.lower()
        operand = getattr(condition, key)
        if operand is not None:
            yield key, AttributeTest(attribute, operation, (_operand(key, operand, kind),))
    if condition.range is not None:
        ends = tuple(_operand("range", end, kind) for end in condition.range)
        yield "range", AttributeTest(attribute, Operation.RANGE, ends)
    if condition.set is not None:
        yield "set", AttributeTest.one_of(attribute, {_operand("set", each, kind) for each in condition.set})
    if condition.present is not None:
        yield "present", AttributeTest(attribute, Operation.PRESENT)


def _operand(key: str, value: str | int, kind: int) -> bytes:
    try:
        return raw_value(value, kind)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{key}: {error}") from error
