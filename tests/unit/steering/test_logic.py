"""`all`, `any` and `not`: what happens before the verdict, where the rules stand, and what is refused."""

import json
from dataclasses import replace

import pytest
from steering_flows import ACK, CATALOGUE, SYN, packet_of
from test_conditions import FLOW, network, passes

from steering import tables
from steering.compile import compile_network
from steering.errors import CompileError, PolicyErrors
from steering.evaluate import evaluate, explain
from steering.policy import Policy, parse_policy
from steering.rules import GotoTable
from steering.simulate import Simulator

UNDECIDED = replace(FLOW, application=None)


def policy(*rules: dict[str, object]) -> Policy:
    named = [{"name": f"p{n}", **rule} for n, rule in enumerate(rules)]
    return parse_policy(json.dumps({"version": 1, "policies": named}), "p.yaml")


def delivers_first(made: Policy) -> bool:
    """Whether the packet that begins the flow is delivered."""
    simulator = Simulator(network(), compile_network(made, CATALOGUE, network()), made)
    return bool(simulator.send(packet_of(FLOW, SYN), (1, 1)).delivered)


@pytest.mark.parametrize(
    ("match", "outcome"),
    [
        ({"any": [{"dst_port": 80}, {"application": "ssh"}]}, "decides"),
        ({"any": [{"application": "ssh"}, {"dst_port": 81}]}, "passed over"),
        ({"application": "ssh", "not": {"dst_port": 80}}, "no match"),
        ({"application": "ssh", "not": {"dst_port": 81}}, "passed over"),
        ({"not": {"application": "ssh"}}, "passed over"),
        ({"not": {"application": "ssh", "dst_port": 81}}, "decides"),
        ({"not": {"application": "ssh", "dst_port": 80}}, "passed over"),
        ({"not": {"risk": "0-10"}}, "passed over"),
        ({"not": {"category": "video"}, "any": [{"dst_port": 81}, {"src_port": 1}]}, "no match"),
        ({"not": {"not": {"any": [{"dst_port": 80}, {"sni": "a.x"}]}}}, "decides"),
    ],
)
def test_without_a_verdict_a_policy_decides_only_if_no_verdict_could_change_it(
    match: dict[str, object], outcome: str
) -> None:
    made = policy({"match": match, "action": "deny"})
    assert evaluate(made, UNDECIDED).reasons[0].outcome == outcome
    assert delivers_first(made) is (outcome != "decides")


def test_while_inspecting_counts_where_a_verdict_could_change_it() -> None:
    either = {"any": [{"dst_port": 81}, {"application": "ssh"}], "not": {"src": "192.0.2.0/24"}}
    made = policy({"match": either, "action": "deny", "while_inspecting": "hold"})
    decision = evaluate(made, UNDECIDED)
    assert (decision.action, decision.is_interim) == ("hold", True)
    assert delivers_first(made)  # a handshake passes
    assert evaluate(made, replace(UNDECIDED, dst_port=81)).action == "deny"
    assert evaluate(made, replace(UNDECIDED, src="192.0.2.1")).policy is None


GUESSED = replace(FLOW, state="guessed", application="ssh")


@pytest.mark.parametrize(
    ("match", "rests_on_it"),
    [
        ({"application": "ssh"}, True),
        ({"not": {"application": "http"}}, True),
        ({"any": [{"application": "ssh"}, {"vlan": 1}]}, True),
        ({"any": [{"application": "ssh"}, {"dst_port": 80}]}, False),
        ({"application": "ssh", "not": {"dst_port": 81}}, True),
    ],
)
def test_while_guessed_counts_where_a_better_verdict_could_change_it(
    match: dict[str, object], rests_on_it: bool
) -> None:
    made = policy({"match": match, "action": "deny", "while_guessed": "allow"})
    decision = evaluate(made, GUESSED)
    assert (decision.policy, decision.action, decision.is_interim) == (
        "p0",
        "allow" if rests_on_it else "deny",
        rests_on_it,
    )
    known = "until the verdict is more than a guess" in explain(made, GUESSED)
    assert known is rests_on_it
    assert passes(made, network(), replace(GUESSED, dst_port=80)) == [rests_on_it, rests_on_it]
    assert passes(made, network(), replace(GUESSED, state="final")) == [False, False]


def test_a_guess_may_be_held_or_sent_through_a_chain_and_needs_a_condition_on_layer_7() -> None:
    made = policy({"match": {"application": "ssh"}, "action": "allow", "while_guessed": "hold"})
    assert evaluate(made, GUESSED).action == "hold"
    for rule, said in (
        (
            {"match": {"vlan": 1}, "while_guessed": "hold"},
            "while_guessed has no meaning without a condition on layer 7",
        ),
        ({"match": {"tag": "x"}, "while_guessed": "deny"}, "expected 'allow' or 'hold' or {chain: …}"),
        ({"match": {"tag": "x"}, "while_guessed": {"chain": "c"}}, "expected the name of a chain"),
    ):
        with pytest.raises(PolicyErrors) as caught:
            policy({"action": "deny", **rule})
        assert said in str(caught.value)


def test_the_policies_behind_an_exclusion_have_their_turn() -> None:
    made = policy(
        {"match": {"category": "web", "not": {"sni": "*.corp.x"}}, "action": "deny"},
        {"match": {"sni": "mail.corp.x"}, "action": "deny"},
        {"match": {"category": "web"}, "action": {"dscp": 46}},
    )
    view = network()
    for name, wanted in (("a.x", "p0"), ("mail.corp.x", "p1"), ("www.corp.x", "p2")):
        flow = replace(FLOW, sni=name)
        assert evaluate(made, flow).policy == wanted
        assert passes(made, view, flow) == [wanted == "p2"] * 2


def test_each_combination_of_exclusions_takes_one_table_and_the_others_none() -> None:
    shared = {"not": {"src": "10.9.0.0/16"}, "any": [{"application": "ssh"}, {"application": "http"}]}
    made = policy({"match": {"dst_port": 1}, "action": "deny"}, {"match": shared, "action": "deny"})
    rules = compile_network(made, CATALOGUE, network())[1]
    used = {rule.table for rule in rules if tables.POLICY <= rule.table <= tables.LAST_POLICY}
    assert used == {tables.POLICY, tables.POLICY + 1}
    (onward,) = (rule for rule in rules if rule.table == tables.POLICY and rule.priority == 0)
    assert onward.actions == (GotoTable(tables.POLICY + 1),)
    assert {rule.table for rule in rules if rule.owner == "default"} == {tables.POLICY + 1}


def test_a_new_first_policy_moves_no_rule_of_the_others() -> None:
    others = [{"match": {"application": "ssh", "not": {"dst_port": n}}, "action": "deny"} for n in (1, 2)]
    before = compile_network(policy(*others), CATALOGUE, network())[1]
    named = [{"name": "new", "match": {"vlan": 9}, "action": "deny"}]
    named += [{"name": f"p{n}", **rule} for n, rule in enumerate(others)]
    text = json.dumps({"version": 1, "policies": named})
    after = compile_network(parse_policy(text), CATALOGUE, network())[1]
    assert set(before) < set(after)


def test_more_exclusions_than_tables_are_refused_by_name() -> None:
    rules = [{"match": {"application": "ssh", "not": {"dst_port": n}}, "action": "deny"} for n in range(1, 65)]
    compile_network(policy(*rules[:63]), CATALOGUE, network())
    with pytest.raises(CompileError, match=r"policy 'p63': .* no policy table for the defaults"):
        compile_network(policy(*rules), CATALOGUE, network())
    with pytest.raises(CompileError, match="policy 'p64': there is room for 63 combinations"):
        compile_network(policy(*rules, {"match": {"vlan": 1}, "action": "deny"}), CATALOGUE, network())


def errors_of(match: dict[str, object]) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        policy({"match": match, "action": "deny"})
    return [str(error) for error in caught.value.errors]


def test_mistakes_further_in_have_their_place() -> None:
    text = "version: 1\npolicies:\n  - name: p\n    match:\n      any:\n        - {vlan: 1}\n"
    text += "        - not: {dst_prt: 80}\n"
    with pytest.raises(PolicyErrors) as caught:
        parse_policy(text + "    action: deny\n", "p.yaml")
    assert [str(e) for e in caught.value.errors] == [
        "p.yaml:7:17: unknown key 'dst_prt' (at 'dst_prt'); did you mean 'dst_port'?"
    ]


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({"any": []}, "at least 1"),
        ({"not": 5}, "expected keys and values here (at '5')"),
        ({"all": [{"src": "::1", "dst": "10.0.0.1"}]}, "no IP version in common"),
        ({"all": [{"sni": "*.x"}, {"sni": "a.y"}]}, "sni would have to fit this and '*.x' at once, .* (at 'a.y')"),
        (
            {"all": [{"any": [{"vlan": n} for n in range(1, 18)]}, {"any": [{"dst_port": n} for n in range(17)]}]},
            "multiply to more than 256",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(match: dict[str, object], said: str) -> None:
    (told,) = errors_of(match)
    start, _, end = said.partition(".*")
    assert start.strip() in told
    assert end in told


def test_conditions_nested_too_deep_are_an_error_and_no_crash() -> None:
    match: dict[str, object] = {"vlan": 1}
    for _ in range(300):
        match = {"not": match}
    (told,) = errors_of(match)
    assert "nested too deep" in told


def test_an_ordinary_switch_takes_what_needs_no_verdict() -> None:
    made = policy({"match": {"any": [{"dst_port": 80}, {"not": {"application": "ssh"}}]}, "action": "deny"})
    rules = compile_network(made, CATALOGUE, network(), with_layer_7=False)
    simulator = Simulator(network(), rules, made)
    assert not simulator.send(packet_of(FLOW, SYN), (1, 1)).delivered
    assert simulator.send(packet_of(replace(FLOW, dst_port=81), ACK), (1, 1)).delivered
