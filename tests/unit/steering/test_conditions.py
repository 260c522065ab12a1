"""Each condition of a policy, with flows just inside and just outside: evaluator and tables, both directions."""

from dataclasses import replace

import pytest
from steering_flows import ACK, CATALOGUE, SYN, A, B, packet_of, verdict_of

from steering.compile import compile_network
from steering.evaluate import FlowDescription, evaluate
from steering.network import HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy
from steering.policy.model import PolicyFile
from steering.simulate import Simulator

FLOW = FlowDescription(
    src="10.1.0.1",
    dst="10.2.0.2",
    ip_proto=6,
    src_port=4000,
    dst_port=80,
    eth_src=A,
    eth_dst=B,
    ingress_switch="s1",
    ingress_port="s1-eth1",
    application="http",
    category="web",
)
OVER_IPV6 = {"src": "2001:db8::1", "dst": "2001:db8:1::2"}


def with_attribute(name: str, *values: str | int | bytes) -> dict[str, object]:
    return {"attributes": {name: values}}


def shown(changes: dict[str, object]) -> dict[str, object]:
    """The same words in every process: a set has no order."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in changes.items()}


# condition, flows that it fits and flows that it does not, each by what differs from FLOW
CONDITIONS = [
    ({"eth_src": [A]}, [{}], [{"eth_src": B, "eth_dst": A}]),
    ({"eth_src": [B, A]}, [{}], []),
    ({"eth_dst": [B]}, [{}], [{"eth_src": B, "eth_dst": A}]),
    ({"vlan": [5, 6]}, [{"vlan": 5}, {"vlan": 6}], [{}, {"vlan": 4}, {"vlan": 7}]),
    ({"ip_proto": [6]}, [{}, OVER_IPV6], [{"ip_proto": 17}]),
    ({"ip_proto": ["udp", "icmp"]}, [{"ip_proto": 17}, {"ip_proto": 1}, {**OVER_IPV6, "ip_proto": 58}], [{}]),
    ({"src": ["10.1.0.0/23"]}, [{"src": "10.1.0.0"}, {"src": "10.1.1.255"}], [{"src": "10.1.2.0"}, OVER_IPV6]),
    ({"src": ["10.1.0.1"]}, [{}], [{"src": "10.1.0.0"}, {"src": "10.1.0.2"}, {"src": "10.2.0.2", "dst": "10.1.0.1"}]),
    ({"src": ["192.0.2.0/24", "10.1.0.0/16"]}, [{}, {"src": "192.0.2.9"}], [{"src": "192.0.3.0"}]),
    ({"dst": ["10.2.0.0/16", "::/0"]}, [{}, OVER_IPV6], [{"dst": "10.3.0.0"}, {"src": "10.2.0.2", "dst": "10.1.0.1"}]),
    ({"dst": ["2001:db8:1::/63"]}, [OVER_IPV6], [{}, {**OVER_IPV6, "dst": "2001:db8:1:2::"}]),
    ({"src_port": ["4000-4010"]}, [{}, {"src_port": 4010}], [{"src_port": 3999}, {"src_port": 4011}]),
    ({"dst_port": [22, "80-90"]}, [{}, {"dst_port": 22}, {"dst_port": 90}], [{"dst_port": 79}, {"dst_port": 91}]),
    ({"dst_port": [80]}, [{"ip_proto": 17}, {"ip_proto": 132}, OVER_IPV6], [{"src_port": 80, "dst_port": 81}]),
    ({"dst_port": [80]}, [], [{"ip_proto": 1, "src_port": None, "dst_port": None}]),
    ({"ip_proto": [17], "dst_port": [80]}, [{"ip_proto": 17}], [{}, {"ip_proto": 17, "dst_port": 81}]),
    ({"application": ["ssh", "http"]}, [{}, {"application": "ssh"}], [{"application": "tube"}]),
    ({"application": ["ssh", "example.org"]}, [{"application": "example.org"}], [{}, {"application": "example.com"}]),
    ({"category": ["video", "web"]}, [{}, {"category": "video"}], [{"category": "unknown"}]),
    ({"category": ["unknown"]}, [{"category": "unknown"}, {"category": "unknown", "application": "custom"}], [{}]),
    ({"sni": ["a.x", "*.b.x"]}, [{"sni": "A.x."}, {"sni": "c.b.x"}], [{}, {"sni": "b.x"}, {"http_host": "a.x"}]),
    ({"http_host": ["a.x"]}, [{"http_host": "a.x"}], [{"sni": "a.x"}, {"dns_query": "a.x"}]),
    ({"dns_query": ["a.x"]}, [{"dns_query": "a.x"}], [{"sni": "a.x"}, {"http_host": "a.x"}]),
    ({"sni": ["a.x"]}, [{"sni": ("b.x", "a.x")}, {"attributes": {"tls.sni": ("a.x",)}}], [{"sni": ("b.x", "c.x")}]),
    ({"application": ["6/1"]}, [{"app_id": 0x06000001}], [{"app_id": 0x06000002}]),
    ({"engine": ["user-defined", 3]}, [{"app_id": 0x06000009}, {"app_id": 0x03000016}], [{"app_id": 0x14000002}]),
    ({"engine": 6, "application": ["6/1", "20/1"]}, [{"app_id": 0x06000001}], [{"app_id": 0x14000001}]),
    ({"state": ["guessed", "revised"]}, [{"state": "guessed"}, {"state": "revised"}], [{"state": "final"}]),
    ({"tag": ["encrypted", "p2p"]}, [{"tags": frozenset({"p2p", "x"})}], [{}, {"tags": frozenset({"x"})}]),
    ({"risk": ["60-"]}, [{"risk": 60}, {"risk": 255}], [{"risk": 59}, {"risk": 0}]),
    ({"risk": ["0-10", 40]}, [{"risk": 0}, {"risk": 10}, {"risk": 40}], [{"risk": 11}, {"risk": 39}]),
    ({"risk": ["0-255"]}, [{"risk": 0}, {"risk": 255}], []),
    ({"confidence": ["60-"]}, [{"confidence": 60}, {"confidence": 100}], [{"confidence": 59}, {"confidence": 0}]),
    ({"confidence": [50, "0-9"]}, [{"confidence": 50}, {"confidence": 0}], [{"confidence": 49}, {"confidence": 10}]),
    ({"confidence": ["0-100"]}, [{"confidence": 0}, {"confidence": 100}], []),
    ({"encrypted": True}, [{"encrypted": True}], [{"encrypted": False}, {"encrypted": None}]),
    ({"encrypted": False}, [{"encrypted": False}], [{"encrypted": True}, {"encrypted": None}]),
    ({"http_url": ["/API/*"]}, [{"http_url": "/api/x"}, {"http_url": "/Api/"}], [{}, {"http_url": "/x/api/"}]),
    ({"user_agent": ["*curl*", "x"]}, [{"user_agent": "a Curl/8"}, {"user_agent": "X"}], [{"user_agent": "xy"}]),
    ({"content_type": ["video/*"]}, [{"content_type": "video/mp4"}], [{"content_type": "x-video/mp4"}]),
    ({"user": ["alice"]}, [{"user": "Alice"}, {"attributes": {"ftp.user": ("bob", "alice")}}], [{"user": "bob"}]),
    ({"device": ["*"]}, [{"device": "printer"}], [{}]),
    (
        {"attributes": {"http.method": "POST"}},
        [with_attribute("http.method", "Post")],
        [{}, with_attribute("http.method", "PO")],
    ),
    (
        {"attributes": {"http.method": ["GET", "POST"]}},
        [with_attribute("http.method", "get")],
        [with_attribute("http.method", "PUT")],
    ),
    (
        {"attributes": {"http.method": {"prefix": "PR", "suffix": "ND"}}},
        [with_attribute("http.method", "PROPFIND"), with_attribute("http.method", "PRx", "xND")],
        [with_attribute("http.method", "PROPPATCH"), with_attribute("http.method", "FIND")],
    ),
    (
        {"attributes": {"http.method": {"contains": "op"}}},
        [with_attribute("http.method", "COPY")],
        [with_attribute("http.method", "GET")],
    ),
    (
        {"attributes": {"http.method": "present"}},
        [with_attribute("http.method", "x")],
        [with_attribute("http.status", 200)],
    ),
    (
        {"attributes": {"http.status": {"range": "400-599"}}},
        [with_attribute("http.status", 400), with_attribute("http.status", 599)],
        [with_attribute("http.status", 399), with_attribute("http.status", 65936)],
    ),
    (
        {"attributes": {"http.status": [200, 404]}},
        [with_attribute("http.status", 404)],
        [with_attribute("http.status", 403)],
    ),
    (
        {"attributes": {"http.status": {"range": "300-"}, "http.method": "GET"}},
        [{"attributes": {"http.status": (302,), "http.method": ("GET",)}}],
        [with_attribute("http.status", 302), with_attribute("http.method", "GET")],
    ),
    (
        {"attributes": {"tls.cookie": {"prefix": "0x00ff"}}},
        [with_attribute("tls.cookie", b"\0\xff\1")],
        [with_attribute("tls.cookie", b"\xff")],
    ),
    ({"not": {"application": "ssh"}}, [{}, {"application": "tube"}], [{"application": "ssh"}]),
    ({"not": {"dst_port": 80}}, [{"dst_port": 81}, {"ip_proto": 1, "src_port": None, "dst_port": None}], [{}]),
    ({"not": {"not": {"dst_port": 80}}}, [{}], [{"dst_port": 81}]),
    ({"not": {"application": "http", "dst_port": 80}}, [{"dst_port": 81}, {"application": "ssh"}], [{}]),
    ({"not": [{"dst_port": 81}, {"sni": "a.x"}]}, [{}], [{"dst_port": 81}, {"sni": "a.x"}]),
    ({"sni": "*.x", "not": {"sni": "ads.x"}}, [{"sni": "a.x"}], [{"sni": "ads.x"}, {"sni": ("a.x", "ads.x")}, {}]),
    ({"not": {"encrypted": True}}, [{"encrypted": False}, {"encrypted": None}], [{"encrypted": True}]),
    ({"not": {"risk": "0-59"}}, [{"risk": 60}], [{"risk": 59}, {"risk": 0}]),
    ({"not": {"src": "10.1.0.0/16"}}, [{"src": "10.2.0.2", "dst": "10.1.0.1"}, OVER_IPV6], [{}]),
    (
        {"any": [{"dst_port": 81}, {"application": "http"}]},
        [{}, {"dst_port": 81, "application": "ssh"}],
        [{"application": "ssh"}],
    ),
    (
        {"any": [{"not": {"dst_port": 80}}, {"not": {"category": "web"}}]},
        [{"dst_port": 81}, {"category": "video"}],
        [{}],
    ),
    ({"all": [{"src": "10.0.0.0/8"}, {"src": "10.1.0.0/16"}]}, [{}], [{"src": "10.2.0.2"}, OVER_IPV6]),
    ({"all": [{"ip_proto": ["tcp", "udp"]}, {"ip_proto": ["udp", "icmp"]}]}, [{"ip_proto": 17}], [{}]),
    ({"all": [{"sni": "*.x"}, {"sni": "*.b.x"}]}, [{"sni": "a.b.x"}], [{"sni": "a.x"}]),
    ({"all": [{"tag": "p2p"}, {"tag": "vpn"}]}, [{"tags": frozenset({"p2p", "vpn"})}], [{"tags": frozenset({"p2p"})}]),
    ({"all": [{"encrypted": True}, {"encrypted": False}]}, [], [{"encrypted": True}, {"encrypted": False}]),
    (
        {
            "all": [
                {"any": [{"dst_port": 80}, {"sni": "a.x"}]},
                {"not": {"any": [{"category": "video"}, {"tag": "p2p"}]}},
            ]
        },
        [{}, {"sni": "a.x", "dst_port": 9}],
        [{"category": "video"}, {"tags": frozenset({"p2p"})}, {"dst_port": 9}],
    ),
    ({"not": {}}, [], [{}]),
    ({"any": [{}, {"dst_port": 81}]}, [{}], []),
    ({"sni": ["a.x"], "dst_port": [80]}, [{"sni": "a.x"}], [{"sni": "a.x", "dst_port": 81}, {}]),
]


def network(*, at: tuple[int, int] = (1, 1)) -> NetworkView:
    """Two switches; A is where `at` says, B at port 3 of the first."""
    switches = {
        n: SwitchView(
            dpid=n,
            name=f"s{n}",
            ports={p: PortView(p, f"s{n}-eth{p}") for p in (1, 2, 3, 9, 11)},
            tap_port=9,
            edge_zone=2 * n,
            service_zone=2 * n + 1,
        )
        for n in (1, 2)
    }
    hosts = {A: HostView(mac=A, dpid=at[0], port=at[1]), B: HostView(mac=B, dpid=1, port=3)}
    return NetworkView(switches=switches, links=frozenset({((1, 11), (2, 11))}), hosts=hosts)


def denying(condition: dict[str, object]) -> Policy:
    rules = [{"name": "p", "match": condition, "action": "deny"}]
    return Policy.of(PolicyFile.model_validate({"version": 1, "policies": rules}))


def passes(policy: Policy, view: NetworkView, flow: FlowDescription) -> list[bool]:
    """Whether the tables deliver, once there is a verdict, the originator's packet and the answer."""
    simulator = Simulator(view, compile_network(policy, CATALOGUE, view), policy)
    first = packet_of(flow, SYN)
    at = {mac: (host.dpid, host.port) for mac, host in view.hosts.items()}
    there, back = at[first.eth_src], at[first.eth_dst]
    simulator.send(first, there)
    assert simulator.classify(first, verdict_of(flow))
    return [
        bool(simulator.send(packet, place).delivered)
        for packet, place in ((packet_of(flow, ACK), there), (first.answer(ACK), back))
    ]


@pytest.mark.parametrize(
    ("condition", "changes", "fits"),
    [
        pytest.param(condition, changes, fits, id=f"{condition} {'fits' if fits else 'does not fit'} {shown(changes)}")
        for condition, inside, outside in CONDITIONS
        for fits, given in ((True, inside), (False, outside))
        for changes in given
    ],
)
def test_a_condition_holds_for_both_directions_or_for_none(
    condition: dict[str, object], changes: dict[str, object], fits: bool
) -> None:
    policy, flow = denying(condition), replace(FLOW, **changes)
    assert (evaluate(policy, flow).policy == "p") is fits
    assert passes(policy, network(), flow) == [not fits, not fits]


INGRESS = [
    ({"switch": "s2"}, True),
    ({"switch": "0x2"}, True),
    ({"switch": "s2", "port": 1}, True),
    ({"switch": "0x2", "port": "s2-eth1"}, True),
    ({"switch": "s2", "port": 2}, False),
    ({"switch": "s2", "port": "s2-eth2"}, False),
    ({"switch": "s1"}, False),
    ({"switch": "s1", "port": 1}, False),
    ({"switch": "s1", "port": 3}, False),
    ({"switch": "s9"}, False),
]


@pytest.mark.parametrize(("ingress", "fits"), INGRESS)
@pytest.mark.parametrize("described", [("s2", "s2-eth1"), ("s2", 1), ("0x2", "1")])
def test_the_ingress_may_be_named_in_any_way_the_network_knows(
    ingress: dict[str, object], fits: bool, described: tuple[str, str | int]
) -> None:
    """The responder at the other switch has to see the flow begin, so it is denied at its verdict only."""
    policy, view = denying({"ingress": ingress, "application": "http"}), network(at=(2, 1))
    flow = replace(FLOW, ingress_switch=described[0], ingress_port=described[1])
    assert (evaluate(policy, flow, view).policy == "p") is fits
    assert passes(policy, view, flow) == [not fits, not fits]


def test_ingress_and_source_address_hold_together() -> None:
    policy = denying({"ingress": {"switch": "s2"}, "eth_src": [B], "application": "http"})
    assert passes(policy, network(at=(2, 1)), FLOW) == [True, True]
    assert passes(policy, network(at=(2, 1)), replace(FLOW, eth_src=B, eth_dst=A)) == [True, True]


def test_a_category_that_a_connection_carries_without_a_verdict_is_not_matched() -> None:
    policy, view = denying({"category": "unknown"}), network()
    simulator = Simulator(view, compile_network(policy, CATALOGUE, view), policy)
    assert simulator.send(packet_of(FLOW, SYN), (1, 1)).delivered
