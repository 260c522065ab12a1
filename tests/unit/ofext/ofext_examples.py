"""The examples of SPEC.md and of the golden files: a name, and the value that the bytes stand for."""

from typing import Final

from ofext import label, lowering, oxm
from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue, CatalogueRequest, CategoryEntry
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, EventConfig
from ofext.events import EndReason, EventKind, FlowEvent, FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.ids import State
from ofext.messages import ErrorCode, L7Error, Message
from ofext.openflow.marks import L4, Connection, mark_packet_out
from ofext.oxm import L7Field, Oxm
from ofext.predicates import Predicate, PredicateTable

OPENFLOW_VERSION: Final = 5
XID: Final = 0x11223344

CONFIG: Final = EventConfig(
    kinds=frozenset({EventKind.VERDICT, EventKind.ENDED}),
    attributes=frozenset({1, 11}),
    max_batch=64,
    max_delay_ms=20,
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
                risk=2,
                owner="Google",
            ),
        ),
    ),
    "config-set": ConfigSet(config=CONFIG),
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
    "error": L7Error(code=ErrorCode.MALFORMED, offset=16, data=b"\0\0", text="expected version bitmap (4 bytes)"),
}

MATCHES: Final[dict[str, tuple[Oxm, ...]]] = {
    "oxm-app-id": (oxm.l7_app_id(0x14002711),),
    "oxm-app-id-masked": (oxm.l7_app_id(0x14000000, 0xFF000000),),
    "oxm-category": (oxm.l7_category(9),),
    "oxm-state-masked": (oxm.l7_state(0, 1),),
    "oxm-sni": (oxm.l7_sni("*.example.com"),),
    "oxm-http-host": (oxm.l7_http_host("intranet"),),
    "oxm-dns-query": (oxm.l7_dns_query("*.example.net"),),
}
"""Fields as they stand in an `ofp_match`, without its header and padding."""

UNLOWERED: Final = (oxm.l7_app_id(0x14002711), oxm.l7_state(0, 1), oxm.l7_sni("*.example.com"))
PREDICATES: Final = PredicateTable({Predicate(L7Field.SNI, "*.example.com"): 5})

LABEL: Final = label.Label(state=State.FINAL, category=9, risk=2, predicates=frozenset({5})).pack()

RAW: Final[dict[str, bytes]] = {
    "lowered": oxm.encode_match(lowering.lower(UNLOWERED, PREDICATES)),
    **{
        f"mark-{name}": mark_packet_out(
            version,
            XID,
            zone=1,
            connection=Connection(src="192.0.2.1", dst="198.51.100.2", sport=40000, dport=443, l4=L4.TCP),
            app_id=0x14002711,
            label=LABEL,
            label_mask=label.VERDICT_MASK,
        )
        for name, version in (("1.3", 4), ("1.5", 6))
    },
}
