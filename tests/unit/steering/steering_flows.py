"""Described flows as packets and verdicts, for the tests that hold the tables against the evaluator."""

from ofext.catalogue import AttributeEntry, AttributeType
from ofext.facts import FlowFacts
from ofext.sites import site_id
from steering.evaluate import FlowDescription
from steering.fields import ETH_IPV4, ETH_IPV6
from steering.network import AttributeView, CatalogueView
from steering.policy.attributes import raw_value
from steering.policy.conditions import state_number
from steering.simulate import Packet, Verdict

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
SYN, ACK = 0x002, 0x010
CATALOGUE = CatalogueView(
    applications={"ssh": 0x14000001, "http": 0x14000002, "tube": 0x14002711, "custom": 0x06000001},
    categories={"unknown": 0, "video": 7, "web": 8},
    owners={"acme inc.": frozenset({0x14000001})},
    attributes={
        "tls.sni": AttributeView(1, AttributeType.STRING),
        "http.method": AttributeView(30, AttributeType.STRING),
        "http.status": AttributeView(31, AttributeType.UINT),
        "tls.cookie": AttributeView(32, AttributeType.BYTES),
        "user.address": AttributeView(33, AttributeType.IP),
    },
)


def packet_of(flow: FlowDescription, flags: int) -> Packet:
    """A packet of the flow's originator."""
    return Packet(
        eth_src=str(flow.eth_src),
        eth_dst=str(flow.eth_dst),
        eth_type=ETH_IPV6 if ":" in flow.src else ETH_IPV4,
        src=flow.src,
        dst=flow.dst,
        ip_proto=flow.ip_proto,
        src_port=flow.src_port or 0,
        dst_port=flow.dst_port or 0,
        tcp_flags=flags if flow.ip_proto == 6 else 0,
        icmpv6_type=128 if flow.ip_proto == 58 else 0,
        vids=() if flow.vlan is None else (flow.vlan,),
    )


def verdict_of(flow: FlowDescription) -> Verdict:
    """What an agent writes into the connection of the flow."""
    name = str(flow.application)
    known = site_id(name) if "." in name else CATALOGUE.applications[name]
    metadata = tuple(
        (entry(attribute), raw_value(value, entry(attribute).kind)) for attribute, value in flow.all_attributes()
    )
    return Verdict(
        app_id=known if flow.app_id is None else flow.app_id,
        category=CATALOGUE.categories[str(flow.category)],
        state=state_number(flow.state or "final"),
        risk=flow.risk or 0,
        facts=FlowFacts(
            metadata=metadata, tags=flow.tags, confidence=flow.confidence or 0, is_encrypted=flow.encrypted
        ),
    )


def entry(name: str) -> AttributeEntry:
    """An attribute as an agent's catalogue has it."""
    view = CATALOGUE.attributes.get(name, AttributeView(999, AttributeType.STRING))
    return AttributeEntry(attribute=view.number, name=name, kind=view.kind)
