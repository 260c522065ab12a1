"""Layer 7 match fields of a rule: as fields of `ofext`, and whether they hold for what is known of a flow.

A test of an attribute (`l7_attr`) stands in a rule as the hexadecimal text of its bytes.
"""

from __future__ import annotations

from ofext import oxm
from ofext.attributes import AttributeTest
from ofext.errors import OfextError
from ofext.facts import FlowFacts, holds
from ofext.fields import FIELD_NAMES, FIELD_SIZES, LABEL_FIELDS, PATTERN_FIELDS, REPEATABLE_FIELDS, L7Field
from ofext.oxm import Oxm
from ofext.predicates import Predicate
from steering.errors import RuleError
from steering.fields import Value

NUMBERS = {name: field for field, name in FIELD_NAMES.items()}
REPEATABLE = frozenset(FIELD_NAMES[field] for field in REPEATABLE_FIELDS)
"""Fields that may stand in one match with several values, all of which must hold."""
PREDICATES = frozenset(name for name, field in NUMBERS.items() if field not in LABEL_FIELDS)
"""Fields that need a predicate bit for each value."""
ATTRIBUTE = FIELD_NAMES[L7Field.ATTR]


def oxm_of(name: str, value: Value, mask: Value | None) -> Oxm:
    """The field as it stands in a message. Raises `RuleError` if it is not legal."""
    field = NUMBERS[name]
    try:
        if field in PATTERN_FIELDS:
            return oxm.l7_pattern(field, str(value))
        if field is L7Field.ATTR:
            return oxm.l7_attr(attribute_test(value))
        size = FIELD_SIZES[field]
        masked = b"" if mask is None else _number(mask).to_bytes(size, "big")
        return oxm.l7_field(field, _number(value).to_bytes(size, "big"), masked)
    except (OfextError, OverflowError) as error:
        raise RuleError(f"{name}={value} is not legal: {error}") from error


def predicate_of(name: str, value: Value, mask: Value | None) -> Predicate:
    """The predicate of a field that needs one. Raises `RuleError`."""
    made = Predicate.from_oxm(oxm_of(name, value, mask))
    if made is None:
        raise RuleError(f"{name} with a mask of zero compares nothing")
    return made


def predicate_holds(name: str, value: Value, mask: Value | None, facts: FlowFacts) -> bool:
    """Whether a flow with these facts has the predicate."""
    return holds(predicate_of(name, value, mask), facts)


def attribute_value(test: AttributeTest) -> str:
    """A test as a rule's value of `l7_attr`."""
    return test.encode().hex()


def attribute_test(value: Value) -> AttributeTest:
    """The test that a rule's value of `l7_attr` stands for. Raises `RuleError`."""
    try:
        return AttributeTest.decode(bytes.fromhex(str(value)))
    except (OfextError, ValueError) as error:
        raise RuleError(f"l7_attr={value} is no test of an attribute: {error}") from error


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise RuleError(f"{value!r} is no number")
    return value
