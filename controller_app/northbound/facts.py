"""What is said of a described flow on layer 7, as `KEY=VALUE`: conditions of policies by their names, attributes by
those of the catalogue. Raises ValueError with one sentence.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ofext.catalogue import AttributeType
from steering.policy.attributes import AttributeValue
from steering.policy.conditions import TEXTS
from steering.policy.values import MAX_CONFIDENCE, MAX_RISK, STATES

_NUMBERS: Final = {"risk": MAX_RISK, "confidence": MAX_CONFIDENCE}
_TRUTHS: Final = {"true": True, "false": False}
KEYS: Final = (*_NUMBERS, "encrypted", "state", "owner", "tag", *TEXTS)


def facts(said: Iterable[str], kinds: Mapping[str, int]) -> dict[str, Any]:
    """Fields of `FlowDescription`, of which a key may stand several times where several values make sense.

    `kinds` has the types of attributes by name; of one that it does not have, digits are a number.
    """
    found: dict[str, Any] = {}
    attributes: dict[str, tuple[AttributeValue, ...]] = {}
    for text in said:
        key, sign, value = text.partition("=")
        if not sign:
            raise ValueError(f"{text!r} is not KEY=VALUE, such as risk=80 or http.method=POST")
        if "." in key:
            attributes[key] = (*attributes.get(key, ()), _attribute(key, value, kinds.get(key)))
        elif key in TEXTS:
            found[key] = (*found.get(key, ()), value)
        elif key == "tag":
            found["tags"] = found.get("tags", frozenset()) | {value.lower()}
        else:
            found[key] = _single(key, value)
    return found | ({"attributes": attributes} if attributes else {})


def _single(key: str, value: str) -> str | int | bool:
    if key == "owner":
        return value
    if key == "state" and value in STATES:
        return value
    if key == "encrypted" and value in _TRUTHS:
        return _TRUTHS[value]
    if key in _NUMBERS and value.isdecimal() and int(value) <= _NUMBERS[key]:
        return int(value)
    if key not in KEYS:
        raise ValueError(f"{key!r} is none of {', '.join(KEYS)}, and no attribute, whose name has a dot")
    wanted = {"state": ", ".join(STATES), "encrypted": "true or false"}
    raise ValueError(f"{key} is {wanted.get(key) or f'a number from 0 to {_NUMBERS[key]}'}, not {value!r}")


def _attribute(key: str, value: str, kind: int | None) -> AttributeValue:
    if kind == AttributeType.UINT or (kind is None and value.isdecimal()):
        if not value.isdecimal():
            raise ValueError(f"{key} is a number, not {value!r}")
        return int(value)
    if kind == AttributeType.BYTES and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return value
