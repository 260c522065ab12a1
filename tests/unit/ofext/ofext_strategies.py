"""Random messages and matches for the property tests."""

import ipaddress

from hypothesis import strategies as st

from ofext import oxm, patterns
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AppEntry, AttributeEntry, Catalogue, CatalogueRequest, CategoryEntry
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, Depth, EventConfig
from ofext.control import MAX_PIN_S, FlowCommand, FlowControl, FlowControlReply
from ofext.events import FlowEvent, FlowEvents
from ofext.filters import AddressIn, FiveTuple, FlowEnd, FlowFilter, PortIn
from ofext.hello import AgentInfo, Hello
from ofext.lowering import FREE_LABEL_MASK, predicates_of
from ofext.messages import L7Error
from ofext.multipart import Reply, Request
from ofext.oxm import Oxm
from ofext.plugin_swap import PluginSwap, PluginSwapReply, SwapCommand
from ofext.predicates import PredicateTable
from ofext.statistics import (
    AppStats,
    AppStatsReply,
    AppStatsRequest,
    CatalogueStatsReply,
    CatalogueStatsRequest,
    EngineStatsReply,
    EngineStatsRequest,
    FlowStatsReply,
    FlowStatsRequest,
    ModuleStats,
    PluginStats,
    PluginStatsReply,
    PluginStatsRequest,
    UserStats,
    UserStatsReply,
    UserStatsRequest,
    Volume,
)


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
    features=u32,
)
hello = st.builds(Hello, versions=st.frozensets(st.integers(0, 31)), agent=st.none() | agent_info)

app_entry = st.builds(
    AppEntry,
    app_id=u32,
    key=short_text,
    name=short_text,
    category=u8,
    kind=u8,
    risk=u8,
    owner=short_text,
    tags=st.lists(short_text, max_size=3).map(tuple),
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
attribute_ids = st.frozensets(u16, max_size=5)
config = st.builds(
    EventConfig,
    kinds=st.frozensets(st.integers(0, 15)),
    attributes=st.none() | st.frozensets(u16, max_size=20),
    app_attributes=st.dictionaries(u32, attribute_ids, max_size=3).map(lambda scopes: tuple(scopes.items())),
    category_attributes=st.dictionaries(u8, attribute_ids, max_size=3).map(lambda scopes: tuple(scopes.items())),
    max_batch=u16,
    max_delay_ms=u32,
    sample_every=u32,
    max_rate=u32,
    depth=st.builds(Depth, max_packets=u32, max_bytes=u32, max_ms=u32),
    slave_kinds=st.frozensets(st.integers(0, 15)),
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

ends = st.sampled_from(FlowEnd)
addresses_in = st.builds(
    AddressIn,
    network=st.ip_addresses().flatmap(
        lambda address: st.integers(0, address.max_prefixlen).map(
            lambda size: ipaddress.ip_network((address.packed, size), strict=False)
        )
    ),
    end=ends,
)
ports_in = st.tuples(u16, u16, ends).map(
    lambda drawn: PortIn(first=min(drawn[:2]), last=max(drawn[:2]), end=FlowEnd(drawn[2]))
)
connections = st.sampled_from([4, 6]).flatmap(
    lambda version: st.builds(
        FiveTuple,
        l4=u8,
        address=st.ip_addresses(v=version),
        port=u16,
        other_address=st.ip_addresses(v=version),
        other_port=u16,
    )
)
filters = st.builds(
    FlowFilter,
    match=st.lists(st.one_of(u32.map(oxm.l7_app_id), u8.map(oxm.l7_category), pattern.map(oxm.l7_sni)), max_size=3).map(
        tuple
    ),
    addresses=st.lists(addresses_in, max_size=3).map(tuple),
    ports=st.lists(ports_in, max_size=3).map(tuple),
    protocol=st.none() | u8,
    flow_id=st.none() | u64,
    connection=st.none() | connections,
)
controls = st.one_of(
    st.builds(FlowControl, command=st.sampled_from([FlowCommand.REINSPECT, FlowCommand.UNPIN]), filter=filters),
    st.builds(
        FlowControl,
        command=st.just(FlowCommand.PIN),
        pin_s=st.integers(0, MAX_PIN_S),
        app_id=st.integers(1, 0xFFFFFFFF),
        category=u8,
        state=st.sampled_from([1, 3, 5]),
        filter=filters,
    ),
)
changes = st.builds(
    CatalogueChange,
    before=short_text,
    version=short_text,
    apps=st.lists(app_entry, max_size=5).map(tuple),
    categories=st.lists(category_entry, max_size=5).map(tuple),
    attributes=st.lists(attribute_entry, max_size=5).map(tuple),
    gone_apps=st.frozensets(u32, max_size=5),
    gone_categories=st.frozensets(u8, max_size=5),
    gone_attributes=st.frozensets(u16, max_size=5),
    more=st.booleans(),
)
swaps = st.builds(
    PluginSwap,
    command=st.sampled_from([SwapCommand.LOAD, SwapCommand.UNLOAD]),
    name=st.text(min_size=1, max_size=16).filter(lambda text: _utf8_size(text) > 0),
) | st.just(PluginSwap(command=SwapCommand.RELOAD))

messages_of_tlvs = st.one_of(
    hello,
    st.just(CatalogueRequest()),
    catalogue,
    st.builds(ConfigSet, config=config),
    st.just(ConfigRequest()),
    st.builds(ConfigReply, config=config),
    controls,
    st.builds(FlowControlReply, matched=u32, touched=u32),
    swaps,
    st.builds(PluginSwapReply, catalogue_version=short_text, plugins=u16),
    changes,
)
"""Those whose body ends in TLVs."""
messages = messages_of_tlvs | batches

volumes = st.builds(
    Volume,
    live_flows=u32,
    flows=u64,
    packets_c2s=u64,
    packets_s2c=u64,
    bytes_c2s=u64,
    bytes_s2c=u64,
    last_seen_ns=u64,
)
requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(FlowStatsRequest, limit=u32, with_metadata=st.booleans(), filter=filters),
    st.sampled_from(
        [AppStatsRequest(), UserStatsRequest(), EngineStatsRequest(), PluginStatsRequest(), CatalogueStatsRequest()]
    ),
)
plugin_stats = st.builds(
    PluginStats,
    name=short_text,
    version=short_text,
    is_base=st.booleans(),
    apps=u32,
    categories=u32,
    protocols=u32,
    modules=u32,
)
module_stats = st.builds(
    ModuleStats,
    plugin=short_text,
    name=short_text,
    state=u8,
    reason=short_text,
    events=u64,
    dropped=u64,
    busy_us=u64,
)
replies: st.SearchStrategy[Reply] = st.one_of(
    st.builds(FlowStatsReply, flows=st.lists(flow_events(), max_size=3).map(tuple)),
    st.builds(
        AppStatsReply,
        apps=st.lists(st.builds(AppStats, app_id=u32, category=u8, volume=volumes), max_size=3).map(tuple),
    ),
    st.builds(
        UserStatsReply,
        users=st.lists(st.builds(UserStats, user=short_text, kind=u8, volume=volumes), max_size=3).map(tuple),
    ),
    st.builds(EngineStatsReply, counters=st.lists(st.tuples(short_text, u64), max_size=5).map(tuple)),
    st.builds(
        PluginStatsReply,
        plugins=st.lists(plugin_stats, max_size=3).map(tuple),
        modules=st.lists(module_stats, max_size=3).map(tuple),
        refused=st.lists(short_text, max_size=3).map(tuple),
    ),
    st.builds(CatalogueStatsReply, part=catalogue),
)


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


tag = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
text_pattern = st.one_of(
    st.just("*"),
    st.builds(
        lambda start, text, end: start + patterns.fold(text.encode()).decode() + end,
        st.sampled_from(["", "*"]),
        st.text(min_size=1, max_size=12).filter(lambda text: _utf8_size(text) > 0 and text.strip("*") == text),
        st.sampled_from(["", "*"]),
    ),
)
operand = st.binary(min_size=1, max_size=10)


@st.composite
def attribute_tests(draw: st.DrawFn, attribute: st.SearchStrategy[int] = u16) -> AttributeTest:
    """Any test; not every one suits every type of attribute."""
    operation = draw(st.sampled_from(Operation))
    number = draw(attribute)
    match operation:
        case Operation.PRESENT:
            return AttributeTest(number, operation)
        case Operation.RANGE:
            size = draw(st.integers(1, 8))
            ends = draw(st.lists(st.binary(min_size=size, max_size=size), min_size=2, max_size=2))
            return AttributeTest(number, operation, tuple(sorted(ends)))
        case Operation.SET:
            return AttributeTest.one_of(number, draw(st.sets(operand, min_size=1, max_size=4)))
    return AttributeTest(number, operation, (draw(operand),))


single_fields = [
    u8.map(oxm.l7_category),
    _masked(3).map(lambda pair: oxm.l7_state(*pair)),
    pattern.map(oxm.l7_sni),
    pattern.map(oxm.l7_http_host),
    pattern.map(oxm.l7_dns_query),
    _masked(8).map(lambda pair: oxm.l7_confidence(*pair)),
    _masked(8).map(lambda pair: oxm.l7_risk(*pair)),
    st.integers(0, 1).map(oxm.l7_encrypted),
    text_pattern.map(oxm.l7_http_url),
    text_pattern.map(oxm.l7_user_agent),
    text_pattern.map(oxm.l7_content_type),
    text_pattern.map(oxm.l7_user),
    text_pattern.map(oxm.l7_device),
]
repeatable_fields = tag.map(oxm.l7_tag) | attribute_tests().map(oxm.l7_attr)
mark_fields = st.one_of(
    _masked(32).map(lambda pair: [oxm.l7_app_id(*pair)]),
    u8.map(lambda engine: [oxm.l7_engine(engine)]),
    st.builds(
        lambda pair, engine: [oxm.l7_app_id(pair[0], 0xFFFFFF if pair[1] is None else pair[1]), oxm.l7_engine(engine)],
        _masked(24),
        u8,
    ),
)


@st.composite
def l7_matches(draw: st.DrawFn) -> tuple[Oxm, ...]:
    """A canonical match with at least one L7 field, in the order in which raising gives it back."""
    chosen = draw(st.sets(st.integers(0, len(single_fields) - 1)))
    fields = [draw(single_fields[number]) for number in sorted(chosen)]
    fields += draw(st.lists(repeatable_fields, unique=True, max_size=3))
    on_mark = draw(st.just([]) | mark_fields) if fields else draw(mark_fields)
    fields = sorted([*on_mark, *fields], key=lambda field: (field.field, field.payload))
    label_mask = draw(st.integers(0, FREE_LABEL_MASK)) & FREE_LABEL_MASK
    own = [oxm.ct_label(draw(st.integers(0, FREE_LABEL_MASK)) & label_mask, label_mask)] if label_mask else []
    mark = [oxm.ct_mark(draw(u32))] if not on_mark and draw(st.booleans()) else []
    return (*draw(other_fields), *mark, *own, *fields)
