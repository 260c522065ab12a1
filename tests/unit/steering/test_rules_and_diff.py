"""Rules as values, the declared tables, and the difference of two rule sets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steering import tables
from steering.chains import Position, chain_numbers
from steering.diff import Sign, diff
from steering.errors import CompileError, RuleError
from steering.policy.ranges import merged, range_masks
from steering.rules import (
    Bucket,
    Conntrack,
    GotoTable,
    Group,
    Match,
    Output,
    Rule,
    RuleSet,
    SetField,
    cookie_of,
    is_our_cookie,
)


def rule(
    match: Match, *actions: object, table: int = tables.POLICY, priority: int = 5, owner: str = "policy:a"
) -> Rule:
    cookie = cookie_of(table, owner)
    return Rule(table=table, priority=priority, match=match, actions=actions, cookie=cookie, owner=owner)


ALLOW = GotoTable(tables.FORWARD)
SSH = Match.of(l7_app_id=0x14000001)
WEB = Match.of(l7_app_id=0x14000002)


def test_matches_that_mean_the_same_are_equal() -> None:
    assert Match.of(eth_dst="AA:00:00:00:00:01") == Match.of(eth_dst=("aa:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"))
    assert Match.of(ipv4_src=("10.1.2.3", "255.0.0.0")) == Match.of(ipv4_src=("10.0.0.0", "255.0.0.0"))
    assert Match.of(ipv6_src="2001:DB8::0:1") == Match.of(ipv6_src="2001:db8::1")
    assert Match.of(tcp_dst=(80, 0xFFFF), eth_type=0x800) == Match.of(eth_type=0x800, tcp_dst=80)
    assert Match.of(l7_sni="*.A.example") == Match.of(l7_sni="*.a.example")
    assert Match.of(ct_state=(0x21, 0)) == Match()


def test_a_match_comes_back_from_its_own_dictionary() -> None:
    match = Match.of(in_port=3, ct_state=(0x21, 0x29), ipv6_dst=("2001:db8::", "ffff:ffff::"), l7_sni="*.x")
    assert Match.from_mapping(match.as_dict()) == match


@pytest.mark.parametrize(
    "fields",
    [
        {"no_such": 1},
        {"in_port": 1 << 32},
        {"in_port": -1},
        {"in_port": "1"},
        {"eth_dst": "fish"},
        {"ipv4_src": "::1"},
        {"ipv4_src": "10.0.0"},
        {"l7_sni": 5},
        {"l7_sni": ("a", "b")},
    ],
)
def test_values_that_a_field_cannot_have_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(RuleError):
        Match.from_mapping(fields)


def test_cookies_name_table_and_owner_and_are_the_same_in_every_run() -> None:
    assert cookie_of(4, "policy:no-ssh") == 0xA575_04_9F29700253
    assert cookie_of(4, "policy:no-ssh") != cookie_of(5, "policy:no-ssh")
    assert is_our_cookie(cookie_of(4, "x"))
    assert not is_our_cookie(0)


def test_a_rule_set_refuses_two_answers_to_one_question() -> None:
    assert len(RuleSet.of([rule(SSH), rule(SSH)]).rules) == 1
    with pytest.raises(RuleError, match="two rules for one match"):
        RuleSet.of([rule(SSH), rule(SSH, ALLOW)])


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (rule(SSH, table=75), "no table 75"),
        (rule(Match.of(reg0=1)), "table policy does not match reg0"),
        (rule(SSH, GotoTable(tables.DELIVER)), "policy does not go on to deliver"),
        (rule(SSH, ALLOW, Output(1)), "never applied"),
        (rule(Match.of(tcp_dst=80, eth_type=0x800)), "tcp_dst needs ip_proto"),
        (rule(Match.of(ip_proto=6)), "ip_proto needs an eth_type"),
        (rule(Match.of(ipv4_src="10.0.0.1", eth_type=0x86DD)), "ipv4_src needs eth_type 0x0800"),
        (rule(SSH, SetField("ip_dscp", 1), ALLOW), "need an eth_type of IP"),
        (rule(Match.of(reg0=1), Conntrack(zone=1, commit=True), table=tables.PATH), "need an eth_type of IP"),
        (rule(SSH, priority=70000), "priority 70000"),
        (replace(rule(SSH), cookie=5), "lacks our prefix"),
    ],
)
def test_rules_outside_the_declared_tables_are_refused(bad: Rule, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        tables.check_rule(bad)


def test_goto_leads_forward_in_every_declared_table_but_through_conntrack() -> None:
    for table in tables.PIPELINE:
        assert all(following > table.number for following in table.next)
    assert [table.number for table in tables.PIPELINE] == list(range(75))


def test_equal_rule_sets_differ_in_nothing() -> None:
    held = RuleSet.of([rule(SSH), rule(WEB, ALLOW)], [Group(group_id=0xA5750001, buckets=(Bucket((Output(1),)),))])
    changes = diff(held, held)
    assert not changes
    assert changes.unchanged == 3
    assert changes.summary == "0 to add, 0 to change, 0 to delete, 3 unchanged"


def test_only_what_differs_is_sent_and_it_reads_like_a_plan() -> None:
    installed = RuleSet.of([rule(SSH), rule(WEB), rule(Match(), owner="policy:gone", priority=1)])
    desired = RuleSet.of([rule(SSH), rule(WEB, ALLOW), rule(Match.of(l7_category=3), ALLOW, owner="policy:new")])
    changes = diff(desired, installed, {cookie_of(4, "policy:gone"): "policy:gone"})
    assert [r.match for r in changes.adds] == [Match.of(l7_category=3)]
    assert [r.match for r in changes.modifies] == [WEB]
    assert [r.match for r in changes.deletes] == [Match()]
    assert str(changes).splitlines() == [
        "~ policy:a  policy [5] l7_app_id=0x14000002",
        f"    actions: drop → goto:{tables.FORWARD}",
        f"+ policy:new  policy [5] l7_category=3 → goto:{tables.FORWARD}",
        "- policy:gone  policy [1] any → drop",
        "1 to add, 1 to change, 1 to delete, 1 unchanged",
    ]


def test_a_rule_that_changes_its_owner_is_replaced_as_cookies_cannot_be_modified() -> None:
    changes = diff(RuleSet.of([rule(SSH, owner="policy:b")]), RuleSet.of([rule(SSH)]))
    assert changes.modifies == ()
    assert len(changes.adds) == 1
    assert changes.changes[0].sign is Sign.MODIFY
    assert changes.changes[0].differences[0][0] == "owner"


def test_rules_and_groups_of_others_are_left_alone() -> None:
    foreign = replace(rule(SSH), cookie=7)
    changes = diff(RuleSet(), RuleSet.of([foreign, rule(WEB)], [Group(group_id=5, buckets=())]))
    assert [r.match for r in changes.deletes] == [WEB]
    assert changes.group_deletes == ()


def test_groups_are_compared_by_their_buckets() -> None:
    one = Group(group_id=0xA5750001, buckets=(Bucket((Output(1),)),))
    two = replace(one, buckets=(Bucket((Output(1),)), Bucket((Output(2),))))
    other = replace(one, group_id=0xA5750002)
    changes = diff(RuleSet.of([], [two]), RuleSet.of([], [one, other]))
    assert (changes.group_adds, changes.group_modifies, changes.group_deletes) == ((), (two,), (other,))
    assert diff(RuleSet.of([], [one]), RuleSet()).group_adds == (one,)


rule_sets = st.dictionaries(
    st.tuples(st.integers(0, 3), st.sampled_from([SSH, WEB, Match()])),
    st.tuples(st.sampled_from([(), (ALLOW,)]), st.sampled_from(["policy:a", "policy:b"])),
).map(lambda held: RuleSet.of(rule(m, *a, priority=p, owner=o) for (p, m), (a, o) in held.items()))


@given(rule_sets, rule_sets)
def test_applying_the_changes_gives_what_is_desired(desired: RuleSet, installed: RuleSet) -> None:
    changes = diff(desired, installed)
    held = {r.key: r for r in installed}
    for r in changes.deletes:
        del held[r.key]
    for r in changes.modifies:
        assert held[r.key].cookie == r.cookie
    held |= {r.key: r for r in (*changes.modifies, *changes.adds)}
    assert RuleSet.of(held.values()) == desired
    assert changes.unchanged + len(changes.adds) + len(changes.modifies) == len(desired.rules)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_masks_of_a_range_match_its_numbers_once_each(one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    pairs = list(range_masks(first, last))
    assert len(pairs) <= 30
    assert sum((~mask & 0xFFFF) + 1 for _, mask in pairs) == last - first + 1
    for number in {first, last, max(first - 1, 0), min(last + 1, 0xFFFF), (first + last) // 2}:
        assert sum(number & mask == value for value, mask in pairs) == (first <= number <= last)


def test_ranges_that_overlap_or_touch_become_one() -> None:
    assert merged([(5, 9), (1, 2), (3, 3), (8, 12)]) == [(1, 3), (5, 12)]


@given(st.sets(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1), max_size=126))
def test_chains_get_different_numbers_that_fit_a_tag(names: set[str]) -> None:
    numbers = chain_numbers(names)
    assert len(set(numbers.values())) == len(names)
    for number in numbers.values():
        position = Position(number, True, 15)
        assert 32 <= position.number <= 4063
        assert Position.from_number(position.number) == position


def test_a_chain_too_many_is_refused() -> None:
    with pytest.raises(CompileError, match="room for 126"):
        chain_numbers(f"c{n}" for n in range(127))
