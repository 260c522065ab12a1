"""OXM TLVs and matches; lowering and raising them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ofext_strategies import l7_matches, table_for

from ofext import label, lowering, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.errors import (
    DecodeError,
    EncodeError,
    MatchConflictError,
    MatchError,
    MatchValueError,
    OfextError,
    UnknownPatternError,
)
from ofext.fields import L7Field
from ofext.ids import EXPERIMENTER_ID
from ofext.lowering import lower, predicates_of, raise_
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable

any_oxm = st.builds(
    Oxm, st.integers(0, 0xFFFE), st.integers(0, 127), st.booleans(), st.binary(max_size=oxm.MAX_PAYLOAD_SIZE)
)


def raw(field: int, payload: bytes, has_mask: bool = False) -> Oxm:
    return Oxm(oxm.CLASS_EXPERIMENTER, field, has_mask, EXPERIMENTER_ID.to_bytes(4, "big") + payload)


@given(st.lists(any_oxm, max_size=8))
def test_matches_come_back_byte_for_byte(fields: list[Oxm]) -> None:
    data = oxm.encode_match(fields)
    assert len(data) % 8 == 0
    assert oxm.decode_match(b"xyz" + data + b"rest", 3) == (tuple(fields), 3 + len(data))


@given(l7_matches(), st.data())
def test_a_cut_match_is_a_decode_error(fields: tuple[Oxm, ...], data: Any) -> None:
    whole = oxm.encode_match(fields)
    size = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DecodeError):
        oxm.decode_match(whole[:size])


@given(st.binary(max_size=80))
def test_random_bytes_are_a_match_or_a_decode_error(data: bytes) -> None:
    try:
        fields, _ = oxm.decode_match(b"\x00\x01" + data)
    except DecodeError:
        return
    try:
        lowering.raise_(lowering.lower(fields, PredicateTable()), PredicateTable())
        lowering.describe(fields)
    except MatchError:
        pass


@given(l7_matches())
def test_raising_undoes_lowering(fields: tuple[Oxm, ...]) -> None:
    table = table_for(*fields)
    lowered = lower(fields, table)
    assert not any(oxm.is_l7(field) for field in lowered)
    assert raise_(lowered, table) == fields


@given(l7_matches())
def test_a_match_is_lowered_once(fields: tuple[Oxm, ...]) -> None:
    table = table_for(*fields)
    lowered = lower(fields, table)
    assert lower(lowered, table) == lowered


def test_app_id_becomes_the_mark() -> None:
    lowered = lower([oxm.l7_app_id(0x14002711)], PredicateTable())
    assert lowered == (oxm.ct_mark(0x14002711), oxm.ct_label(0, lowering.LABEL_IS_L7 | lowering.MARK_IS_APP_ID))


def test_state_and_category_become_label_bits() -> None:
    lowered = lower([oxm.l7_category(9), oxm.l7_state(0, 1)], PredicateTable())
    mask = label.CATEGORY_MASK | 1 | lowering.LABEL_IS_L7
    assert lowered == (oxm.ct_label(9 << 3, mask),)


def test_a_pattern_becomes_its_bit() -> None:
    fields = [oxm.l7_sni("*.example.com"), oxm.l7_dns_query("a.example")]
    lowered = lower(fields, table_for(*fields))
    assert lowered == (oxm.ct_label(3 << 32, 3 << 32 | lowering.LABEL_IS_L7),)


def test_other_spellings_of_a_pattern_are_the_same_predicate() -> None:
    spelt = raw(L7Field.SNI, b"*.Example.COM.")
    assert predicates_of([spelt]) == predicates_of([oxm.l7_sni("*.example.com")])


def test_a_label_of_the_controllers_own_is_merged() -> None:
    own = oxm.ct_label(5 << 19, label.EPOCH_MASK)
    lowered = lower([own, oxm.l7_category(9)], PredicateTable())
    mask = label.CATEGORY_MASK | label.EPOCH_MASK | lowering.LABEL_IS_L7
    assert lowered == (oxm.ct_label(5 << 19 | 9 << 3, mask),)


@pytest.mark.parametrize(
    "own",
    [
        [oxm.ct_mark(5)],
        [oxm.ct_label(5)],
        [oxm.ct_label(0, 1 << 127), oxm.ct_mark(5, 0xFF)],
        [oxm.ct_label(5, label.LABEL_MASK), oxm.ct_mark(0)],
        [oxm.ct_label(0, label.RESERVED_MASK)],
        [oxm.ct_label(1 << 27, 1 << 27)],
    ],
)
def test_matches_on_conntrack_fields_stay_what_they_are(own: list[Oxm]) -> None:
    table = table_for(oxm.l7_sni("a.example"))
    assert lower(own, table) == tuple(own)
    assert raise_(own, table) == tuple(own)


@pytest.mark.parametrize(
    ("fields", "error", "name"),
    [
        ([oxm.l7_app_id(5), oxm.ct_mark(5)], MatchConflictError, "ct_mark"),
        ([oxm.l7_state(1), oxm.ct_label(1, 1)], MatchConflictError, "ct_label"),
        ([oxm.l7_state(1), oxm.ct_label(1)], MatchConflictError, "ct_label"),
        ([oxm.ct_label(0, 1 << 19), oxm.l7_state(1), oxm.ct_label(0, 1 << 20)], MatchConflictError, "ct_label"),
        ([oxm.ct_label(1 << 3, 1 << 19), oxm.l7_category(0)], MatchValueError, "ct_label"),
        ([oxm.l7_state(1), oxm.l7_state(1)], MatchConflictError, "l7_state"),
        ([oxm.l7_sni("a.example"), oxm.l7_sni("b.example")], MatchConflictError, "l7_sni"),
        ([raw(L7Field.STATE, b"\x08")], MatchValueError, "l7_state"),
        ([raw(L7Field.STATE, b"\x02\x01", True)], MatchValueError, "l7_state"),
        ([raw(L7Field.STATE, b"")], MatchValueError, "l7_state"),
        ([raw(L7Field.APP_ID, b"\x01\x02")], MatchValueError, "l7_app_id"),
        ([raw(L7Field.APP_ID, bytes(7), True)], MatchValueError, "l7_app_id"),
        ([raw(L7Field.CATEGORY, b"\x01\x01", True)], MatchValueError, "l7_category"),
        ([raw(L7Field.SNI, b"")], MatchValueError, "l7_sni"),
        ([raw(L7Field.HTTP_HOST, b"a*b")], MatchValueError, "l7_http_host"),
        ([raw(L7Field.DNS_QUERY, b"\xff")], MatchValueError, "l7_dns_query"),
        ([raw(L7Field.SNI, b"aa", True)], MatchValueError, "l7_sni"),
        ([oxm.l7_app_id(5), oxm.l7_engine(0)], MatchConflictError, "l7_engine"),
        ([oxm.l7_engine(20), oxm.l7_app_id(0x14000000, 0xFF000000)], MatchConflictError, "l7_app_id"),
        ([oxm.l7_engine(20), oxm.ct_mark(0, 1)], MatchConflictError, "ct_mark"),
        ([oxm.l7_risk(1), oxm.ct_label(0, 1 << 11)], MatchConflictError, "ct_label"),
        ([raw(L7Field.ENGINE, b"\x14\xff", True)], MatchValueError, "l7_engine"),
        ([raw(L7Field.RISK, b"\x02\x01", True)], MatchValueError, "l7_risk"),
        ([raw(L7Field.CONFIDENCE, b"\x02\x01", True)], MatchValueError, "l7_confidence"),
        ([raw(L7Field.CONFIDENCE, b"\0\0")], MatchValueError, "l7_confidence"),
        ([raw(L7Field.ENCRYPTED, b"\x02")], MatchValueError, "l7_encrypted"),
        ([raw(L7Field.ENCRYPTED, b"\x01\x01", True)], MatchValueError, "l7_encrypted"),
        ([raw(L7Field.TAG, b"two words")], MatchValueError, "l7_tag"),
        ([raw(L7Field.USER, b"**")], MatchValueError, "l7_user"),
        ([raw(L7Field.USER, b"")], MatchValueError, "l7_user"),
        ([raw(L7Field.DEVICE, b"\xff")], MatchValueError, "l7_device"),
        ([oxm.l7_user("a"), oxm.l7_user("b")], MatchConflictError, "l7_user"),
        ([oxm.l7_tag("a"), oxm.l7_tag("a")], MatchConflictError, "l7_tag"),
        ([raw(L7Field.ATTR, b"\0\1\7"), raw(L7Field.ATTR, b"\0\1\7")], MatchConflictError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\0a")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\x08a")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\7a")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\1")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\5\1a")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\5\2a\1b")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\6\1b\1a")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\6\1a\0")], MatchValueError, "l7_attr"),
        ([raw(L7Field.ATTR, b"\0\1\1a\0\1\1b", True)], MatchValueError, "l7_attr"),
        ([raw(99, b"\x01")], MatchValueError, "l7 field 99"),
        ([Oxm(1, 108, True, bytes(31)), oxm.l7_state(1)], MatchValueError, "nxm field 108"),
    ],
)
def test_matches_that_cannot_be_lowered_name_the_field(fields: list[Oxm], error: type[MatchError], name: str) -> None:
    known = [oxm.l7_sni("a.example"), oxm.l7_sni("b.example"), oxm.l7_user("a"), oxm.l7_user("b"), oxm.l7_tag("a")]
    known.append(oxm.l7_attr(AttributeTest(1, Operation.PRESENT)))
    with pytest.raises(error) as caught:
        lower(fields, table_for(*known))
    assert caught.value.field == name


def test_a_pattern_without_a_bit_is_an_error_of_its_own() -> None:
    with pytest.raises(UnknownPatternError) as caught:
        lower([oxm.l7_sni("a.example")], PredicateTable())
    assert (caught.value.field, caught.value.value) == ("l7_sni", "a.example")


def test_a_mask_of_zero_compares_nothing() -> None:
    assert raise_(lower([oxm.l7_state(0, 0), oxm.l7_app_id(0, 0)], PredicateTable()), PredicateTable()) == ()


def test_a_question_for_a_predicate_without_a_bit_selects_no_rule() -> None:
    fields = [oxm.l7_sni("a.example"), oxm.l7_state(1)]
    asked = lower(fields, PredicateTable(), asks=True)
    assert asked == (oxm.ct_label(1 | lowering.NOWHERE, 7 | lowering.LABEL_IS_L7 | lowering.NOWHERE),)
    assert lower(fields, table_for(*fields), asks=True) == lower(fields, table_for(*fields))


def test_engine_and_app_id_share_the_mark_where_they_compare_other_bits() -> None:
    fields = (oxm.l7_app_id(0x2711, 0xFFFF), oxm.l7_engine(20))
    lowered = lower(fields, PredicateTable())
    signs = lowering.LABEL_IS_L7 | lowering.MARK_IS_APP_ID | lowering.MARK_IS_ENGINE
    assert lowered == (oxm.ct_mark(0x14002711, 0xFF00FFFF), oxm.ct_label(0, signs))
    assert raise_(lowered, PredicateTable()) == fields


@pytest.mark.parametrize("field", [oxm.l7_engine(20), oxm.l7_app_id(0x14000000, 0xFF000000)])
def test_an_engine_comes_back_as_the_field_that_it_was_sent_in(field: Oxm) -> None:
    assert raise_(lower([field], PredicateTable()), PredicateTable()) == (field,)


def test_the_place_of_a_wrong_field_is_told() -> None:
    with pytest.raises(MatchConflictError) as caught:
        lower([oxm.ct_zone(1), oxm.l7_state(1), oxm.l7_state(1)], PredicateTable())
    assert caught.value.index == 2


def test_a_bit_that_the_table_does_not_know_stays_a_label() -> None:
    fields = [oxm.l7_sni("a.example"), oxm.l7_state(1)]
    lowered = lower(fields, table_for(*fields))
    assert raise_(lowered, PredicateTable()) == (oxm.ct_label(1 << 32, 1 << 32), oxm.l7_state(1))


def test_a_packet_is_described_beside_its_conntrack_fields() -> None:
    own = (oxm.ct_mark(5), oxm.ct_label(label.Label(state=1, category=9, risk=2).pack()))
    described = lowering.describe(own)
    assert described == (*own, oxm.l7_app_id(5), oxm.l7_category(9), oxm.l7_risk(2), oxm.l7_state(1))
    assert lowering.describe(()) == (oxm.l7_state(0),)
    odd = (Oxm(oxm.CLASS_NXM_1, oxm.NXM_NX_CT_MARK, False, bytes([5]) * 9),)
    assert lowering.describe(odd) == (*odd, oxm.l7_state(0))


@pytest.mark.parametrize("make", [lambda: oxm.l7_app_id(1 << 32), lambda: oxm.l7_state(-1), lambda: oxm.ct_mark(0, -1)])
def test_values_that_do_not_fit_are_refused(make: Any) -> None:
    with pytest.raises(EncodeError):
        make()


def test_the_longest_pattern_fits_in_a_field() -> None:
    longest = ".".join(["a" * 62] * 4)[:251]
    field = oxm.l7_sni(longest)
    assert len(field.payload) == 255
    assert oxm.walk(field.encode()) == (field,)
    with pytest.raises(OfextError):
        oxm.l7_sni(longest + "a")
