"""For random policies, networks and flows: what the compiled tables do is what the reference evaluator says."""

from dataclasses import replace

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from steering.compile import compile_network
from steering.evaluate import Decision, FlowDescription, evaluate
from steering.fields import ETH_IPV4, ETH_IPV6, TCP_PSH
from steering.network import CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy
from steering.policy.model import MarkDscp, PolicyFile, SendThrough
from steering.simulate import Packet, Simulator, Verdict, Walk

APPLICATIONS = {"ssh": 0x14000001, "http": 0x14000002, "tube": 0x14002711, "custom": 0x06000001}
CATEGORIES = {"unknown": 0, "video": 7, "web": 8}
CATALOGUE = CatalogueView(applications=APPLICATIONS, categories=CATEGORIES)
NAMES = ("a.example", "www.a.example", "b.example", "x.y.b.example")
PATTERNS = ("a.example", "*.a.example", "*.example", "*.b.example")
SERVICES = ("fn1", "fn2", "fn3")
TAP, HOST_A, HOST_B = 9, 1, 2

SYN, ACK = 0x002, 0x010


def network(links: frozenset[tuple[int, int]], host_a: int, host_b: int) -> NetworkView:
    """Three switches; port 10 + n leads to switch n; functions are at ports 5, 6 of the switch with their number."""
    switches = {
        n: SwitchView(
            dpid=n,
            name=f"s{n}",
            ports={p: PortView(p, f"s{n}-eth{p}") for p in (1, 2, 5, 6, TAP, 11, 12, 13)},
            tap_port=TAP,
            edge_zone=2 * n,
            service_zone=2 * n + 1,
        )
        for n in (1, 2, 3)
    }
    hosts = {
        f"02:00:00:00:00:0{n}": HostView(mac=f"02:00:00:00:00:0{n}", dpid=dpid, port=port)
        for n, dpid, port in ((1, host_a, HOST_A), (2, host_b, HOST_B))
    }
    ends = frozenset(((a, 10 + b), (b, 10 + a)) for a, b in links)
    return NetworkView(switches=switches, links=ends, hosts=hosts)


networks = st.builds(
    network,
    st.sampled_from([frozenset({(1, 2), (2, 3)}), frozenset({(1, 2), (2, 3), (1, 3)}), frozenset({(1, 3), (2, 3)})]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([1, 2, 3]),
)

addresses = st.sampled_from([("10.0.0.1", "10.0.0.2"), ("10.1.0.1", "192.0.2.9"), ("2001:db8::1", "2001:db8::2")])
ports = st.sampled_from([0, 22, 80, 443, 8080, 65535])
apps = st.lists(st.sampled_from(sorted(APPLICATIONS)), min_size=1, max_size=2)

conditions = st.fixed_dictionaries(
    {},
    optional={
        "application": apps,
        "category": st.sampled_from(sorted(CATEGORIES)),
        "sni": st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
        "http_host": st.sampled_from(PATTERNS),
        "dns_query": st.sampled_from(PATTERNS),
        "eth_src": st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"]),
        "eth_dst": st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"]),
        "vlan": st.sampled_from([5, [5, 6]]),
        "src": st.sampled_from(["10.0.0.0/8", "10.0.0.1", ["2001:db8::/32", "192.0.2.0/24"], "0.0.0.0/0"]),
        "dst": st.sampled_from(["10.0.0.0/8", ["10.0.0.2", "2001:db8::2"], ["::/0", "0.0.0.0/0"]]),
        "ingress": st.sampled_from(
            [{"switch": "s1"}, {"switch": "s2", "port": "s2-eth1"}, {"switch": "s3", "port": 2}]
        ),
    },
)
transports = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"ip_proto": st.sampled_from(["tcp", ["udp", "icmp"], 17])}),
    st.fixed_dictionaries(
        {"ip_proto": st.sampled_from(["tcp", "udp"])},
        optional={"src_port": st.sampled_from(["1-100", 443]), "dst_port": st.sampled_from([22, "80-8080", [0, 443]])},
    ),
    st.fixed_dictionaries({"dst_port": st.sampled_from([22, "80-8080", [0, "400-500"]])}),
)
chains = st.sampled_from([{"chain": "one"}, {"chain": "two"}, {"chain": "three"}])
actions = st.one_of(st.sampled_from(["allow", "deny"]), chains, st.just({"dscp": 46}))
interims = st.one_of(st.sampled_from(["allow", "hold"]), chains)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Chains of one to three functions in any order, and up to six policies."""
    order = draw(st.permutations(SERVICES))
    rules = []
    for number in range(draw(st.integers(0, 6))):
        match = {**draw(conditions), **draw(transports)}
        rule = {"name": f"p{number}", "match": match, "action": draw(actions)}
        if {"application", "category", "sni", "http_host", "dns_query"} & set(match) and draw(st.booleans()):
            rule["while_inspecting"] = draw(interims)
        rules.append(rule)
    services = [
        {
            "name": n,
            "kind": "transparent",
            "attach": {"switch": f"s{draw(st.integers(1, 3))}", "ingress": 5, "egress": 6},
        }
        for n in SERVICES
    ]
    used: dict[str, int] = {}
    for service in services:  # several functions on one switch would need ports of their own
        switch = service["attach"]["switch"]
        used[switch] = used.get(switch, 0) + 1
        if used[switch] > 1:
            service["attach"] |= {"switch": next(s for s in ("s1", "s2", "s3") if s not in used)}
            used[service["attach"]["switch"]] = 1
    return Policy.of(
        PolicyFile.model_validate(
            {
                "version": 1,
                "services": services,
                "chains": [{"name": n, "services": order[: i + 1]} for i, n in enumerate(("one", "two", "three"))],
                "defaults": {"action": draw(actions), "while_inspecting": draw(interims)},
                "policies": rules,
            }
        )
    )


@st.composite
def flows(draw: st.DrawFn) -> FlowDescription:
    """A flow of the two hosts with a verdict; ingress is filled in by the test."""
    src, dst = draw(addresses)
    protocol = draw(st.sampled_from([6, 17, 1 if ":" not in src else 58]))
    has_ports = protocol in (6, 17)
    return FlowDescription(
        src=src,
        dst=dst,
        ip_proto=protocol,
        src_port=draw(ports) if has_ports else None,
        dst_port=draw(ports) if has_ports else None,
        eth_src="02:00:00:00:00:01",
        eth_dst="02:00:00:00:00:02",
        vlan=draw(st.sampled_from([None, 5, 7])),
        application=draw(st.sampled_from(sorted(APPLICATIONS))),
        category=draw(st.sampled_from(sorted(CATEGORIES))),
        sni=draw(st.sampled_from([None, *NAMES])),
        http_host=draw(st.sampled_from([None, *NAMES])),
        dns_query=draw(st.sampled_from([None, *NAMES])),
    )


def packet_of(flow: FlowDescription, flags: int) -> Packet:
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


def answer_to(packet: Packet, flags: int) -> Packet:
    return replace(
        packet,
        eth_src=packet.eth_dst,
        eth_dst=packet.eth_src,
        src=packet.dst,
        dst=packet.src,
        src_port=packet.dst_port,
        dst_port=packet.src_port,
        tcp_flags=flags if packet.ip_proto == 6 else 0,
    )


def check(
    walk: Walk, packet: Packet, decision: Decision, policy: Policy, target: tuple[int, int], reverse: bool
) -> None:
    """The walk is what the decision asks for, in this direction."""
    treatment = decision.action
    note(f"{decision}\n{walk}")
    held = treatment == "hold" and (packet.ip_proto != 6 or packet.tcp_flags & TCP_PSH)
    functions: tuple[str, ...] = ()
    if isinstance(treatment, SendThrough):
        services = policy.chains[treatment.chain].services
        functions = services[::-1] if reverse else services
    assert tuple(walk.functions) == functions
    if treatment == "deny" or held:
        assert walk.delivered == []
        return
    dscp = treatment.dscp if isinstance(treatment, MarkDscp) else 0
    assert walk.delivered == [(target, replace(packet, dscp=dscp))]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), networks, flows())
def test_compiled_tables_do_what_the_evaluator_says(policy: Policy, view: NetworkView, flow: FlowDescription) -> None:
    a, b = view.hosts["02:00:00:00:00:01"], view.hosts["02:00:00:00:00:02"]
    at_a, at_b = (a.dpid, a.port), (b.dpid, b.port)
    flow = replace(flow, ingress_switch=f"s{a.dpid}", ingress_port=f"s{a.dpid}-eth{a.port}")
    flow_by_number = replace(flow, ingress_port=a.port)
    simulator = Simulator(view, compile_network(policy, CATALOGUE, view), policy)

    def decide(described: FlowDescription) -> Decision:
        """Policies of the test name ports of s2 by name and of s3 by number."""
        return evaluate(policy, flow_by_number if a.dpid == 3 else described)

    undecided = dict.fromkeys(("application", "category", "sni", "http_host", "dns_query"))
    flow_by_number = replace(flow_by_number, **undecided)
    before = decide(replace(flow, **undecided))
    first = packet_of(flow, SYN)
    walk = simulator.send(first, at_a)
    check(walk, first, before, policy, at_b, reverse=False)
    assert a.dpid in walk.tapped
    is_known_at_b = bool(walk.delivered)
    payload = packet_of(flow, ACK | TCP_PSH)
    walk = simulator.send(payload, at_a)
    check(walk, payload, before, policy, at_b, reverse=False)
    is_known_at_b |= bool(walk.delivered)
    answer = answer_to(first, ACK | TCP_PSH)
    if is_known_at_b:  # nobody answers what did not arrive
        check(simulator.send(answer, at_b), answer, before, policy, at_a, reverse=True)

    verdict = Verdict(
        app_id=APPLICATIONS[str(flow.application)],
        category=CATEGORIES[str(flow.category)],
        state=1,
        sni=flow.sni,
        http_host=flow.http_host,
        dns_query=flow.dns_query,
    )
    simulator.classify(first, verdict)
    flow_by_number = replace(flow, ingress_port=a.port)
    after = decide(flow)
    walk = simulator.send(payload, at_a)
    check(walk, payload, after, policy, at_b, reverse=False)
    assert a.dpid not in walk.tapped
    simulator.classify(first, verdict)  # the agent at b may see the flow only now
    if is_known_at_b or walk.delivered:
        check(simulator.send(answer, at_b), answer, after, policy, at_a, reverse=True)
