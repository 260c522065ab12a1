"""Applies a filter of the extension to live flows (SPEC.md §3.6).

Match fields are lowered as in a rule and compared with the mark and the label that the flow's connection has, or would
have: so a filter holds for a flow exactly where a rule matches its packets.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from ofext import label, oxm
from ofext.events import FlowEvent
from ofext.filters import AddressIn, FiveTuple, FlowEnd, FlowFilter, PortIn
from ofext.lowering import lower, predicates_of
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable, TableFull
from switch_dpi.conntrack import Key, flow_key
from switch_dpi.errors import SwitchDpiError
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.vocabulary import Vocabulary

_End = TypeVar("_End", str, int)

LabelOf = Callable[[FlowEvent, PredicateIndex], int]
"""The label of a flow with the predicate bits of an index."""
Test = Callable[[FlowEvent], bool]


class FilterError(SwitchDpiError):
    """A filter that asks for more than one table of predicates can hold."""


def key_of(asked: FlowFilter) -> Key | None:
    """The one flow that a filter can be about; None when there may be others."""
    found = asked.connection
    if found is None:
        return None
    return flow_key(found.l4, str(found.address), found.port, str(found.other_address), found.other_port)


def filter_test(asked: FlowFilter, vocabulary: Vocabulary, label_of: LabelOf) -> Test:
    """Whether a filter holds for a flow. Raises MatchError for match fields that no rule may have, and FilterError."""
    tests: list[Test] = []
    if asked.protocol is not None:
        tests.append(lambda event: event.l4 == asked.protocol)
    if asked.flow_id is not None:
        tests.append(lambda event: event.flow_id == asked.flow_id)
    if asked.connection is not None:
        tests.append(_is_connection(asked.connection))
    tests += [_has_port(port) for port in asked.ports]
    tests += [_has_address(address) for address in asked.addresses]
    if asked.match:
        tests.append(_matches(asked.match, vocabulary, label_of))
    return lambda event: all(test(event) for test in tests)


def _is_connection(asked: FiveTuple) -> Test:
    ends = {(str(asked.address), asked.port), (str(asked.other_address), asked.other_port)}
    return lambda event: event.l4 == asked.l4 and {(event.src, event.sport), (event.dst, event.dport)} == ends


def _has_port(asked: PortIn) -> Test:
    def test(event: FlowEvent) -> bool:
        return any(asked.first <= port <= asked.last for port in _of_end(asked.end, event.sport, event.dport))

    return test


def _has_address(asked: AddressIn) -> Test:
    @lru_cache(maxsize=65_536)  # addresses of one answer; reading one takes longer than all else
    def is_inside(address: str) -> bool:
        found = ipaddress.ip_address(address)
        return found.version == asked.network.version and found in asked.network

    return lambda event: any(is_inside(address) for address in _of_end(asked.end, event.src, event.dst))


def _of_end(end: int, originator: _End, responder: _End) -> tuple[_End, ...]:
    if end == FlowEnd.ORIGINATOR:
        return (originator,)
    return (responder,) if end == FlowEnd.RESPONDER else (originator, responder)


def _matches(fields: tuple[Oxm, ...], vocabulary: Vocabulary, label_of: LabelOf) -> Test:
    predicates = predicates_of(fields)
    for predicate in predicates:
        vocabulary.check(predicate)
    table = PredicateTable().with_predicates(predicates)
    if isinstance(table, TableFull):
        raise FilterError(f"at most {table.capacity} predicates fit in a filter")
    index = PredicateIndex(table, vocabulary)
    mark, mark_mask, wanted, mask = 0, 0, 0, 0
    for field in lower(fields, table):
        value, bits = int.from_bytes(field.value, "big"), int.from_bytes(field.mask or b"\xff" * 16, "big")
        if oxm.is_nxm(field, oxm.NXM_NX_CT_MARK):
            mark, mark_mask = value, bits & 0xFFFFFFFF
        elif oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL):
            wanted, mask = value, bits & label.LABEL_MASK
    return lambda event: event.app_id & mark_mask == mark and label_of(event, index) & mask == wanted
