"""The examples of SPEC.md and of the golden files: a name, and the value that the bytes stand for."""

from ipaddress import ip_address, ip_network
from typing import Final

from ofext import label, lowering, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue, CatalogueRequest, CategoryEntry
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, Depth, EventConfig
from ofext.control import FlowCommand, FlowControl, FlowControlReply
from ofext.events import EndReason, EventKind, FlowEvent, FlowEvents
from ofext.fields import L7Field
from ofext.filters import AddressIn, FiveTuple, FlowEnd, FlowFilter, PortIn
from ofext.hello import AgentInfo, Feature, Hello
from ofext.ids import State
from ofext.messages import ErrorCode, L7Error, Message
from ofext.multipart import Reply, Request
from ofext.openflow.header import Type, build
from ofext.openflow.marks import L4, Connection, mark_packet_out
from ofext.oxm import Oxm
from ofext.plugin_swap import PluginSwap, PluginSwapReply, SwapCommand
from ofext.predicates import Predicate, PredicateTable
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
    ModuleState,
    ModuleStats,
    PluginStats,
    PluginStatsReply,
    PluginStatsRequest,
    UserKind,
    UserStats,
    UserStatsReply,
    UserStatsRequest,
    Volume,
)
from ofext.untracked import connections

OPENFLOW_VERSION: Final = 5
XID: Final = 0x11223344

CONFIG: Final = EventConfig(
    kinds=frozenset({EventKind.VERDICT, EventKind.ENDED}),
    attributes=frozenset({1, 11}),
    max_batch=64,
    max_delay_ms=20,
)

BUSY_CONFIG: Final = EventConfig(
    kinds=frozenset({EventKind.VERDICT}),
    attributes=frozenset(),
    app_attributes=((0x14002711, frozenset({1})),),
    category_attributes=((9, frozenset({1, 11})),),
    max_batch=1024,
    max_delay_ms=100,
    sample_every=10,
    max_rate=5000,
    depth=Depth(max_packets=8, max_bytes=4096, max_ms=2000),
    slave_kinds=frozenset({EventKind.ENDED}),
)

CATALOGUE: Final = Catalogue(
    version="7f",
    categories=(CategoryEntry(category=9, key="video", name="Video"),),
    attributes=(AttributeEntry(attribute=1, name="tls.sni", kind=AttributeType.STRING),),
)

FLOW: Final = FlowEvent(
    kind=EventKind.VERDICT,
    flow_id=7,
    at_ns=3,
    first_seen_ns=1,
    last_seen_ns=2,
    src="192.0.2.1",
    dst="198.51.100.2",
    sport=40000,
    dport=443,
    l4=6,
    app_id=0x14002711,
    protocol_id=0x14000001,
    category=9,
    state=State.REVISED,
    confidence=90,
    verdict_packet=6,
)

VOLUME: Final = Volume(
    live_flows=2, flows=5, packets_c2s=20, packets_s2c=15, bytes_c2s=3000, bytes_s2c=9000, last_seen_ns=2
)

MESSAGES: Final[dict[str, Message | L7Error]] = {
    "hello-controller": Hello(),
    "hello-agent": Hello(
        agent=AgentInfo(
            agent_version="0.1",
            engine_version="0.1",
            catalogue_version="7f",
            tap_port=9,
            edge_zone=1,
            service_zone=2,
            predicate_capacity=96,
            features=Feature.FLOW_CONTROL
            | Feature.DEPTH
            | Feature.STATISTICS
            | Feature.CATALOGUE_CHANGE
            | Feature.TAGS,
        )
    ),
    "catalogue-request": CatalogueRequest(),
    "catalogue": Catalogue(
        version="7f",
        categories=(CategoryEntry(category=9, key="video", name="Video"),),
        attributes=(AttributeEntry(attribute=1, name="tls.sni", kind=AttributeType.STRING),),
        apps=(
            AppEntry(
                app_id=0x14002711,
                key="youtube",
                name="YouTube",
                kind=AppKind.APPLICATION,
                category=9,
                risk=20,
                owner="Google",
                tags=("streaming", "ads"),
            ),
        ),
    ),
    "config-set": ConfigSet(config=CONFIG),
    "config-set-sampled": ConfigSet(config=BUSY_CONFIG),
    "config-request": ConfigRequest(),
    "config-reply": ConfigReply(config=CONFIG),
    "flow-events": FlowEvents(
        sequence=41,
        dropped=3,
        events=(
            FlowEvent(
                kind=EventKind.VERDICT,
                flow_id=7,
                at_ns=1_700_000_000_000_000_003,
                first_seen_ns=1_700_000_000_000_000_001,
                last_seen_ns=1_700_000_000_000_000_002,
                src="192.0.2.1",
                dst="198.51.100.2",
                sport=40000,
                dport=443,
                l4=6,
                vlan=12,
                app_id=0x14002711,
                protocol_id=0x14000001,
                category=9,
                state=State.FINAL,
                confidence=100,
                verdict_packet=4,
                packets_c2s=3,
                packets_s2c=1,
                bytes_c2s=700,
                bytes_s2c=60,
                path="eth.ip.tcp.tls.youtube",
                evidence="tls.sni ends in youtube.com",
                metadata=((1, b"www.youtube.com"),),
            ),
        ),
    ),
    "flow-events-ipv6": FlowEvents(
        sequence=42,
        dropped=3,
        events=(
            FlowEvent(
                kind=EventKind.ENDED,
                flow_id=8,
                at_ns=3,
                first_seen_ns=1,
                last_seen_ns=2,
                src="2001:db8::1",
                dst="2001:db8::2",
                sport=77,
                dport=128 << 8,
                l4=58,
                state=State.ENDED,
                end_reason=EndReason.IDLE,
                truncated=True,
            ),
        ),
    ),
    "flow-control-reinspect": FlowControl(
        command=FlowCommand.REINSPECT,
        filter=FlowFilter(
            connection=FiveTuple(
                l4=6,
                address=ip_address("192.0.2.1"),
                port=40000,
                other_address=ip_address("198.51.100.2"),
                other_port=443,
            )
        ),
    ),
    "flow-control-pin": FlowControl(
        command=FlowCommand.PIN,
        pin_s=600,
        app_id=0x14002711,
        category=9,
        state=State.FINAL,
        filter=FlowFilter(
            match=(oxm.l7_state(0, 1),),
            addresses=(AddressIn(network=ip_network("192.0.2.0/24"), end=FlowEnd.ORIGINATOR),),
            ports=(PortIn(first=443, last=443, end=FlowEnd.RESPONDER),),
            protocol=6,
        ),
    ),
    "flow-control-reply": FlowControlReply(matched=3, touched=2),
    "plugin-swap": PluginSwap(command=SwapCommand.LOAD, name="branch-apps"),
    "plugin-swap-reply": PluginSwapReply(catalogue_version="80", plugins=2),
    "catalogue-change": CatalogueChange(
        before="7f",
        version="80",
        apps=(AppEntry(app_id=0x06000001, key="intranet", name="Intranet", category=9, tags=("own",)),),
        gone_apps=frozenset({0x14002711}),
        gone_attributes=frozenset({0x8001}),
    ),
    "error": L7Error(code=ErrorCode.MALFORMED, offset=16, data=b"\0\0", text="expected version bitmap (4 bytes)"),
}

REQUESTS: Final[dict[str, Request]] = {
    "flow-stats-request": FlowStatsRequest(
        limit=100, with_metadata=False, filter=FlowFilter(match=(oxm.l7_app_id(0x14002711),))
    ),
    "app-stats-request": AppStatsRequest(),
    "user-stats-request": UserStatsRequest(),
    "engine-stats-request": EngineStatsRequest(),
    "plugin-stats-request": PluginStatsRequest(),
    "catalogue-stats-request": CatalogueStatsRequest(),
}
REPLIES: Final[dict[str, Reply]] = {
    "flow-stats-reply": FlowStatsReply(flows=(FLOW,)),
    "app-stats-reply": AppStatsReply(apps=(AppStats(app_id=0x14002711, category=9, volume=VOLUME),)),
    "user-stats-reply": UserStatsReply(users=(UserStats(user="192.0.2.1", kind=UserKind.ADDRESS, volume=VOLUME),)),
    "engine-stats-reply": EngineStatsReply(counters=(("engine.packets", 1000), ("events.dropped", 3))),
    "plugin-stats-reply": PluginStatsReply(
        plugins=(PluginStats(name="branch-apps", version="5ac0", apps=3, modules=1),),
        modules=(
            ModuleStats(
                plugin="branch-apps",
                name="Watch",
                state=ModuleState.CUT_OFF,
                reason="took too long",
                events=40,
                dropped=2,
                busy_us=900,
            ),
        ),
        refused=("x.toml:1: no table",),
    ),
    "catalogue-stats-reply": CatalogueStatsReply(part=CATALOGUE),
}
"""Multipart messages, each in one part."""

MATCHES: Final[dict[str, tuple[Oxm, ...]]] = {
    "oxm-app-id": (oxm.l7_app_id(0x14002711),),
    "oxm-app-id-masked": (oxm.l7_app_id(0x14000000, 0xFF000000),),
    "oxm-category": (oxm.l7_category(9),),
    "oxm-state-masked": (oxm.l7_state(0, 1),),
    "oxm-sni": (oxm.l7_sni("*.example.com"),),
    "oxm-http-host": (oxm.l7_http_host("intranet"),),
    "oxm-dns-query": (oxm.l7_dns_query("*.example.net"),),
    "oxm-engine": (oxm.l7_engine(20),),
    "oxm-tag": (oxm.l7_tag("streaming"),),
    "oxm-confidence-masked": (oxm.l7_confidence(64, 64),),
    "oxm-risk-masked": (oxm.l7_risk(0x80, 0x80),),
    "oxm-encrypted": (oxm.l7_encrypted(1),),
    "oxm-http-url": (oxm.l7_http_url("/api/*"),),
    "oxm-user-agent": (oxm.l7_user_agent("*curl*"),),
    "oxm-content-type": (oxm.l7_content_type("video/*"),),
    "oxm-user": (oxm.l7_user("guest"),),
    "oxm-device": (oxm.l7_device("*-printer"),),
    "oxm-attr-equals": (oxm.l7_attr(AttributeTest(430, Operation.EQUALS, (b"/kernel.git",))),),
    "oxm-attr-prefix": (oxm.l7_attr(AttributeTest(30, Operation.PREFIX, (b"ssh-2.0-openssh",))),),
    "oxm-attr-suffix": (oxm.l7_attr(AttributeTest(213, Operation.SUFFIX, (b".example.com",))),),
    "oxm-attr-contains": (oxm.l7_attr(AttributeTest(13, Operation.CONTAINS, (b"bot",))),),
    "oxm-attr-range": (oxm.l7_attr(AttributeTest(14, Operation.RANGE, (b"\x01\xf4", b"\x02\x57"))),),
    "oxm-attr-set": (oxm.l7_attr(AttributeTest(10, Operation.SET, (b"DELETE", b"PUT"))),),
    "oxm-attr-present": (oxm.l7_attr(AttributeTest(820, Operation.PRESENT)),),
}
"""Fields as they stand in an `ofp_match`, without its header and padding."""

UNLOWERED: Final = (oxm.l7_app_id(0x14002711), oxm.l7_state(0, 1), oxm.l7_sni("*.example.com"))
PREDICATES: Final = PredicateTable({Predicate.of(L7Field.SNI, "*.example.com"): 5})

LABEL: Final = label.Label(state=State.FINAL, category=9, risk=2, predicates=frozenset({5})).pack()
MARKED: Final = Connection(src="192.0.2.1", dst="198.51.100.2", sport=40000, dport=443, l4=L4.TCP)

RAW: Final[dict[str, bytes]] = {
    "lowered": oxm.encode_match(lowering.lower(UNLOWERED, PREDICATES)),
    **{
        f"mark-{name}": mark_packet_out(
            version,
            XID,
            zone=1,
            connection=MARKED,
            app_id=0x14002711,
            label=LABEL,
            label_mask=label.VERDICT_MASK,
        )
        for name, version in (("1.3", 4), ("1.5", 6))
    },
    "rule-mark": build(
        connections.VERSION, Type.FLOW_MOD, XID, connections.mark_rules(1, MARKED, 0x14002711, LABEL, 77)[0]
    ),
}
