"""Warnings: what is told, where, and what is not."""

import json

import pytest

from steering.advice import advice
from steering.policy import parse_policy

GUESS = "a verdict that is only guessed is enough"


def told(*rules: dict[str, object]) -> list[str]:
    """The warnings of policies p0, p1 …, without those about guesses."""
    named = [{"name": f"p{n}", "action": "allow", **rule} for n, rule in enumerate(rules)]
    policy = parse_policy(json.dumps({"version": 1, "policies": named}), "p.yaml")
    return [warning.expected for warning in advice(policy) if GUESS not in warning.expected]


def hidden(wide: dict[str, object], narrow: dict[str, object]) -> bool:
    """Whether the second is said to be hidden by the first."""
    found = told({"match": wide}, {"match": narrow})
    assert len(found) <= 1
    return found == ["the policy 'p0' before it decides all its flows"]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({}, {"application": "ssh"}),
        ({"src": "10.0.0.0/8"}, {"src": "10.1.0.0/16", "application": "ssh"}),
        ({"dst_port": "1-100"}, {"dst_port": [22, "80-90"], "ip_proto": "tcp"}),
        ({"application": ["ssh", "http"]}, {"application": "http", "dst_port": 80}),
        ({"sni": "*.x"}, {"sni": ["a.x", "*.b.x"]}),
        ({"user": "*@x*"}, {"user": ["a@x", "*@x.org"]}),
        ({"risk": "50-"}, {"risk": ["60-70", 90]}),
        ({"any": [{"vlan": 1}, {"tag": "p2p"}]}, {"tag": "p2p", "vlan": 2}),
        ({"category": "web"}, {"category": "web", "not": {"vlan": 1}}),
        ({"category": "web", "not": {"vlan": 1}}, {"category": "web", "not": {"vlan": 1}, "dst_port": 80}),
        ({"encrypted": True}, {"encrypted": True, "attributes": {"a.b": 1}}),
        ({"attributes": {"a.b": 1}}, {"attributes": {"a.b": 1, "c.d": 2}}),
        ({"ingress": {"switch": "s1"}}, {"ingress": {"switch": "s1"}, "vlan": 1}),
    ],
)
def test_a_policy_that_another_leaves_nothing_is_told(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert hidden(wide, narrow)
    if wide:
        assert not hidden(narrow, wide)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"src": "10.1.0.0/16"}, {"dst": "10.1.0.0/16"}),
        ({"dst_port": 80, "ip_proto": "tcp"}, {"dst_port": 80}),
        ({"category": "web", "not": {"vlan": 1}}, {"category": "web"}),
        ({"application": "ssh"}, {"category": "web"}),
        ({"application": "ssh"}, {"any": [{"application": "ssh"}, {"vlan": 1}]}),
        ({"sni": "*.a.x"}, {"sni": "*.x"}),
        ({"attributes": {"a.b": 1}}, {"attributes": {"a.b": 2}}),
        ({"ingress": {"switch": "s1", "port": 1}}, {"ingress": {"switch": "s1"}}),
    ],
)
def test_what_another_leaves_something_is_not_told(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert not hidden(wide, narrow)


def test_of_a_hidden_policy_what_happens_before_the_verdict_may_still_count() -> None:
    holds = {"match": {"application": "ssh", "dst_port": 22}, "while_inspecting": "hold"}
    (found,) = told({"match": {"application": "ssh"}}, holds)
    assert found.endswith("once they have a verdict: only its while_inspecting ever counts")
    (found,) = told({"match": {"application": "ssh"}, "while_inspecting": "allow"}, holds)
    assert found.endswith("decides all its flows")


@pytest.mark.parametrize(
    "match",
    [
        {"not": {}},
        {"all": [{"dst_port": 80}, {"dst_port": 81}]},
        {"all": [{"application": "ssh"}, {"application": "http"}]},
        {"all": [{"src": "10.0.0.0/8"}, {"src": "::/0"}]},
        {"ip_proto": "icmp", "all": [{"dst_port": 1}]},
        {"tag": "p2p", "not": {"tag": ["p2p", "vpn"]}},
        {"src": "10.1.0.0/16", "not": {"src": "10.0.0.0/8"}},
        {"all": [{"encrypted": True}, {"encrypted": False}]},
    ],
)
def test_conditions_that_nothing_can_fulfil_are_told(match: dict[str, object]) -> None:
    assert told({"match": match}) == ["nothing can fulfil these conditions"]


UNUSED = """\
version: 1
services:
  - {name: fw, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}
  - {name: ids, kind: transparent, attach: {switch: s1, ingress: 7, egress: 8}}
chains:
  - {name: one, services: [fw]}
  - {name: two, services: [fw]}
  - {name: three, services: [fw]}
groups:
  - {name: used, addresses: 10.0.0.0/8}
  - {name: idle, addresses: 10.0.0.0/8}
defaults: {while_inspecting: {chain: two}}
policies:
  - {name: p, match: {not: {src_group: used}}, action: {chain: one}}
"""


def test_what_nobody_uses_is_told_with_its_place() -> None:
    assert [str(warning) for warning in advice(parse_policy(UNUSED, "p.yaml"))] == [
        "p.yaml:4:12: no chain uses this (at 'ids')",
        "p.yaml:8:12: no policy uses this (at 'three')",
        "p.yaml:11:12: no condition uses this (at 'idle')",
    ]


@pytest.mark.parametrize(
    ("match", "warned"),
    [
        ({"application": "ssh"}, True),
        ({"any": [{"vlan": 1}, {"application": "ssh"}]}, True),
        ({"application": "ssh", "state": ["final", "guessed"]}, True),
        ({"vlan": 1}, False),
        ({"application": "ssh", "confidence": "80-"}, False),
        ({"application": "ssh", "state": ["final", "revised"]}, False),
        ({"application": "ssh", "not": {"state": "guessed"}}, False),
    ],
)
def test_a_guess_that_is_enough_for_a_denial_is_told(match: dict[str, object], warned: bool) -> None:
    text = json.dumps({"version": 1, "policies": [{"name": "p", "match": match, "action": "deny"}]})
    assert [GUESS in warning.expected for warning in advice(parse_policy(text))] == [True] * warned


def test_a_denial_that_says_what_guesses_get_is_not_warned_of() -> None:
    rule = {"name": "p", "match": {"application": "ssh"}, "action": "deny", "while_guessed": "allow"}
    assert advice(parse_policy(json.dumps({"version": 1, "policies": [rule]}))) == []


def test_thousands_of_policies_are_compared_by_what_they_ask_for() -> None:
    rules = [{"match": {"application": f"app-{n}", "dst_port": n + 1}} for n in range(300)]
    assert told(*rules, {"match": {"application": "app-7", "dst_port": 8, "vlan": 1}}) == [
        "the policy 'p7' before it decides all its flows"
    ]
