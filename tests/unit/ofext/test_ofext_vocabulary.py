"""Identifiers, label layout, patterns and the predicate table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ofext_strategies import host, pattern

from ofext import ids, label, patterns
from ofext.errors import DecodeError, EncodeError, MatchValueError
from ofext.fields import L7Field
from ofext.label import Label
from ofext.predicates import Predicate, PredicateTable, TableFull


def test_app_ids_are_written_as_engine_and_selector() -> None:
    assert ids.format_app_id(0x14002711) == "20/10001"
    assert ids.parse_app_id("20/10001") == 0x14002711
    assert ids.UNKNOWN_APP == 0x14000000


@given(st.integers(0, 255), st.integers(0, 0xFFFFFF))
def test_app_ids_come_back_from_their_text(engine: int, selector: int) -> None:
    app = ids.app_id(engine, selector)
    assert (ids.engine_of(app), ids.selector_of(app)) == (engine, selector)
    assert ids.parse_app_id(ids.format_app_id(app)) == app


@pytest.mark.parametrize("text", ["", "20", "20/", "/1", "-1/2", "256/0", "20/16777216", "²/1", "20/1/2", " 20/1"])
def test_texts_that_are_no_app_id_are_refused(text: str) -> None:
    with pytest.raises(EncodeError):
        ids.parse_app_id(text)


def test_bit_0_of_a_state_says_settled() -> None:
    assert {state for state in ids.State if ids.is_settled(state)} == set(ids.State) - {
        ids.State.INSPECTING,
        ids.State.GUESSED,
    }


def test_parts_of_the_label_cover_all_bits_once() -> None:
    parts = [
        label.STATE_MASK,
        label.CATEGORY_MASK,
        label.RISK_MASK,
        label.EPOCH_MASK,
        label.RESERVED_MASK,
        label.PREDICATES_MASK,
    ]
    assert sum(parts) == label.LABEL_MASK
    assert label.RESERVED_MASK == 0b11111 << 27
    assert label.PREDICATES_MASK == (1 << 96) - 1 << 32


@given(
    st.integers(0, 7), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.frozensets(st.integers(0, 95))
)
def test_labels_come_back(state: int, category: int, risk: int, epoch: int, predicates: frozenset[int]) -> None:
    made = Label(state=state, category=category, risk=risk, epoch=epoch, predicates=predicates)
    assert Label.unpack(made.pack()) == made
    assert not made.pack() & label.RESERVED_MASK


@pytest.mark.parametrize(
    "wrong", [Label(state=8), Label(category=256), Label(risk=-1), Label(epoch=256), Label(predicates=frozenset({96}))]
)
def test_label_parts_out_of_range_are_refused(wrong: Label) -> None:
    with pytest.raises(EncodeError):
        wrong.pack()


@pytest.mark.parametrize(
    ("given_pattern", "normal"),
    [
        ("Example.COM", "example.com"),
        ("*.Example.com.", "*.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("Bücher.example。", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_patterns_have_one_normal_form(given_pattern: str, normal: str) -> None:
    assert patterns.normalise(given_pattern) == normal


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "*.", "*", "a*.example", "**.example", "a b", "*.*.example", "a" * 252, "\n", "ü" * 80),
        *(".", "..", "a..", ".a", "*..a", "a..b", "ü.."),
    ],
)
def test_texts_that_are_no_pattern_are_refused(wrong: str) -> None:
    with pytest.raises(MatchValueError) as caught:
        patterns.normalise(wrong, "l7_sni")
    assert caught.value.field == "l7_sni"


def test_a_wildcard_stands_for_names_below_it_only() -> None:
    assert patterns.matches("*.example.com", "a.example.com")
    assert patterns.matches("*.example.com", "A.B.Example.Com.")
    assert not patterns.matches("*.example.com", "example.com")
    assert not patterns.matches("*.example.com", "badexample.com")
    assert patterns.matches("example.com", "EXAMPLE.com")
    assert not patterns.matches("example.com", "a.example.com")


@given(st.text(max_size=60) | st.text("aÜ.。*", max_size=6))
def test_normalising_twice_changes_nothing(text: str) -> None:
    try:
        once = patterns.normalise(text)
    except MatchValueError:
        return
    assert patterns.normalise(once) == once


PREDICATES = st.lists(
    st.builds(Predicate.of, st.sampled_from([L7Field.SNI, L7Field.HTTP_HOST, L7Field.DNS_QUERY]), pattern),
    max_size=20,
    unique=True,
)


def grown(table: PredicateTable, wanted: list[Predicate]) -> PredicateTable:
    result = table.with_predicates(wanted)
    assert isinstance(result, PredicateTable)
    return result


@given(PREDICATES)
def test_every_predicate_gets_a_bit_of_its_own(wanted: list[Predicate]) -> None:
    table = grown(PredicateTable(), wanted)
    assert len(set(table.bits.values())) == len(wanted)
    assert all(table.predicate_at(table.bits[predicate]) == predicate for predicate in wanted)
    assert grown(table, wanted) is table


@given(PREDICATES, st.sets(st.integers(0, 19)), host)
def test_a_table_is_kept_as_json(wanted: list[Predicate], dropped: set[int], name: str) -> None:
    table = grown(PredicateTable(), wanted)
    table = table.retain(predicate for number, predicate in enumerate(wanted) if number not in dropped)
    again = PredicateTable.from_json(table.to_json())
    assert again == table
    assert again.holding(L7Field.SNI, name) == table.holding(L7Field.SNI, name)


def test_a_full_table_says_for_which_predicate() -> None:
    wanted = [Predicate.of(L7Field.SNI, f"{number}.example") for number in range(97)]
    assert PredicateTable().with_predicates(wanted) == TableFull(predicate=wanted[96], capacity=96, retired=0)


def test_a_retired_bit_is_not_given_away_before_it_is_recycled() -> None:
    first, second, third = (Predicate.of(L7Field.SNI, f"{number}.example") for number in range(3))
    table = grown(PredicateTable(capacity=2), [first, second]).retain([second])
    assert table.retired == {0}
    assert table.with_predicates([third]) == TableFull(predicate=third, capacity=2, retired=1)
    assert grown(table.recycle(frozenset({0})), [third]).number_of(third) == 0


def test_holding_says_which_bits_a_value_sets() -> None:
    wanted = [
        Predicate.of(L7Field.SNI, "*.example.com"),
        Predicate.of(L7Field.SNI, "a.example.com"),
        Predicate.of(L7Field.HTTP_HOST, "a.example.com"),
    ]
    table = grown(PredicateTable(), wanted)
    assert table.holding(L7Field.SNI, "A.example.com") == {0, 1}
    assert table.holding(L7Field.HTTP_HOST, "a.example.com") == {2}
    assert table.holding(L7Field.DNS_QUERY, "a.example.com") == frozenset()


def test_a_field_without_patterns_makes_no_predicate() -> None:
    with pytest.raises(MatchValueError):
        Predicate.of(L7Field.STATE, "a.example")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 3, "capacity": 96, "predicates": [], "retired": []}',
        '{"version": 2, "capacity": 96, "predicates": [{"oxm": "80000a02", "bit": 1}], "retired": []}',
        '{"version": 2, "capacity": 96, "predicates": [{"oxm": "ffff0405000a4c3709", "bit": 1}], "retired": []}',
        '{"version": 2, "capacity": 96, "predicates": [{"oxm": "xy", "bit": 1}], "retired": []}',
        '{"capacity": 96, "predicates": [], "retired": []}',
        '{"version": 1, "capacity": 97, "predicates": [], "retired": []}',
        '{"version": 1, "capacity": 96, "predicates": [{"field": 4, "pattern": "a", "bit": 96}], "retired": []}',
        '{"version": 1, "capacity": 96, "predicates": [{"field": 4, "pattern": "a", "bit": 1}], "retired": [1]}',
        '{"version": 1, "capacity": 96, "predicates": [{"field": 1, "pattern": "a", "bit": 1}], "retired": []}',
        '{"version": 1, "capacity": 96, "predicates": [{"field": 4, "pattern": 7, "bit": 1}], "retired": []}',
        '{"version": 1, "capacity": 96, "predicates": [], "retired": ["x"]}',
        '{"version": 1, "capacity": 96, "predicates": [], "retired": [[]]}',
        '{"version": 1, "capacity": 1e999, "predicates": [], "retired": []}',
    ],
)
def test_a_damaged_table_is_a_decode_error(wrong: str) -> None:
    with pytest.raises(DecodeError):
        PredicateTable.from_json(wrong)
