"""What the compiler makes of particular networks and policies, by packets that run through the tables."""

from dataclasses import replace

import pytest

from steering import tables
from steering.compile import compile_network
from steering.compile.routes import Routes
from steering.errors import CompileError, NetworkError
from steering.evaluate import FlowDescription, evaluate, explain
from steering.fields import ETH_IPV4, ETH_IPV6, ETH_LLDP
from steering.network import CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy, parse_policy
from steering.rules import RuleSet
from steering.simulate import Packet, Simulator, Verdict

A, B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
CATALOGUE = CatalogueView(applications={"ssh": 0x14000001, "http": 0x14000002}, categories={"unknown": 0, "web": 8})
SERVICES = """
services:
  - {name: fn, kind: transparent, attach: {switch: s2, ingress: 5, egress: 6}}
chains: [{name: c, services: [fn]}]
"""


def switch(n: int, tap: int | None = 9) -> SwitchView:
    ports = {p: PortView(p, f"s{n}-eth{p}") for p in (1, 2, 5, 6, 9, 11, 12, 13, 0xFFFFFFFE)}
    return SwitchView(dpid=n, name=f"s{n}", ports=ports, tap_port=tap, edge_zone=2 * n, service_zone=2 * n + 1)


def network(*numbers: int, tap: int | None = 9) -> NetworkView:
    """Switches in a ring of links where both ends are there; A at s1, B at s3."""
    return NetworkView(
        switches={n: switch(n, tap) for n in numbers or (1, 2, 3)},
        links=frozenset({((1, 12), (2, 11)), ((2, 13), (3, 12)), ((3, 11), (1, 13))}),
        hosts={A: HostView(mac=A, dpid=1, port=1), B: HostView(mac=B, dpid=3, port=1)},
    )


def policy(rules: str = "", defaults: str = "{}") -> Policy:
    return parse_policy(f"version: 1{SERVICES}defaults: {defaults}\npolicies: [{rules}]\n")


def packet(**fields: object) -> Packet:
    made = Packet(
        eth_src=A,
        eth_dst=B,
        eth_type=ETH_IPV4,
        src="10.0.0.1",
        dst="10.0.0.2",
        ip_proto=6,
        src_port=4000,
        dst_port=80,
        tcp_flags=2,
    )
    return replace(made, **fields)


def simulator(view: NetworkView, of: Policy) -> Simulator:
    return Simulator(view, compile_network(of, CATALOGUE, view), of)


ARP = Packet(eth_src=A, eth_dst="ff:ff:ff:ff:ff:ff", eth_type=0x0806)


def test_a_flood_in_a_ring_reaches_each_host_port_once_and_no_function() -> None:
    walk = simulator(network(), policy()).send(ARP, (1, 1))
    places = [place for place, _ in walk.delivered]
    no_host = {(1, 1), (1, 12), (1, 13), (2, 5), (2, 6), (2, 11), (2, 13), (3, 11), (3, 12)}
    expected = [(n, p) for n in (1, 2, 3) for p in (1, 2, 5, 6, 11, 12, 13) if (n, p) not in no_host]
    assert sorted(places) == expected
    assert walk.functions == []
    assert walk.tapped == []


def test_held_ports_take_no_part() -> None:
    view = replace(network(), held_ports=frozenset({(1, 2), (3, 1)}))
    sim = simulator(view, policy())
    assert {(1, 2), (3, 1)}.isdisjoint(place for place, _ in sim.send(ARP, (1, 1)).delivered)
    assert sim.send(ARP, (1, 2)).delivered == []


def test_ports_of_a_cable_from_a_switch_to_itself_are_held() -> None:
    view = network()
    view = replace(view, links=view.links | {((1, 5), (1, 6))})
    walk = simulator(view, policy()).send(ARP, (1, 1))
    assert {(1, 5), (1, 6)}.isdisjoint(place for place, _ in walk.delivered)


def test_lldp_goes_to_the_controller_and_nowhere_else() -> None:
    walk = simulator(network(), policy()).send(replace(ARP, eth_type=ETH_LLDP), (1, 12))
    assert walk.shown_to_controller == [1]
    assert walk.delivered == []
    assert simulator(network(), policy()).send(replace(ARP, eth_type=ETH_LLDP), (1, 9)).shown_to_controller == []


def test_an_unknown_source_is_shown_to_the_controller_and_forwarded() -> None:
    view = network()
    view = replace(view, hosts={B: view.hosts[B]})
    walk = simulator(view, policy()).send(packet(), (1, 1))
    assert walk.shown_to_controller == [1]
    assert [place for place, _ in walk.delivered] == [(3, 1)]


def test_a_flow_to_a_host_that_is_not_known_yet_begins_at_its_switch_with_the_originator() -> None:
    of = policy("{name: p, match: {src: 10.0.0.1, ip_proto: udp}, action: {dscp: 46}}")
    known = network()
    sim = simulator(replace(known, hosts={A: known.hosts[A]}), of)
    datagram = packet(ip_proto=17, tcp_flags=0)
    walk = sim.send(datagram, (1, 1))
    assert (3, 1) in [place for place, _ in walk.delivered]
    assert sorted(walk.tapped) == [1, 2, 3]
    answer = datagram.answer()
    walk = sim.send(answer, (3, 1))
    assert walk.delivered == [((1, 1), replace(answer, dscp=46))]


def test_a_flow_that_comes_from_a_function_to_a_host_not_known_yet_begins_there_too() -> None:
    of = policy("{name: p, match: {ip_proto: udp}, action: {chain: c}}")
    known = network()
    sim = simulator(replace(known, hosts={A: known.hosts[A]}), of)
    walk = sim.send(packet(ip_proto=17, tcp_flags=0), (1, 1))
    assert walk.functions == ["fn"]
    assert set(walk.tapped) == {1, 2, 3}  # the flood comes by at the originator's switch again


@pytest.mark.parametrize("kind", range(133, 138))
@pytest.mark.parametrize("to", [B, "33:33:00:00:00:01", "02:00:00:00:00:99"])
def test_neighbour_discovery_and_multicast_pass_by_all_policies(kind: int, to: str) -> None:
    sim = simulator(network(), policy("{name: p, action: deny}"))
    found = packet(
        eth_dst=to, eth_type=ETH_IPV6, src="fe80::1", dst="ff02::1", ip_proto=58, icmpv6_type=kind, tcp_flags=0
    )
    for sent in (found, replace(found, icmpv6_type=128, eth_dst="33:33:00:00:00:01")):
        walk = sim.send(sent, (1, 1))
        assert (3, 1) in [place for place, _ in walk.delivered]
        assert walk.tapped == []
    assert sim.send(replace(found, icmpv6_type=128, eth_dst=B), (1, 1)).delivered == []


def test_packets_between_hosts_of_one_switch_are_copied_once_until_the_verdict() -> None:
    near = replace(network(), hosts={A: HostView(mac=A, dpid=1, port=1), B: HostView(mac=B, dpid=1, port=2)})
    sim = simulator(near, policy())
    for flags in (0x02, 0x10, 0x18):
        assert sim.send(packet(tcp_flags=flags), (1, 1)).tapped == [1]
    sim.classify(packet(), Verdict(app_id=1 << 24, state=2))
    assert sim.send(packet(tcp_flags=0x10), (1, 1)).tapped == [1]
    sim.classify(packet(), Verdict(app_id=1 << 24, state=3))
    assert sim.send(packet(tcp_flags=0x10), (1, 1)).tapped == []


def test_a_host_that_moved_is_shown_to_the_controller() -> None:
    assert simulator(network(), policy()).send(packet(), (1, 2)).shown_to_controller == [1]


def test_what_the_tap_port_sends_is_dropped() -> None:
    walk = simulator(network(), policy()).send(packet(), (1, 9))
    assert (walk.delivered, walk.tapped, walk.shown_to_controller) == ([], [], [])


def test_what_a_function_sends_of_its_own_is_dropped() -> None:
    sim = simulator(network(), policy())
    assert sim.send(packet(), (2, 6)).delivered == []
    assert sim.send(ARP, (2, 5)).delivered == []


@pytest.mark.parametrize("missing", [(1, 3), (1,)])
def test_a_chain_whose_switch_is_away_drops_and_is_not_gone_round(missing: tuple[int, ...]) -> None:
    of = policy("{name: p, action: {chain: c}}")
    assert simulator(network(*missing), of).send(packet(), (1, 1)).delivered == []


def test_without_an_agent_flows_are_tracked_but_not_copied() -> None:
    walk = simulator(network(tap=None), policy("{name: p, match: {src: 10.0.0.1}, action: {chain: c}}")).send(
        packet(), (1, 1)
    )
    assert walk.functions == ["fn"]
    assert walk.tapped == []


def test_category_unknown_asks_for_a_verdict() -> None:
    of = policy("{name: p, match: {category: unknown}, action: deny}")
    sim = simulator(network(), of)
    assert sim.send(packet(), (1, 1)).delivered
    for app_id in (0x14000000, 0x01000001, 0x06000001, 0xFF000000):
        sim.classify(packet(), Verdict(app_id=app_id, state=1))
        assert sim.send(packet(tcp_flags=0x10), (1, 1)).delivered == []
    sim.classify(packet(), Verdict(app_id=0x14000000, category=8, state=1))
    assert sim.send(packet(), (1, 1)).delivered


def test_the_end_of_a_tcp_connection_is_copied_to_both_agents_after_the_verdict() -> None:
    sim = simulator(network(), policy())
    sim.send(packet(), (1, 1))
    sim.classify(packet(), Verdict(app_id=1 << 24, state=1))
    assert sim.send(packet(tcp_flags=0x10), (1, 1)).tapped == []
    assert sorted(sim.send(packet(tcp_flags=0x11), (1, 1)).tapped) == [1, 3]
    assert sorted(sim.send(packet(tcp_flags=0x04), (1, 1)).tapped) == [1, 3]


def test_a_connection_that_opens_where_one_was_has_no_verdict() -> None:
    of = policy("{name: p, match: {application: ssh}, action: deny}")
    sim = simulator(network(), of)
    sim.send(packet(), (1, 1))
    denied = Verdict(app_id=CATALOGUE.applications["ssh"], state=1)
    sim.classify(packet(), denied)
    data = packet(tcp_flags=0x18)
    assert sim.send(data, (1, 1)).delivered == []
    asked = sim.send(packet(tcp_flags=0x02), (1, 1))
    assert (asked.delivered, asked.tapped) == ([((3, 1), packet(tcp_flags=0x02))], [1])
    assert sim.send(data, (1, 1)).delivered == []  # whoever asks only may still be in the old one
    sim.send(packet().answer(0x12), (3, 1))
    again = sim.send(data, (1, 1))
    assert (again.delivered, sorted(again.tapped)) == ([((3, 1), data)], [1, 3])


def test_a_tag_that_a_host_set_is_no_position_on_a_chain() -> None:
    of = policy("{name: p, match: {ip_proto: udp}, action: {chain: c}}")
    sim = simulator(network(), of)
    for vid in (1, 34, 4000):
        walk = sim.send(packet(vids=(vid,)), (1, 1))
        assert walk.delivered == [((3, 1), packet(vids=(vid,)))]
        assert walk.functions == []


def test_a_policy_that_combines_to_too_many_rules_is_refused_by_name() -> None:
    ports = ", ".join(f"{n}-{n + 5}" for n in range(1, 2000, 9))
    with pytest.raises(CompileError, match="policy 'wide'"):
        compile_network(
            policy(f"{{name: wide, match: {{src_port: [{ports}], dst_port: [{ports}]}}, action: deny}}"),
            CATALOGUE,
            network(),
        )


def test_rules_while_inspecting_count_against_the_limit_too() -> None:
    ports = f"[{', '.join(str(2 * n) for n in range(1, 700))}]"
    match = f"{{application: ssh, ip_proto: tcp, dst_port: {ports}}}"
    compile_network(policy(f"{{name: p, match: {match}, action: deny}}"), CATALOGUE, network(1))
    with pytest.raises(CompileError, match="policy 'p': needs more than 4096 rules"):
        compile_network(
            policy(f"{{name: p, match: {match}, action: deny, while_inspecting: hold}}"), CATALOGUE, network(1)
        )


@pytest.mark.parametrize(
    "second", ["{switch: s2, ingress: s2-eth5, egress: s2-eth6}", "{switch: s2, ingress: 6, egress: 1}"]
)
def test_two_functions_of_a_chain_on_one_port_are_refused_by_name(second: str) -> None:
    text = SERVICES.replace("chains:", f"  - {{name: gn, kind: transparent, attach: {second}}}\nchains:")
    of = parse_policy(f"version: 1{text.replace('services: [fn]', 'services: [fn, gn]')}")
    with pytest.raises(
        CompileError, match=r"chain 'c': services 'fn' and 'gn' are both attached to port [56] of switch s2"
    ):
        compile_network(of, CATALOGUE, network())


@pytest.mark.parametrize("interim", ["allow", "hold", "{chain: c}"])
def test_an_earlier_policy_decides_before_what_a_later_one_does_while_inspecting(interim: str) -> None:
    later = f"{{name: b, match: {{application: ssh}}, action: deny, while_inspecting: {interim}}}"
    for first, expected in (("{src: 10.0.0.1}, action: {dscp: 46}", 46), ("{src: 10.0.0.9}, action: deny", 0)):
        walk = simulator(network(), policy(f"{{name: a, match: {first}}}, {later}")).send(packet(), (1, 1))
        assert walk.delivered == [((3, 1), packet(dscp=expected))]
        assert walk.functions == (["fn"] if interim == "{chain: c}" and not expected else [])


def test_an_application_that_the_catalogue_lacks_is_refused_by_name() -> None:
    with pytest.raises(CompileError, match="policy 'p': the catalogue has no application 'gopher'"):
        compile_network(policy("{name: p, match: {application: gopher}, action: deny}"), CATALOGUE, network())


def test_a_policy_put_first_changes_no_other_rule() -> None:
    old = compile_network(policy("{name: a, match: {application: ssh}, action: deny}"), CATALOGUE, network())
    new = compile_network(
        policy(
            "{name: b, match: {application: http}, action: deny}, {name: a, match: {application: ssh}, action: deny}"
        ),
        CATALOGUE,
        network(),
    )
    for dpid, rules in old.items():
        assert set(rules.rules) <= set(new[dpid].rules)
        assert {rule.owner for rule in set(new[dpid].rules) - set(rules.rules)} == {"policy:b"}


def test_the_same_input_compiles_to_the_same_rules() -> None:
    of = policy("{name: p, match: {application: [ssh, http], dst_port: 1-99}, action: {chain: c}}")
    view = network()
    mirrored = replace(
        view,
        switches=dict(reversed(view.switches.items())),
        links=frozenset((b, a) for a, b in view.links),
        hosts=dict(reversed(view.hosts.items())),
    )
    assert compile_network(of, CATALOGUE, view) == compile_network(of, CATALOGUE, mirrored)


def test_every_rule_names_its_owner_by_its_cookie() -> None:
    for rules in compile_network(policy("{name: p, action: {chain: c}}"), CATALOGUE, network()).values():
        assert isinstance(rules, RuleSet)
        owners = rules.owners()
        assert all(owners[rule.cookie] == rule.owner for rule in rules)
        assert {rule.table for rule in rules} <= {table.number for table in tables.PIPELINE}


def test_routes_are_shortest_and_parallel_links_use_the_first_port() -> None:
    view = network()
    view = replace(view, links=view.links | {((1, 5), (3, 6))})
    routes = Routes(view)
    assert routes.next_port(1, 3) == 5
    assert routes.next_port(1, 1) is None
    assert routes.next_port(1, 7) is None
    assert routes.tree_ports(1) == (5, 12)
    assert routes.tree_ports(2) == (11,)


def test_a_view_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(NetworkError, match="no such port"):
        NetworkView(switches={1: switch(1), 2: switch(2)}, links=frozenset({((1, 77), (2, 1))}))
    with pytest.raises(NetworkError, match="edge and service zone"):
        NetworkView(switches={1: replace(switch(1), service_zone=2)})
    with pytest.raises(NetworkError, match="filed under"):
        NetworkView(switches={2: switch(1)})


FLOW = FlowDescription(src="10.0.0.1", dst="10.0.0.2", ip_proto=6, src_port=4000, dst_port=8080)
RULES = """
  {name: no-ssh, match: {application: ssh}, action: deny, while_inspecting: hold},
  {name: odd, match: {application: http, dst_port: [1-79, 81-65535]}, action: {chain: c}},
  {name: mine, match: {src: 10.9.0.0/16}, action: {dscp: 46}}
"""


def test_explain_says_policy_by_policy_why_it_did_not_decide() -> None:
    assert explain(policy(RULES), replace(FLOW, application="http", dst_port=80)).splitlines() == [
        "no-ssh    no match     application is http, not ssh",
        "odd       no match     dst_port is 80, not 1-79 or 81-65535",
        "mine      no match     src is 10.0.0.1, not in 10.9.0.0/16",
        "defaults  decides      no policy matches; the action is allow",
        "→ allow, decided by the defaults",
    ]


def test_a_flow_without_a_verdict_is_decided_by_the_first_policy_with_an_interim_action() -> None:
    decision = evaluate(policy(RULES), FLOW)
    assert (decision.policy, decision.action_text, decision.is_interim) == ("no-ssh", "hold", True)
    assert explain(policy(RULES), FLOW).endswith("→ hold until there is a verdict, decided by policy no-ssh")


def test_a_policy_on_layer_7_without_an_interim_action_is_passed_over_before_the_verdict() -> None:
    decision = evaluate(policy("{name: p, match: {sni: a.b}, action: deny}", "{while_inspecting: hold}"), FLOW)
    assert [reason.outcome for reason in decision.reasons] == ["passed over", "decides"]
    assert decision.action_text == "hold"


def test_a_described_flow_may_write_addresses_and_ports_its_own_way() -> None:
    of = policy("{name: p, match: {eth_src: 02-00-00-00-00-0a, ingress: {switch: s1, port: 1}}, action: deny}")
    described = replace(FLOW, eth_src=A.upper(), ingress_switch="s1", ingress_port="1")
    assert evaluate(of, described).policy == "p"
    assert evaluate(of, replace(described, ingress_port=None)).reasons[0].text == "ingress port is not known, not 1"


def test_icmp_means_icmpv6_for_an_ipv6_flow() -> None:
    of = policy("{name: p, match: {ip_proto: icmp}, action: deny}")
    version_6 = FlowDescription(src="::1", dst="::2", ip_proto=58)
    assert evaluate(of, version_6).policy == "p"
    assert evaluate(of, replace(version_6, ip_proto=1)).policy is None
    assert evaluate(of, replace(FLOW, ip_proto=1)).policy == "p"
