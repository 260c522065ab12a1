"""Random messages and matches for the property tests."""

import ipaddress

from hypothesis import strategies as st

from ofext import oxm
from ofext.catalogue import AppEntry, AttributeEntry, Catalogue, CatalogueRequest, CategoryEntry
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, EventConfig
from ofext.events import FlowEvent, FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.lowering import FREE_LABEL_MASK, predicates_of
from ofext.messages import L7Error
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable


def table_for(*fields: Oxm) -> PredicateTable:
    """A table that has a bit for every pattern of the fields."""
    table = PredicateTable().with_predicates(predicates_of(fields))
    assert isinstance(table, PredicateTable)
    return table


u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
u64 = st.integers(0, 0xFFFFFFFFFFFFFFFF)
short_text = st.text(max_size=20).filter(lambda text: len(text.encode("utf-8", "surrogatepass")) == _utf8_size(text))


def _utf8_size(text: str) -> int:
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        return -1


host = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z0-9]{1,8}){0,3}", fullmatch=True)
pattern = st.builds(lambda prefix, name: prefix + name, st.sampled_from(["", "*."]), host)

agent_info = st.builds(
    AgentInfo,
    agent_version=short_text,
    engine_version=short_text,
    catalogue_version=short_text,
    tap_port=st.none() | u32,
    edge_zone=u16,
    service_zone=u16,
    predicate_capacity=u16,
)
hello = st.builds(Hello, versions=st.frozensets(st.integers(0, 31)), agent=st.none() | agent_info)

app_entry = st.builds(
    AppEntry, app_id=u32, key=short_text, name=short_text, category=u8, kind=u8, risk=u8, owner=short_text
)
category_entry = st.builds(CategoryEntry, category=u8, key=short_text, name=short_text)
attribute_entry = st.builds(AttributeEntry, attribute=u16, name=short_text, kind=u8, unit=short_text)
catalogue = st.builds(
    Catalogue,
    version=short_text,
    apps=st.lists(app_entry, max_size=5).map(tuple),
    categories=st.lists(category_entry, max_size=5).map(tuple),
    attributes=st.lists(attribute_entry, max_size=5).map(tuple),
    more=st.booleans(),
)
config = st.builds(
    EventConfig,
    kinds=st.frozensets(st.integers(0, 15)),
    attributes=st.none() | st.frozensets(u16, max_size=20),
    max_batch=u16,
    max_delay_ms=u32,
)


@st.composite
def flow_events(draw: st.DrawFn) -> FlowEvent:
    """An event with all its parts at random, some of them absent."""
    addresses = draw(st.sampled_from([st.ip_addresses(v=4), st.ip_addresses(v=6)]))
    address = addresses.map(lambda made: str(ipaddress.ip_address(made.packed)))
    return draw(
        st.builds(
            FlowEvent,
            kind=u8,
            flow_id=u64,
            at_ns=u64,
            first_seen_ns=u64,
            last_seen_ns=u64,
            src=address,
            dst=address,
            sport=u16,
            dport=u16,
            l4=u8,
            vlan=u16,
            app_id=u32,
            protocol_id=u32,
            category=u8,
            state=u8,
            confidence=u8,
            verdict_packet=u32,
            packets_c2s=u64,
            packets_s2c=u64,
            bytes_c2s=u64,
            bytes_s2c=u64,
            path=short_text,
            evidence=short_text,
            end_reason=u8,
            metadata=st.lists(st.tuples(u16, st.binary(max_size=30)), max_size=4).map(tuple),
            truncated=st.booleans(),
        )
    )


batches = st.builds(FlowEvents, sequence=u64, dropped=u64, events=st.lists(flow_events(), max_size=3).map(tuple))

errors = st.builds(L7Error, code=u16, offset=u32, data=st.binary(max_size=64), text=short_text)

messages_of_tlvs = st.one_of(
    hello,
    st.just(CatalogueRequest()),
    catalogue,
    st.builds(ConfigSet, config=config),
    st.just(ConfigRequest()),
    st.builds(ConfigReply, config=config),
)
"""Those whose body ends in TLVs."""
messages = messages_of_tlvs | batches


def _masked(bits: int) -> st.SearchStrategy[tuple[int, int | None]]:
    """Value and mask in canonical form: no bit outside of the mask, a full mask not said, an empty one not there."""
    full = (1 << bits) - 1
    some = st.tuples(st.integers(0, full), st.integers(1, full - 1)).map(lambda pair: (pair[0] & pair[1], pair[1]))
    return some | st.integers(0, full).map(lambda value: (value, None))


other_fields = st.lists(
    st.sampled_from(
        [
            oxm.ct_state(oxm.CT_STATE_TRK, oxm.CT_STATE_TRK),
            oxm.ct_zone(7),
            Oxm(oxm.CLASS_OPENFLOW_BASIC, 5, False, b"\x08\x00"),
            Oxm(oxm.CLASS_OPENFLOW_BASIC, 10, False, b"\x06"),
            Oxm(oxm.CLASS_EXPERIMENTER, 1, True, b"\x00\x00\x23\x20odd"),
        ]
    ),
    unique=True,
)


@st.composite
def l7_matches(draw: st.DrawFn) -> tuple[Oxm, ...]:
    """A canonical match with at least one L7 field, in the order in which raising gives it back."""
    fields = [
        draw(_masked(32).map(lambda pair: oxm.l7_app_id(*pair))),
        draw(u8.map(oxm.l7_category)),
        draw(_masked(3).map(lambda pair: oxm.l7_state(*pair))),
        draw(pattern.map(oxm.l7_sni)),
        draw(pattern.map(oxm.l7_http_host)),
        draw(pattern.map(oxm.l7_dns_query)),
    ]
    chosen = draw(st.sets(st.integers(0, 5), min_size=1))
    label_mask = draw(st.integers(0, FREE_LABEL_MASK)) & FREE_LABEL_MASK
    own = [oxm.ct_label(draw(st.integers(0, FREE_LABEL_MASK)) & label_mask, label_mask)] if label_mask else []
    has_mark = 0 not in chosen and draw(st.booleans())
    mark = [oxm.ct_mark(draw(u32))] if has_mark else []
    return (*draw(other_fields), *mark, *own, *(fields[number] for number in sorted(chosen)))
