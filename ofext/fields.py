"""The L7 match fields: numbers, names, and what kind of value each takes. Their bytes are in `ofext.oxm`."""

from enum import IntEnum
from typing import Final


class L7Field(IntEnum):
    """Field numbers of this experimenter's OXM class."""

    APP_ID = 1
    CATEGORY = 2
    STATE = 3
    SNI = 4
    HTTP_HOST = 5
    DNS_QUERY = 6
    ENGINE = 7
    TAG = 8
    CONFIDENCE = 9
    RISK = 10
    ENCRYPTED = 11
    HTTP_URL = 12
    USER_AGENT = 13
    CONTENT_TYPE = 14
    USER = 15
    DEVICE = 16
    ATTR = 17


FIELD_NAMES: Final = {field: f"l7_{field.name.lower()}" for field in L7Field}
HOST_FIELDS: Final = frozenset({L7Field.SNI, L7Field.HTTP_HOST, L7Field.DNS_QUERY})
"""Their value is a host name or `*.suffix` (`patterns.normalise`)."""
TEXT_FIELDS: Final = frozenset(
    {L7Field.HTTP_URL, L7Field.USER_AGENT, L7Field.CONTENT_TYPE, L7Field.USER, L7Field.DEVICE}
)
"""Their value is a text with perhaps a star at either end (`patterns.normalise_text`)."""
PATTERN_FIELDS: Final = HOST_FIELDS | TEXT_FIELDS | {L7Field.TAG}
"""Those whose value is written as text."""
LABEL_FIELDS: Final = frozenset({L7Field.APP_ID, L7Field.CATEGORY, L7Field.STATE, L7Field.ENGINE, L7Field.RISK})
"""Those that are lowered to bits with a fixed place in mark and label; each of the others needs a predicate bit."""
MASKABLE_FIELDS: Final = frozenset({L7Field.APP_ID, L7Field.STATE, L7Field.CONFIDENCE, L7Field.RISK})
REPEATABLE_FIELDS: Final = frozenset({L7Field.TAG, L7Field.ATTR})
"""They may stand in a match several times, with different values; all must hold."""
FIELD_SIZES: Final = {L7Field.APP_ID: 4} | dict.fromkeys(
    (L7Field.CATEGORY, L7Field.STATE, L7Field.ENGINE, L7Field.CONFIDENCE, L7Field.RISK, L7Field.ENCRYPTED), 1
)
"""Bytes of a value; those of other fields have 1 to `patterns.MAX_PATTERN_SIZE`."""
