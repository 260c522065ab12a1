"""The index of predicates: it says what the reference evaluator says, whatever the predicates and the flow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import label, lowering, oxm
from ofext.attributes import FIELD_ATTRIBUTES, AttributeTest, Operation
from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue
from ofext.errors import MatchConflictError, MatchValueError
from ofext.events import FlowEvent
from ofext.facts import FlowFacts, holds
from ofext.fields import L7Field
from ofext.oxm import Oxm
from ofext.predicates import Predicate, PredicateTable
from ofext.sites import site_id
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.vocabulary import Vocabulary

SNI, HOST, QUERY, AGENT, USER, STATUS, HASH, SERVER = 1, 11, 20, 13, 51, 14, 600, 900
ATTRIBUTES = (
    AttributeEntry(attribute=SNI, name="tls.sni", kind=AttributeType.STRING),
    AttributeEntry(attribute=HOST, name="http.host", kind=AttributeType.STRING),
    AttributeEntry(attribute=QUERY, name="dns.query", kind=AttributeType.STRING),
    AttributeEntry(attribute=AGENT, name="http.user_agent", kind=AttributeType.STRING),
    AttributeEntry(attribute=USER, name="ftp.user", kind=AttributeType.STRING),
    AttributeEntry(attribute=STATUS, name="http.status", kind=AttributeType.UINT),
    AttributeEntry(attribute=HASH, name="bittorrent.info_hash", kind=AttributeType.BYTES),
    AttributeEntry(attribute=SERVER, name="test.server", kind=AttributeType.IP),
)
TLS, HTTP, YOUTUBE = 0x140001BB, 0x14000050, 0x14002EE0
CATALOGUE = Catalogue(
    version="1",
    apps=(
        AppEntry(app_id=TLS, key="tls", name="TLS", kind=AppKind.PROTOCOL, tags=("encrypted",)),
        AppEntry(app_id=HTTP, key="http", name="HTTP", kind=AppKind.PROTOCOL),
        AppEntry(app_id=YOUTUBE, key="youtube", name="YouTube", risk=3, tags=("streaming", "ads")),
    ),
    attributes=ATTRIBUTES,
)
VOCABULARY = Vocabulary(CATALOGUE)
FLOW = FlowEvent(
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
    app_id=YOUTUBE,
    protocol_id=TLS,
    state=1,
    path="eth.ip.tcp.tls.youtube",
)

small = st.binary(max_size=3) | st.text("aAbB.*", max_size=5).map(str.encode)
operands = small.filter(bool)
hosts = st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=3).map(".".join)
text_patterns = st.one_of(
    st.just("*"),
    st.builds(
        lambda start, text, end: start + text + end,
        st.sampled_from(["", "*"]),
        st.text("ab.", min_size=1, max_size=3),
        st.sampled_from(["", "*"]),
    ),
)


@st.composite
def attribute_tests(draw: st.DrawFn) -> AttributeTest:
    """Any operation on any attribute, whether it suits its type or not."""
    attribute = draw(st.sampled_from([entry.attribute for entry in ATTRIBUTES] + [77]))
    operation = draw(st.sampled_from(Operation))
    if operation is Operation.PRESENT:
        return AttributeTest(attribute, operation)
    if operation is Operation.SET:
        return AttributeTest.one_of(attribute, draw(st.sets(operands, min_size=1, max_size=3)))
    if operation is Operation.RANGE:
        return AttributeTest(attribute, operation, (draw(operands), draw(operands)))
    return AttributeTest(attribute, operation, (draw(operands),))


def masks(bits: int) -> st.SearchStrategy[int]:
    return st.sampled_from([1, (1 << bits) - 1]) | st.integers(1, (1 << bits) - 1)


def masked(value: int, mask: int) -> Predicate:
    return Predicate(L7Field.CONFIDENCE, bytes([value & mask]), bytes([mask]))


HOST_FIELDS = [L7Field.SNI, L7Field.HTTP_HOST, L7Field.DNS_QUERY]
predicates = st.one_of(
    st.builds(
        lambda field, star, host: Predicate.of(field, star + host),
        st.sampled_from(HOST_FIELDS),
        st.sampled_from(["", "*."]),
        hosts,
    ),
    st.builds(Predicate.of, st.sampled_from([L7Field.USER_AGENT, L7Field.USER, L7Field.DEVICE]), text_patterns),
    st.builds(Predicate.of, st.just(L7Field.TAG), st.sampled_from(["encrypted", "streaming", "ads", "bank"])),
    st.integers(0, 1).map(lambda value: Predicate(L7Field.ENCRYPTED, bytes([value]))),
    st.builds(masked, st.integers(0, 255), st.integers(1, 254)),
    st.integers(0, 100).map(lambda value: Predicate(L7Field.CONFIDENCE, bytes([value]))),
    attribute_tests().map(lambda test: Predicate(L7Field.ATTR, test.encode())),
)
values = st.one_of(
    st.tuples(st.sampled_from([SNI, HOST, QUERY]), hosts.map(str.upper).map(str.encode) | small),
    st.tuples(st.sampled_from([AGENT, USER, HASH, SERVER, 77]), small),
    st.tuples(st.just(STATUS), st.binary(min_size=1, max_size=2)),
)
flows = st.builds(
    lambda metadata, confidence, carried: replace(FLOW, metadata=tuple(metadata), confidence=confidence, **carried),
    st.lists(values, max_size=5),
    st.integers(0, 100),
    st.sampled_from(
        [
            {},
            {"app_id": HTTP, "protocol_id": HTTP, "path": "eth.ip.tcp.http"},
            {"app_id": 0x14000000, "protocol_id": 0, "path": "eth.ip.tcp"},
        ]
    ),
)


@given(st.lists(predicates, max_size=12), flows)
def test_the_index_says_what_the_reference_says(wanted: list[Predicate], flow: FlowEvent) -> None:
    table = PredicateTable().with_predicates(wanted)
    assert isinstance(table, PredicateTable)
    facts = VOCABULARY.facts(flow)
    expected = label.predicate_mask(number for predicate, number in table.bits.items() if holds(predicate, facts))
    assert PredicateIndex(table, VOCABULARY).bits(flow) == expected


label_fields = st.one_of(
    st.builds(lambda app, mask: oxm.l7_app_id(app & mask, mask), st.sampled_from([TLS, HTTP, YOUTUBE]), masks(32)),
    st.builds(lambda state, mask: oxm.l7_state(state & mask, mask), st.integers(0, 3), masks(3)),
    st.builds(lambda risk, mask: oxm.l7_risk(risk & mask, mask), st.sampled_from([0, 3]), masks(8)),
    st.integers(2, 3).map(oxm.l7_category),
    st.sampled_from([0, 20]).map(oxm.l7_engine),
)


def compares(field: Oxm, bits: int) -> bool:
    """Whether a field with a mask or without fits a number of its size."""
    mask = field.mask or b"\xff" * len(field.value)
    return bits & int.from_bytes(mask, "big") == int.from_bytes(field.value, "big")


def reference(field: Oxm, flow: FlowEvent) -> bool:
    """What SPEC.md says that a field means, of a flow that has a verdict."""
    plain = {
        L7Field.APP_ID: flow.app_id,
        L7Field.ENGINE: flow.app_id >> 24,
        L7Field.CATEGORY: flow.category,
        L7Field.STATE: flow.state,
        L7Field.RISK: VOCABULARY.risk_of(flow.app_id),
    }
    if field.field in plain:
        return compares(field, plain[L7Field(field.field)])
    predicate = Predicate.from_oxm(field)
    assert predicate is not None
    return holds(predicate, VOCABULARY.facts(flow))


@given(
    st.lists(
        label_fields | predicates.map(Predicate.to_oxm), min_size=1, max_size=4, unique_by=lambda field: field.field
    ),
    flows,
    st.integers(0, 3),
    st.integers(2, 3),
)
def test_a_lowered_match_fits_the_flows_that_its_fields_mean(
    fields: list[Oxm], flow: FlowEvent, state: int, category: int
) -> None:
    flow = replace(flow, state=state, category=category)
    table = PredicateTable().with_predicates(lowering.predicates_of(fields))
    assert isinstance(table, PredicateTable)
    try:
        lowered = lowering.lower(fields, table)
    except MatchConflictError:
        return  # engine and App-ID
    fixed = state | category << label.CATEGORY_SHIFT | VOCABULARY.risk_of(flow.app_id) << label.RISK_SHIFT
    connection = fixed | PredicateIndex(table, VOCABULARY).bits(flow)
    told = {oxm.NXM_NX_CT_MARK: flow.app_id, oxm.NXM_NX_CT_LABEL: connection}
    fits = all(compares(field, told[field.field]) for field in lowered)
    assert fits == all(reference(field, flow) for field in fields)


def one(predicate: Predicate, **flow: object) -> bool:
    """Whether a predicate holds for a flow, by index and by reference."""
    table = PredicateTable().with_predicates([predicate])
    assert isinstance(table, PredicateTable)
    event = replace(FLOW, **flow)
    found = PredicateIndex(table, VOCABULARY).bits(event) != 0
    assert found == holds(predicate, VOCABULARY.facts(event))
    return found


@pytest.mark.parametrize(
    ("test", "attribute", "value", "expected"),
    [
        (AttributeTest(STATUS, Operation.EQUALS, (b"\0\xc8",)), STATUS, b"\xc8", True),
        (AttributeTest(STATUS, Operation.RANGE, (b"\xc8", b"\1\x2b")), STATUS, b"\1\x2b", True),
        (AttributeTest(STATUS, Operation.RANGE, (b"\xc8", b"\1\x2b")), STATUS, b"\1\x2c", False),
        (AttributeTest(STATUS, Operation.PREFIX, (b"\xc8",)), STATUS, b"\xc8", False),
        (AttributeTest(AGENT, Operation.CONTAINS, (b"CURL",)), AGENT, b"a Curl/8", True),
        (AttributeTest(AGENT, Operation.SUFFIX, ("É".encode(),)), AGENT, "é".encode(), False),
        (AttributeTest(AGENT, Operation.PRESENT), AGENT, b"", True),
        (AttributeTest(HASH, Operation.EQUALS, (b"A",)), HASH, b"a", False),
        (AttributeTest(HASH, Operation.RANGE, (b"a", b"c")), HASH, b"b", True),
        (AttributeTest(HASH, Operation.RANGE, (b"a", b"c")), HASH, b"bb", False),
        (AttributeTest(SERVER, Operation.PREFIX, (bytes([192, 0]),)), SERVER, bytes([192, 0, 2, 1]), True),
        (AttributeTest.one_of(SNI, {b"a.example", b"B.example"}), SNI, b"b.EXAMPLE", True),
        (AttributeTest(77, Operation.PRESENT), 77, b"x", False),
    ],
)
def test_values_are_compared_by_the_type_of_their_attribute(
    test: AttributeTest, attribute: int, value: bytes, expected: bool
) -> None:
    assert one(Predicate(L7Field.ATTR, test.encode()), metadata=((attribute, value),)) is expected


def test_encryption_is_said_by_the_protocols_on_the_path() -> None:
    encrypted, plain = (Predicate(L7Field.ENCRYPTED, bytes([value])) for value in (1, 0))
    assert one(encrypted)
    assert not one(plain)
    assert one(plain, app_id=HTTP, protocol_id=HTTP, path="eth.ip.tcp.http")
    nothing_known = {"app_id": 0x14000000, "protocol_id": 0, "path": "eth.ip.tcp"}
    assert not one(encrypted, **nothing_known)
    assert not one(plain, **nothing_known)


def test_a_site_that_is_called_as_a_protocol_is_none() -> None:
    plain, site = Predicate(L7Field.ENCRYPTED, b"\0"), {"app_id": site_id("tls.test"), "protocol_id": HTTP}
    assert one(plain, **site, path="eth.ip.tcp.http.tls.test")


def test_tags_are_those_of_the_application_and_of_its_protocols() -> None:
    assert VOCABULARY.tags_of(FLOW) == {"encrypted", "streaming", "ads"}
    assert VOCABULARY.risk_of(YOUTUBE) == 3


@pytest.mark.parametrize(
    "test",
    [
        AttributeTest(77, Operation.PRESENT),
        AttributeTest(STATUS, Operation.CONTAINS, (b"2",)),
        AttributeTest(STATUS, Operation.EQUALS, (bytes(9),)),
        AttributeTest(STATUS, Operation.RANGE, (b"\2", b"\1")),
        AttributeTest(SNI, Operation.RANGE, (b"a", b"b")),
        AttributeTest(HASH, Operation.RANGE, (b"a", b"bb")),
        AttributeTest(SERVER, Operation.CONTAINS, (b"a",)),
    ],
)
def test_a_test_that_no_flow_can_pass_is_refused(test: AttributeTest) -> None:
    with pytest.raises(MatchValueError, match="l7_attr"):
        VOCABULARY.check(Predicate(L7Field.ATTR, test.encode()))


def test_facts_leave_out_what_the_catalogue_does_not_have() -> None:
    flow = replace(FLOW, metadata=((77, b"x"), (SNI, b"a.example")), confidence=90)
    assert VOCABULARY.facts(flow) == FlowFacts(
        metadata=((ATTRIBUTES[0], b"a.example"),),
        tags=frozenset({"encrypted", "streaming", "ads"}),
        confidence=90,
        is_encrypted=True,
    )


def test_groups_of_attributes_are_disjoint() -> None:
    names = [name for group in FIELD_ATTRIBUTES.values() for name in group]
    assert len(names) == len(set(names))
