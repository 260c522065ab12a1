"""Patterns and their label bits: looking up, keeping, letting go."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
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
from switch_dpi.predicates import PredicateStore
from switch_dpi.references import MAX_BUNDLES, References
from switch_dpi.shim.gate import PutOff
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


@pytest.fixture
def store(tmp_path: Path) -> PredicateStore:
    return PredicateStore(tmp_path / "p.json", 5, VOCABULARY)


def bits_of(table: PredicateTable, *metadata: tuple[int, bytes]) -> int:
    return PredicateIndex(table, VOCABULARY).bits(replace(EVENT, metadata=metadata))


def flow_mod(*patterns: str) -> bytes:
    fields = [make(pattern) for make, pattern in zip((oxm.l7_sni, oxm.l7_dns_query), patterns, strict=False)]
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


def echo_of(sent: bytes) -> bytes:
    """The answer to the question behind a lowered message."""
    size = int.from_bytes(sent[2:4], "big")
    assert sent[size + 1] == Type.ECHO_REQUEST
    return reply_to(sent[size:])


def reply_to(question: bytes) -> bytes:
    return question[:1] + bytes([Type.ECHO_REPLY]) + question[2:]


def lowered(store: PredicateStore, message: bytes) -> bytes:
    sent = store.lower(message)
    assert isinstance(sent, bytes)
    return sent


def look(store: PredicateStore, *rules: int) -> None:
    store.end_look(store.begin_look(), Counter(rules), retire=True)


def test_predicate_without_a_rule_is_let_go_when_the_switch_has_read_its_message(store: PredicateStore) -> None:
    sent = lowered(store, flow_mod("a.example"))
    look(store)
    assert store.table.bits
    assert store.answered(echo_of(sent)) == b""
    look(store)
    assert not store.table.bits
    assert store.table.retired == {0}
    assert isinstance(store.lower(flow_mod("b.example")), bytes)
    assert set(store.table.bits.values()) == {1}
    store.recycle(frozenset({0}))
    assert not store.table.retired


def test_predicate_that_is_asked_for_during_a_look_stays(store: PredicateStore) -> None:
    store.answered(echo_of(lowered(store, flow_mod("a.example"))))
    begun = store.begin_look()
    store.answered(echo_of(lowered(store, flow_mod("a.example"))))
    store.end_look(begun, {}, retire=True)
    assert store.table.bits


def test_predicate_that_a_rule_compares_stays_and_its_rules_are_counted(store: PredicateStore) -> None:
    store.answered(echo_of(lowered(store, flow_mod("a.example", "b.example"))))
    look(store, 0, 0)
    assert {str(each): count for each, count in store.rules.items()} == {
        "l7_sni=a.example": 2,
        "l7_dns_query=b.example": 0,
    }
    assert [str(each) for each in store.table.bits] == ["l7_sni=a.example"]


def test_one_question_at_a_time_is_asked_and_the_last_rule_is_asked_for(store: PredicateStore) -> None:
    first = lowered(store, flow_mod("a.example"))
    second = flow_mod("b.example")
    assert len(lowered(store, second)) == len(lowered(store, second))
    following = store.answered(echo_of(first))
    assert following
    look(store, 0)
    assert len(store.table.bits) == 2
    store.answered(following[:1] + bytes([Type.ECHO_REPLY]) + following[2:])
    look(store, 0)
    assert len(store.table.bits) == 1


def test_answers_to_the_controllers_echoes_are_not_for_the_gate(store: PredicateStore) -> None:
    sent = lowered(store, flow_mod("a.example"))
    answer = echo_of(sent)
    assert store.answered(build(5, Type.ECHO_REPLY, 1, b"the controller's")) is None
    assert store.answered(answer[:12] + bytes(8) + answer[20:]) is None


@pytest.mark.parametrize("end", [4, 6], ids=["commit", "discard"])
def test_predicate_of_an_open_bundle_stays_until_the_switch_has_read_its_end(store: PredicateStore, end: int) -> None:
    bundled = build(5, Type.BUNDLE_ADD_MESSAGE, 2, b"\0\0\0\7\0\0\0\0" + flow_mod("a.example"))
    assert len(lowered(store, bundled)) == int.from_bytes(lowered(store, bundled)[2:4], "big")
    look(store)
    assert store.table.bits
    ended = build(5, Type.BUNDLE_CONTROL, 3, b"\0\0\0\7" + end.to_bytes(2, "big") + b"\0\0")
    sent = lowered(store, ended)
    look(store)
    assert store.table.bits
    store.answered(echo_of(sent))
    look(store)
    assert not store.table.bits


def test_predicate_of_a_monitor_stays_as_long_as_the_session_and_a_while(store: PredicateStore) -> None:
    entry = bytes(16) + oxm.encode_match([oxm.l7_sni("a.example")])
    lowered(store, build(5, Type.MULTIPART_REQUEST, 1, b"\0\x10\0\0\0\0\0\0" + entry))
    look(store)
    store.begin_session()
    look(store)
    assert store.table.bits


def test_what_a_session_leaves_behind_counts_for_a_while() -> None:
    predicate = Predicate.of(L7Field.SNI, "a.example")
    left = References([predicate], until_s=5.0)
    assert left.held(4.9) == {predicate}
    assert left.held(5.0) == frozenset()


def test_bundles_beyond_the_limit_count_as_long_as_the_session() -> None:
    predicate, references = Predicate.of(L7Field.SNI, "a.example"), References()
    for number in range(MAX_BUNDLES + 1):
        references.note(build(5, Type.BUNDLE_ADD_MESSAGE, 2, number.to_bytes(4, "big") + bytes(4)), [predicate])
    for number in range(MAX_BUNDLES + 1):
        ended = build(5, Type.BUNDLE_CONTROL, 3, number.to_bytes(4, "big") + b"\0\4\0\0")
        sent = references.note(ended, ())
        if sent:
            references.answer(echo_of(ended + sent))
    assert references.held(0.0) == {predicate}


def fill(store: PredicateStore) -> None:
    for number in range(label.PREDICATE_CAPACITY):
        store.answered(echo_of(lowered(store, flow_mod(f"h{number}.example"))))


def put_off(store: PredicateStore, name: str) -> PutOff:
    found = store.lower(flow_mod(name))
    assert isinstance(found, PutOff)
    return found


def make_room_by(
    store: PredicateStore, look_again: Callable[[], None], *, ends_at_once: bool = False
) -> list[Future[bool]]:
    """Room is made by a look that ends when the test says so, or at once."""
    begun: list[Future[bool]] = []

    def begin() -> Future[bool]:
        begun.append(Future())
        look_again()
        store.recycle(store.table.retired)
        if ends_at_once:
            begun[-1].set_result(True)
        return begun[-1]

    store.room.make = begin
    return begun


def test_a_rule_without_a_bit_waits_for_one_and_no_longer(store: PredicateStore) -> None:
    fill(store)
    ended: list[bool] = []
    store.room.on_end = lambda: ended.append(True)
    begun = make_room_by(store, lambda: look(store, *range(1, label.PREDICATE_CAPACITY)))
    question = put_off(store, "one.more.example").to_switch
    assert store.is_making_room
    assert not begun  # what the controller sent before has to have been read
    store.answered(reply_to(question))
    assert store.is_making_room
    begun[0].set_result(True)
    assert ended
    assert not store.is_making_room
    assert isinstance(store.lower(flow_mod("one.more.example")), bytes)


def test_a_rule_that_waited_in_vain_is_refused_and_so_are_others_for_a_while(store: PredicateStore) -> None:
    fill(store)
    begun = make_room_by(store, lambda: look(store, *range(label.PREDICATE_CAPACITY)))
    store.answered(reply_to(put_off(store, "one.more.example").to_switch))
    begun[0].set_result(False)
    for _ in range(2):
        refused = store.lower(flow_mod("one.more.example"))
        assert isinstance(refused, L7Error)
        assert refused.code == ErrorCode.PREDICATES_FULL
    assert len(begun) == 1


def test_a_deletion_on_its_way_frees_its_bit_for_the_rule_behind_it(store: PredicateStore) -> None:
    fill(store)
    make_room_by(store, lambda: look(store, *range(1, label.PREDICATE_CAPACITY)), ends_at_once=True)
    deletion = lowered(store, flow_mod("h0.example"))  # as any message with the predicate
    put_off(store, "one.more.example")
    behind = store.answered(echo_of(deletion))
    assert behind
    assert store.is_making_room
    store.answered(reply_to(behind))
    assert isinstance(store.lower(flow_mod("one.more.example")), bytes)


def test_nobody_waits_for_a_session_that_has_ended(store: PredicateStore) -> None:
    fill(store)
    make_room_by(store, lambda: None)
    put_off(store, "one.more.example")
    store.begin_session()
    assert not store.is_making_room


def test_bits_in_use_that_the_table_does_not_know_are_not_given_away(store: PredicateStore) -> None:
    store.distrust_unknown({0: 1}, [connection(1 << 34)])
    assert store.table.retired == {0, 2}
    store.lower(flow_mod("a.example"))
    assert set(store.table.bits.values()) == {1}


def test_broken_file_puts_all_bits_in_quarantine(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{")
    assert isinstance(PredicateStore(tmp_path / "p.json", 5, VOCABULARY).lower(flow_mod("a.example")), L7Error)
