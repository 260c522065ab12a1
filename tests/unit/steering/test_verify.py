"""The verifier: compiled rules are proven, and faults put into them are found with a packet that shows them."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, reject, settings
from test_compile import CATALOGUE, network, policy
from test_compile_equals_evaluate import CATALOGUE as MORE_APPLICATIONS
from test_compile_equals_evaluate import networks, policies

from ofext.attributes import AttributeTest, Operation
from ofext.facts import holds
from ofext.fields import L7Field
from ofext.predicates import Predicate
from steering import tables
from steering.compile import compile_network
from steering.errors import CompileError
from steering.network import HostView, NetworkView
from steering.policy import Policy, parse_policy
from steering.rules import GotoTable, Match, Output, Rule, RuleSet, SetField
from steering.verify import CounterExample, verify_network
from steering.verify.facts import Vocabulary, facts_of
from steering.verify.space import Space

RULES = """
  {name: no-ssh, match: {application: ssh}, action: deny, while_inspecting: hold},
  {name: films, match: {sni: ["*.films.example", films.example], src: 10.0.0.0/8}, action: {chain: c}},
  {name: voice, match: {ip_proto: udp, dst_port: 5060-5070}, action: {dscp: 46}},
  {name: guests, match: {ingress: {switch: s1, port: 2}}, action: deny}
"""
RuleSets = dict[int, RuleSet]


def verified(of: Policy, view: NetworkView, rule_sets: RuleSets) -> tuple[CounterExample, ...]:
    found = verify_network(of, CATALOGUE, view, rule_sets).counter_examples
    assert all(example.is_confirmed for example in found)
    return found


def edited(rule_sets: RuleSets, edit: Callable[[int, Rule], list[Rule]]) -> RuleSets:
    """Each rule replaced by what `edit` makes of it."""
    return {
        dpid: RuleSet.of((new for rule in rules for new in edit(dpid, rule)), rules.groups)
        for dpid, rules in rule_sets.items()
    }


@pytest.mark.parametrize(
    "view",
    [network(), network(1), network(1, 3), network(tap=None), replace(network(), held_ports=frozenset({(1, 2)}))],
    ids=["ring", "one", "broken", "no agents", "held"],
)
@pytest.mark.parametrize("defaults", ["{}", "{action: deny, while_inspecting: hold}", "{action: {chain: c}}"])
def test_compiled_rules_are_proven(view: NetworkView, defaults: str) -> None:
    of = policy(RULES, defaults)
    assert verified(of, view, compile_network(of, CATALOGUE, view)) == ()


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), networks)
def test_whatever_compiles_is_proven(of: Policy, view: NetworkView) -> None:
    try:
        rules = compile_network(of, MORE_APPLICATIONS, view)
    except CompileError:
        reject()
    assert verify_network(of, MORE_APPLICATIONS, view, rules).counter_examples == ()


def test_groups_and_exclusions_are_read_from_the_file_and_proven() -> None:
    of = parse_policy("""
version: 1
groups:
  - {name: servers, addresses: [10.1.0.0/16, "2001:db8:1::/48"]}
  - {name: staff, users: [alice, "*@corp.example"]}
  - {name: leisure, applications: {keys: [tube, example.org], categories: [video], risk: 80-}}
policies:
  - name: no-leisure
    match: {src_group: servers, application_group: leisure, not: {user_group: staff}}
    action: deny
    while_inspecting: hold
  - {name: either, match: {any: [{dst_port: 22}, {application: ssh}]}, action: {dscp: 8}}
""")
    rules = compile_network(of, MORE_APPLICATIONS, network())
    assert verify_network(of, MORE_APPLICATIONS, network(), rules).counter_examples == ()
    wider = edited(rules, lambda _, rule: [] if "l7_user=" in str(rule.match) else [rule])
    found = verify_network(of, MORE_APPLICATIONS, network(), wider).counter_examples
    assert found
    assert all(example.is_confirmed for example in found)
    assert found[0].decision is not None
    assert found[0].decision.policy != "no-leisure"


def test_a_denial_that_is_not_installed_is_named_with_its_line() -> None:
    of = policy(RULES)
    good = compile_network(of, CATALOGUE, network())
    bad = edited(
        good, lambda _, rule: [] if rule.owner == "policy:no-ssh" and "l7_app_id=0x14000001" in str(rule) else [rule]
    )
    found = verified(of, network(), bad)
    assert found
    example = found[0]
    assert example.decision is not None
    assert (example.decision.policy, example.decision.action) == ("no-ssh", "deny")
    assert of.source is not None
    assert example.line is not None
    assert "no-ssh" in of.source.lines[example.line - 1]
    assert example.witness.edge.verdict.app_id == CATALOGUE.applications["ssh"]
    assert example.compiled is not None
    assert example.compiled.rule is not None
    assert example.compiled.rule.owner == "policy:no-ssh"
    assert any("comes out" in line for line in example.found)
    assert not any("comes out" in line for line in example.wanted)


def test_a_function_that_is_entered_by_its_wrong_side_is_seen() -> None:
    of = policy("{name: p, action: {chain: c}}")
    good = compile_network(of, CATALOGUE, network())
    sides = {5: 6, 6: 5}

    def turn(_: int, rule: Rule) -> list[Rule]:
        if rule.table != tables.PATH or len(rule.actions) != 2:
            return [rule]
        enter, out = rule.actions
        assert isinstance(out, Output)
        return [replace(rule, actions=(enter, Output(sides[out.port])))]

    found = verified(of, network(), edited(good, turn))
    assert found
    assert any("(backwards)" in line for line in found[0].found)


def test_a_loop_is_found_although_nothing_is_delivered_twice() -> None:
    of = policy("{name: p, match: {ip_proto: udp}, action: deny}")
    view = replace(network(), hosts={})
    good = compile_network(of, CATALOGUE, view)

    def bounce(dpid: int, rule: Rule) -> list[Rule]:
        """Packets to one address are sent round the ring of switches."""
        if rule.table == tables.FORWARD and rule.priority == 100:
            out = {1: 12, 2: 13, 3: 11}[dpid]
            actions = (SetField("reg1", out), GotoTable(tables.DELIVER))
            return [rule, replace(rule, priority=210, match=Match.of(eth_dst="02:00:00:00:00:77"), actions=actions)]
        return [rule]

    found = verified(of, view, edited(good, bounce))
    assert found[0].kind == "endless"
    assert found[0].witness.packet.eth_dst == "02:00:00:00:00:77"


def test_a_packet_that_comes_out_twice_is_seen() -> None:
    of = policy()
    good = compile_network(of, CATALOGUE, network())
    double = edited(
        good,
        lambda dpid, rule: (
            [replace(rule, actions=(*rule.actions, *rule.actions))]
            if dpid == 3 and rule.table == tables.DELIVER_TAP and rule.priority == 100
            else [rule]
        ),
    )
    assert [example.kind for example in verified(of, network(), double)][-1] == "twice"


def test_two_rules_that_could_both_apply_are_no_proof() -> None:
    of = policy("{name: p, match: {ip_proto: udp}, action: deny}")
    good = compile_network(of, CATALOGUE, network())

    def doubt(_: int, rule: Rule) -> list[Rule]:
        if rule.owner != "policy:p":
            return [rule]
        other = rule.match.with_fields(eth_src="02:00:00:00:00:0a")
        return [rule, replace(rule, match=other, actions=(GotoTable(tables.FORWARD),))]

    found = verify_network(of, CATALOGUE, network(), edited(good, doubt)).counter_examples
    assert "ambiguous" in [example.kind for example in found]


def test_a_tag_that_a_host_sets_must_not_lead_into_a_chain() -> None:
    of = policy("{name: p, match: {ip_proto: udp}, action: {chain: c}}")
    good = compile_network(of, CATALOGUE, network())
    trusted = edited(
        good,
        lambda dpid, rule: (
            [rule, replace(rule, match=rule.match.with_fields(in_port=1))]
            if dpid == 1 and rule.table == tables.ADMISSION and "reg0" in str(rule) and "in_port=12" in str(rule.match)
            else [rule]
        ),
    )
    found = verified(of, network(), trusted)
    assert found
    assert all(example.witness.packet.vids for example in found)


def test_what_is_behind_the_same_port_is_not_sent_back() -> None:
    hosts = {f"02:00:00:00:00:0{n}": HostView(mac=f"02:00:00:00:00:0{n}", dpid=1, port=1) for n in (1, 2)}
    view = replace(network(), hosts=hosts)
    for rules in ("", "{name: p, action: {chain: c}}", "{name: p, action: {dscp: 8}}"):
        of = policy(rules)
        assert verified(of, view, compile_network(of, CATALOGUE, view)) == ()


def test_a_chain_whose_functions_are_passed_in_another_order_is_seen() -> None:
    text = """
version: 1
services:
  - {name: f, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}
  - {name: g, kind: transparent, attach: {switch: s2, ingress: 5, egress: 6}}
chains: [{name: c, services: [f, g]}]
policies: [{name: p, action: {chain: c}}]
"""
    right, wrong = parse_policy(text), parse_policy(text.replace("[f, g]", "[g, f]"))
    rules = compile_network(wrong, CATALOGUE, network())
    assert verified(wrong, network(), rules) == ()
    found = verified(right, network(), rules)
    assert any("through f, g" in line for line in found[0].wanted)
    assert any("through g, f" in line for line in found[0].found)


def asked(*given: tuple[L7Field, str]) -> list[Predicate]:
    return [Predicate.of(field, pattern) for field, pattern in given]


def test_predicates_hold_together_only_where_a_flow_can_have_them() -> None:
    narrow, wide, other = asked(
        (L7Field.SNI, "a.films.example"), (L7Field.SNI, "*.films.example"), (L7Field.USER, "bob*")
    )
    vocabulary = Vocabulary([narrow, wide, other], CATALOGUE)
    space = Space(vocabulary)
    known = space.plausible(0) & space.connection(0, "l7_app_id", CATALOGUE.applications["ssh"])
    for held in ({narrow}, {narrow, other}, {wide}, {wide, narrow}, {wide, other}, set()):
        members = known
        for predicate in (narrow, wide, other):
            row = space.predicate(0, predicate)
            members &= row if predicate in held else ~row
        assert (members != space.none) is (narrow not in held or wide in held)


def test_an_example_of_predicates_fits_just_these() -> None:
    numbers = [
        AttributeTest(31, Operation.RANGE, (bytes([4]), bytes([9]))),
        AttributeTest(31, Operation.EQUALS, (b"\x07",)),
    ]
    predicates = [Predicate(L7Field.ATTR, test.encode()) for test in numbers]
    predicates += asked((L7Field.HTTP_URL, "*/api/*"), (L7Field.HTTP_URL, "/api/v1"), (L7Field.TAG, "vpn"))
    vocabulary = Vocabulary(predicates, MORE_APPLICATIONS)
    for size in range(len(predicates) + 1):
        for chosen in itertools.combinations(range(len(predicates)), size):
            held = frozenset(chosen)
            facts, _ = facts_of(vocabulary, held, 0, None)
            found = {number for number, one in enumerate(vocabulary.predicates) if holds(one, facts)}
            assert found <= held
            space_has = not any(
                vocabulary.predicates[number].field is not L7Field.TAG
                and not any(number in example.fits <= held for example in vocabulary.examples)
                for number in held
            )
            assert (found == held) is space_has
