"""Lowers and raises the matches in whole OpenFlow messages (1.3, 1.4, 1.5).

Messages without L7 come back as the same object; most are told apart by their type byte alone.
"""

from ofext.predicates import Predicate, PredicateTable


def predicates_of_message(message: bytes) -> tuple[Predicate, ...]:
    """Patterns that the matches of a message from the controller need bits for. Raises DecodeError or MatchValueError."""
    raise NotImplementedError


def lower_message(message: bytes, predicates: PredicateTable) -> bytes:
    """A message from the controller as Open vSwitch understands it: FLOW_MOD (alone or in a bundle), flow and aggregate
    statistics requests, flow monitor requests.

    Raises DecodeError, MatchValueError, MatchConflictError, UnknownPatternError, or EncodeError (too big when lowered).
    """
    raise NotImplementedError


def raise_message(message: bytes, predicates: PredicateTable, *, edge_zone: int | None = None) -> bytes:
    """A message from Open vSwitch with L7 fields: flow statistics, FLOW_REMOVED, flow monitor updates, PACKET_IN.

    To a PACKET_IN L7 fields are added when its `ct_zone` is `edge_zone` (None: not at all); the ct fields stay.
    Raises DecodeError.
    """
    raise NotImplementedError
