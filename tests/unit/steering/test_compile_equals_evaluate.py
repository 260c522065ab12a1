"""For random policies, networks and flows: what the compiled tables do is what the reference evaluator says."""

from dataclasses import replace

from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st
from steering_flows import ACK, CATALOGUE, SYN, A, B, packet_of, verdict_of

from steering.compile import compile_network
from steering.compile.conditions import TooManyError
from steering.compile.meet import NotOneRuleError
from steering.errors import CompileError
from steering.evaluate import Decision, FlowDescription, evaluate
from steering.fields import TCP_PSH
from steering.network import HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy
from steering.policy.conditions import FlowMatch
from steering.policy.model import MarkDscp, PolicyFile, SendThrough
from steering.simulate import Packet, Simulator, Walk

NAMES = ("a.example", "www.a.example", "b.example", "x.y.b.example")
PATTERNS = ("a.example", "*.a.example", "*.example", "*.b.example")
SERVICES = ("fn1", "fn2", "fn3")
TAP, HOST_A, HOST_B = 9, 1, 2


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
        mac: HostView(mac=mac, dpid=dpid, port=port) for mac, dpid, port in ((A, host_a, HOST_A), (B, host_b, HOST_B))
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
apps = st.lists(st.sampled_from(sorted(CATALOGUE.applications)), min_size=1, max_size=2)

CONDITIONS = {
    "application": apps,
    "category": st.sampled_from(sorted(CATALOGUE.categories)),
    "sni": st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2),
    "http_host": st.sampled_from(PATTERNS),
    "dns_query": st.sampled_from(PATTERNS),
    "engine": st.sampled_from([6, ["l7", 3]]),
    "state": st.sampled_from(["guessed", ["final", "revised"]]),
    "tag": st.sampled_from(["p2p", ["p2p", "encrypted"]]),
    "risk": st.sampled_from(["0-40", "60-", [20, "61-100"]]),
    "confidence": st.sampled_from(["80-", [50, "90-99"]]),
    "encrypted": st.booleans(),
    "http_url": st.sampled_from(["/api/*", ["*.mp4", "/"]]),
    "user": st.sampled_from(["alice", "*"]),
    "attributes": st.sampled_from(
        [
            {"http.method": "GET"},
            {"http.status": {"range": "400-"}},
            {"http.method": ["GET", "PUT"], "http.status": "present"},
        ]
    ),
    "eth_src": st.sampled_from([A, B]),
    "eth_dst": st.sampled_from([A, B]),
    "vlan": st.sampled_from([5, [5, 6]]),
    "src": st.sampled_from(["10.0.0.0/8", "10.0.0.1", ["2001:db8::/32", "192.0.2.0/24"], "0.0.0.0/0"]),
    "dst": st.sampled_from(["10.0.0.0/8", ["10.0.0.2", "2001:db8::2"], ["::/0", "0.0.0.0/0"]]),
    "ingress": st.sampled_from([{"switch": "s1"}, {"switch": "s2", "port": "s2-eth1"}, {"switch": "s3", "port": 2}]),
}
# Two at most, or next to no policy would fit its flow.
conditions = st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=2, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CONDITIONS[name] for name in names})
)
transports = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"ip_proto": st.sampled_from(["tcp", ["udp", "icmp"], 17])}),
    st.fixed_dictionaries(
        {"ip_proto": st.sampled_from(["tcp", "udp"])},
        optional={"src_port": st.sampled_from(["1-100", 443]), "dst_port": st.sampled_from([22, "80-8080", [0, 443]])},
    ),
    st.fixed_dictionaries({"dst_port": st.sampled_from([22, "80-8080", [0, "400-500"]])}),
)
# `all`, `any` and `not`, one to three levels of them.
leaves = st.builds(lambda one, other: {**one, **other}, conditions, transports)
nested = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda own, key, below: {**own, key: below},
        leaves,
        st.sampled_from(["all", "any", "not"]),
        st.lists(inner, min_size=1, max_size=2),
    ),
    max_leaves=6,
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
        if draw(st.integers(0, 2)) == 0:
            match |= draw(nested)
        rule = {"name": f"p{number}", "match": match, "action": draw(actions)}
        if FlowMatch.model_validate(match).needs_verdict and draw(st.booleans()):
            rule["while_inspecting"] = draw(interims)
        if FlowMatch.model_validate(match).needs_verdict and draw(st.booleans()):
            rule["while_guessed"] = draw(interims)
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
    application = draw(st.sampled_from(sorted(CATALOGUE.applications)))
    protocol = draw(st.sampled_from([6, 17, 1 if ":" not in src else 58]))
    has_ports = protocol in (6, 17)
    return FlowDescription(
        src=src,
        dst=dst,
        ip_proto=protocol,
        src_port=draw(ports) if has_ports else None,
        dst_port=draw(ports) if has_ports else None,
        eth_src=A,
        eth_dst=B,
        vlan=draw(st.sampled_from([None, 5, 7])),
        application=application,
        app_id=CATALOGUE.applications[application],
        category=draw(st.sampled_from(sorted(CATALOGUE.categories))),
        state=draw(st.sampled_from(["guessed", "final", "revised", "gave_up"])),
        tags=draw(st.frozensets(st.sampled_from(["p2p", "encrypted"]))),
        risk=draw(st.sampled_from([0, 20, 60, 100])),
        confidence=draw(st.sampled_from([0, 50, 80, 95, 100])),
        encrypted=draw(st.sampled_from([None, True, False])),
        http_url=draw(st.sampled_from([None, "/", "/api/film.mp4"])),
        user=draw(st.sampled_from([None, "Alice", ("bob", "alice")])),
        attributes=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "http.method": st.sampled_from([("GET",), ("PUT", "DELETE")]),
                    "http.status": st.sampled_from([(200,), (200, 404)]),
                },
            )
        ),
        sni=draw(st.sampled_from([None, *NAMES, NAMES])),
        http_host=draw(st.sampled_from([None, *NAMES])),
        dns_query=draw(st.sampled_from([None, *NAMES])),
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), networks, flows())
def test_compiled_tables_do_what_the_evaluator_says(policy: Policy, view: NetworkView, flow: FlowDescription) -> None:
    a, b = view.hosts[A], view.hosts[B]
    at_a, at_b = (a.dpid, a.port), (b.dpid, b.port)
    flow = replace(flow, ingress_switch=f"s{a.dpid}", ingress_port=f"s{a.dpid}-eth{a.port}")
    try:
        rules = compile_network(policy, CATALOGUE, view)
    except CompileError as error:
        if isinstance(error.__cause__, TooManyError | NotOneRuleError):
            reject()  # what is refused has no tables to compare
        raise
    simulator = Simulator(view, rules, policy)

    before = evaluate(policy, replace(flow, application=None), view)
    first = packet_of(flow, SYN)
    walk = simulator.send(first, at_a)
    check(walk, first, before, policy, at_b, reverse=False)
    assert a.dpid in walk.tapped
    is_known_at_b = bool(walk.delivered)
    payload = packet_of(flow, ACK | TCP_PSH)
    walk = simulator.send(payload, at_a)
    check(walk, payload, before, policy, at_b, reverse=False)
    assert a.dpid in walk.tapped
    is_known_at_b |= bool(walk.delivered)
    answer = first.answer(ACK | TCP_PSH)
    if is_known_at_b:  # nobody answers what did not arrive
        check(simulator.send(answer, at_b), answer, before, policy, at_a, reverse=True)

    simulator.classify(first, verdict_of(flow))
    after = evaluate(policy, flow, view)
    walk = simulator.send(payload, at_a)
    check(walk, payload, after, policy, at_b, reverse=False)
    assert (a.dpid in walk.tapped) is (flow.state == "guessed")  # inspection goes on behind a guess
    simulator.classify(first, verdict_of(flow))  # the agent at b may see the flow only now
    if is_known_at_b or walk.delivered:
        check(simulator.send(answer, at_b), answer, after, policy, at_a, reverse=True)
