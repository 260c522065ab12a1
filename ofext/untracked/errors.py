"""What a switch without a connection tracker cannot be asked for."""

from ofext.errors import MatchError, OfextError


class UntrackedError(OfextError):
    """`offset` bytes from the start of the message is what cannot be had; `reason` says why."""

    def __init__(self, offset: int, found: bytes, reason: str) -> None:
        self.offset = offset
        self.found = bytes(found[:64])
        self.reason = reason
        super().__init__(f"the switch has no connection tracker: {reason}")

    def moved(self, by: int) -> "UntrackedError":
        """The same error, seen from an enclosing buffer in which the part starts at `by`."""
        return UntrackedError(self.offset + by, self.found, self.reason)


class UntrackedMatchError(MatchError):
    """The same of a field of a match."""


class OwnTableError(OfextError):
    """A rule for, or a way into, a table of the agent; `offset` is where the message names it."""

    def __init__(self, offset: int, table: int) -> None:
        self.offset = offset
        self.table = table
        super().__init__(f"table {table} is the agent's")

    def moved(self, by: int) -> "OwnTableError":
        """The same error, seen from an enclosing buffer in which the part starts at `by`."""
        return OwnTableError(self.offset + by, self.table)
