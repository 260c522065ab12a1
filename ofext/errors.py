"""What goes wrong in this package: every error carries the offending value and its place."""

from typing import Final


class OfextError(Exception):
    """Base of all errors of ofext."""


class DecodeError(OfextError):
    """Bytes from a peer that are not what the specification says.

    `offset` counts bytes from the start of what was given to the decoder; `expected` says what should have stood there;
    `found` holds the offending bytes (at most `MAX_FOUND_SIZE`).
    """

    def __init__(self, offset: int, expected: str, found: bytes = b"") -> None:
        self.offset = offset
        self.expected = expected
        self.found = bytes(found[:MAX_FOUND_SIZE])
        shown = f", found {self.found.hex()}" if self.found else ", found the end"
        super().__init__(f"at offset {offset}: expected {expected}{shown}")

    def moved(self, by: int) -> "DecodeError":
        """The same error, seen from an enclosing buffer in which the decoded part starts at `by`."""
        return DecodeError(self.offset + by, self.expected, self.found)


class EncodeError(OfextError):
    """A value that has no place on the wire: `field` names it, `value` is it, `limit` says what would fit."""

    def __init__(self, field: str, value: object, limit: str) -> None:
        self.field = field
        self.value = value
        self.limit = limit
        super().__init__(f"{field}: {value!r} does not fit, {limit}")


class MatchError(OfextError):
    """A match that cannot be lowered: `field` names the offending match field, `reason` says why.

    `index` counts the fields before it in the match, where that is known; `offset` the bytes before it in the message.
    """

    def __init__(self, field: str, value: object, reason: str, index: int | None = None) -> None:
        self.field = field
        self.value = value
        self.reason = reason
        self.index = index
        self.offset: int | None = None
        super().__init__(f"{field}={value!r}: {reason}")


class MatchValueError(MatchError):
    """The field's own value is not legal: out of range, bits outside of the mask, not a pattern."""


class MatchConflictError(MatchError):
    """Two fields of the match claim the same bits of the connection's mark or label, or one stands there twice."""


class UnknownPatternError(MatchError):
    """The pattern has no bit in the predicate table: allocate it first."""


MAX_FOUND_SIZE: Final = 64  # as much of a bad message as OpenFlow itself returns in an error (1.3 §7.4.4)
