"""Groups: what a condition on a group says, and what is said about names that are wrong."""

import json
from dataclasses import replace

import pytest
from steering_flows import CATALOGUE
from test_conditions import FLOW, network, passes

from steering.errors import PolicyErrors
from steering.evaluate import evaluate, explain
from steering.policy import Policy, check_policy, parse_policy

GROUPS = """
version: 1
groups:
  - {name: servers, addresses: [10.2.0.0/16, "2001:db8:1::/48"]}
  - {name: lab, addresses: 10.1.0.0/24, users: [alice, "*@lab.example"], devices: "*printer*"}
  - {name: staff, users: [bob]}
  - name: fun
    applications: {keys: [tube, example.org], categories: video, tags: p2p, owners: ACME Inc., risk: 80-}
  - name: ours
    applications: {keys: [custom]}
"""


def policy(match: str, further: str = "") -> Policy:
    return parse_policy(f"{GROUPS}policies:\n  - {{name: p, action: deny, match: {match}}}\n{further}", "p.yaml")


def fits(match: str, **changes: object) -> bool:
    """What the evaluator says, and the tables in both directions."""
    made, flow = policy(match), replace(FLOW, **changes)
    says = evaluate(made, flow).policy == "p"
    assert passes(made, network(), flow) == [not says, not says]
    return says


@pytest.mark.parametrize(
    ("match", "inside", "outside"),
    [
        ("{dst_group: servers}", [{}], [{"dst": "10.3.0.1"}]),
        ("{src_group: [servers, lab]}", [{}, {"src": "10.2.0.9"}], [{"src": "10.1.1.1"}]),
        ("{src_group: lab, src: 10.1.0.0/31}", [{}], [{"src": "10.1.0.2"}, {"src": "10.1.1.0"}]),
        ("{not: {dst_group: servers}}", [{"dst": "10.3.0.1"}], [{}]),
        (
            "{user_group: [lab, staff]}",
            [{"user": "Alice"}, {"user": "x@lab.example"}, {"user": "bob"}],
            [{}, {"user": "eve"}],
        ),
        ("{device_group: lab}", [{"device": "my Printer 3"}], [{"device": "phone"}]),
        ("{application_group: ours}", [{"application": "custom"}], [{"application": "tube"}]),
        (
            "{application_group: fun}",
            [
                {"application": "tube"},
                {"application": "example.org"},
                {"category": "video"},
                {"tags": frozenset({"p2p"})},
                {"risk": 80},
                {"application": "ssh", "owner": "Acme Inc."},
            ],
            [{}, {"risk": 79}],
        ),
        (
            "{application_group: [fun, ours], dst_port: 80}",
            [{"application": "custom"}, {"risk": 99}],
            [{"risk": 99, "dst_port": 81}],
        ),
        ("{not: {application_group: fun}}", [{}, {"risk": 79}], [{"risk": 80}, {"category": "video"}]),
    ],
)
def test_a_group_stands_for_its_members(
    match: str, inside: list[dict[str, object]], outside: list[dict[str, object]]
) -> None:
    assert [fits(match, **changes) for changes in inside] == [True] * len(inside)
    assert [fits(match, **changes) for changes in outside] == [False] * len(outside)


@pytest.mark.parametrize(
    ("match", "place", "said"),
    [
        (
            "{src_group: servrs}",
            "12:48",
            "expected the name of a group with addresses (at 'servrs'); did you mean 'servers'?",
        ),
        ("{src_group: [servers, staff]}", "12:58", "the group 'staff' has no addresses"),
        ("{not: {user_group: ours}}", "12:55", "the group 'ours' has no users"),
        ("{src_group: 10.0.0.0/8}", "12:48", "expected a name that fits"),
    ],
)
def test_names_that_are_no_groups_are_told_with_place_and_suggestion(match: str, place: str, said: str) -> None:
    with pytest.raises(PolicyErrors) as caught:
        policy(match)
    (told,) = map(str, caught.value.errors)
    assert told.startswith(f"p.yaml:{place}: ")
    assert said in told


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("{name: g}", "expected at least one of addresses, users, devices, applications"),
        ("{name: g, applications: {}}", "expected at least one of keys, categories, tags, owners, risk"),
        ("{name: g, adresses: 10.0.0.1}", "unknown key 'adresses' (at 'adresses'); did you mean 'addresses'?"),
        ("{name: g, addresses: 10.0.0.1/8}", "its network is 10.0.0.0/8"),
        ("{name: lab, users: x}", "two of the groups have this name"),
    ],
)
def test_mistakes_of_groups(group: str, said: str) -> None:
    with pytest.raises(PolicyErrors) as caught:
        parse_policy(GROUPS + f"  - {group}\n")
    assert said in str(caught.value)


def test_members_that_the_catalogue_does_not_have_are_told_at_the_group() -> None:
    made = parse_policy(GROUPS.replace("tube", "tubee").replace("video", "vidoe").replace("ACME", "AKME"), "p.yaml")
    assert [str(error) for error in check_policy(made, CATALOGUE, None)] == [
        "p.yaml:8:27: no application has the key 'tubee' (at 'tubee'); did you mean 'tube'?",
        "p.yaml:8:60: no category has the key 'vidoe' (at 'vidoe'); did you mean 'video'?",
        "p.yaml:8:86: the catalogue has no owner 'akme inc.' (at 'AKME Inc.'); did you mean 'acme inc.'?",
    ]


def test_an_explanation_lists_the_first_members_only() -> None:
    networks = ", ".join(f"192.0.2.{n}" for n in range(100))
    made = parse_policy(
        f"version: 1\ngroups: [{{name: g, addresses: [{networks}]}}]\n"
        "policies: [{name: p, action: deny, match: {src_group: g}}]"
    )
    assert "192.0.2.7/32 or one of 92 more" in explain(made, FLOW)


def test_members_take_bits_where_they_are_used() -> None:
    users = json.dumps([f"u{n}" for n in range(97)])
    text = f"version: 1\ngroups: [{{name: g, users: {users}}}]\n"
    parse_policy(text)
    with pytest.raises(PolicyErrors, match="room for 96"):
        parse_policy(text + "policies: [{name: p, action: deny, match: {user_group: g}}]")
