"""Patterns and their label bits: looking up, keeping, letting go."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import label, oxm
from ofext.events import FlowEvent
from ofext.fields import L7Field
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Type, build
from ofext.predicates import Predicate, PredicateTable
from switch_dpi.conntrack import Connection
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.predicates import PredicateStore, used_predicate_bits
from tests.fakes.agent_engine import VOCABULARY

EVENT = FlowEvent(
    kind=2,
    flow_id=1,
    at_ns=1,
    first_seen_ns=1,
    last_seen_ns=1,
    src="10.0.0.1",
    dst="10.0.0.2",
    sport=1,
    dport=2,
    l4=6,
    app_id=5,
    state=1,
)
LABELS = st.text("abc", min_size=1, max_size=2)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PATTERNS = st.builds(lambda star, host: ("*." if star else "") + host, st.booleans(), HOSTS)


def table_of(*found: str) -> PredicateTable:
    table = PredicateTable().with_predicates([Predicate.of(L7Field.SNI, pattern) for pattern in found])
    assert isinstance(table, PredicateTable)
    return table


def bits_of(table: PredicateTable, *metadata: tuple[int, bytes]) -> int:
    return PredicateIndex(table, VOCABULARY).bits(replace(EVENT, metadata=metadata))


def flow_mod(*patterns: str) -> bytes:
    fields = [oxm.l7_sni(pattern) for pattern in patterns]
    return build(5, Type.FLOW_MOD, 1, bytes(40) + oxm.encode_match(fields))


def connection(bits: int) -> Connection:
    return Connection(l4=6, src="10.0.0.1", sport=1, dst="10.0.0.2", dport=2, mark=1, label=bits, is_closing=False)


@given(st.lists(PATTERNS, max_size=12), HOSTS)
def test_index_says_the_same_as_comparing_every_pattern(patterns: list[str], host: str) -> None:
    table = table_of(*patterns)
    expected = label.predicate_mask(table.holding(L7Field.SNI, host))
    assert bits_of(table, (1, host.encode())) == expected


def test_hosts_are_compared_without_case_and_in_a_labels() -> None:
    table = table_of("*.bücher.example", "www.example")
    assert bits_of(table, (1, "Shop.BÜCHER.example.".encode())) == label.predicate_bit(0)
    assert bits_of(table, (1, b"WWW.example")) == label.predicate_bit(1)


def test_metadata_of_another_attribute_sets_nothing() -> None:
    assert bits_of(table_of("www.example"), (11, b"www.example"), (99, b"www.example")) == 0


def test_new_pattern_gets_a_bit_that_survives_a_restart(tmp_path: Path) -> None:
    changes: list[int] = []
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY, lambda: changes.append(1))
    lowered = store.lower(flow_mod("*.a.example"))
    assert isinstance(lowered, bytes)
    assert lowered != flow_mod("*.a.example")
    assert changes == [1]
    assert PredicateStore(tmp_path / "p.json", 5, VOCABULARY).table.bits == store.table.bits


def test_message_without_l7_is_the_same_object(tmp_path: Path) -> None:
    message = build(5, Type.FLOW_MOD, 1, bytes(48))
    assert PredicateStore(tmp_path / "p.json", 5, VOCABULARY).lower(message) is message


def test_rule_beyond_the_last_bit_is_refused(tmp_path: Path) -> None:
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY)
    for number in range(label.PREDICATE_CAPACITY):
        assert isinstance(store.lower(flow_mod(f"h{number}.example")), bytes)
    refused = store.lower(flow_mod("one.more.example"))
    assert isinstance(refused, L7Error)
    assert refused.code == ErrorCode.PREDICATES_FULL
    assert "one.more.example" in refused.text


def test_malformed_match_is_refused_with_the_place(tmp_path: Path) -> None:
    broken = flow_mod("a.example")[:-9]
    message = broken[:2] + len(broken).to_bytes(2, "big") + broken[4:]
    refused = PredicateStore(tmp_path / "p.json", 5, VOCABULARY).lower(message)
    assert isinstance(refused, L7Error)
    assert refused.code == ErrorCode.MALFORMED


def test_pattern_is_let_go_after_two_looks_and_its_bit_after_the_connections(tmp_path: Path) -> None:
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY)
    store.lower(flow_mod("a.example"))
    store.retire_unused("")  # asked for since the last look
    store.retire_unused("")
    assert store.table.bits
    store.retire_unused("")
    assert not store.table.bits
    bit = label.predicate_bit(0)
    assert store.recycle_clean([connection(bit)]) == bit
    assert store.recycle_clean([connection(bit)]) == bit
    assert store.recycle_clean([connection(0)]) == 0
    assert not store.table.retired


def test_bit_is_not_free_before_a_dump_younger_than_its_retirement(tmp_path: Path) -> None:
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY)
    store.lower(flow_mod("a.example"))
    for _ in range(3):
        store.retire_unused("")
    assert store.recycle_clean([]) == label.predicate_bit(0)
    assert store.table.retired


def test_pattern_that_a_rule_compares_stays(tmp_path: Path) -> None:
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY)
    store.lower(flow_mod("a.example"))
    rules = " table=4, priority=7,ct_label=0x100000000/0x100000000,ip actions=drop\n"
    for _ in range(4):
        store.retire_unused(rules)
    assert store.table.bits


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("ct_label=0x100000001/0x300000001,tcp", 0x300000000),
        ("ct_label=0x100000001,tcp", label.PREDICATES_MASK),
        ("ct_mark=0x1,ip", 0),
    ],
)
def test_used_bits_are_those_of_masks(text: str, bits: int) -> None:
    assert used_predicate_bits(f" cookie=0, {text} actions=drop") == bits


def test_bits_in_use_that_the_table_does_not_know_are_not_given_away(tmp_path: Path) -> None:
    store = PredicateStore(tmp_path / "p.json", 5, VOCABULARY)
    store.distrust_unknown("ct_label=0x100000000/0x100000000 actions=drop", [connection(1 << 34)])
    assert store.table.retired == {0, 2}
    store.lower(flow_mod("a.example"))
    assert set(store.table.bits.values()) == {1}


def test_broken_file_puts_all_bits_in_quarantine(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{")
    assert isinstance(PredicateStore(tmp_path / "p.json", 5, VOCABULARY).lower(flow_mod("a.example")), L7Error)
