"""Described flows as packets and verdicts, for the tests that hold the tables against the evaluator."""

from ofext.sites import site_id
from steering.evaluate import FlowDescription
from steering.fields import ETH_IPV4, ETH_IPV6
from steering.network import CatalogueView
from steering.simulate import Packet, Verdict

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
SYN, ACK = 0x002, 0x010
CATALOGUE = CatalogueView(
    applications={"ssh": 0x14000001, "http": 0x14000002, "tube": 0x14002711, "custom": 0x06000001},
    categories={"unknown": 0, "video": 7, "web": 8},
)
LAYER_7 = ("application", "category", "sni", "http_host", "dns_query")


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
    return Verdict(
        app_id=site_id(name) if "." in name else CATALOGUE.applications[name],
        category=CATALOGUE.categories[str(flow.category)],
        state=1,
        sni=flow.sni,
        http_host=flow.http_host,
        dns_query=flow.dns_query,
    )
