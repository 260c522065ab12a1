from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from os_ken.ofproto import ofproto_v1_4, ofproto_v1_4_parser

from controller_app import openflow, osken_l7
from controller_app.errors import UntranslatableError
from ofext.attributes import AttributeTest, Operation
from steering.layer7 import attribute_value
from steering.rules import (
    PORT_CONTROLLER,
    WHOLE_PACKET,
    Action,
    Bucket,
    Conntrack,
    GotoTable,
    Group,
    Match,
    Move,
    Output,
    OutputField,
    PopVlan,
    PushVlan,
    Rule,
    SetField,
    ToGroup,
)

DATAPATH = SimpleNamespace(id=1, ofproto=ofproto_v1_4, ofproto_parser=ofproto_v1_4_parser)


@pytest.fixture(autouse=True, scope="module")
def _l7_fields() -> None:
    osken_l7.register()


def over_the_wire(message: Any) -> Any:
    message.set_xid(1)
    message.serialize()
    return ofproto_v1_4_parser.msg_parser(
        DATAPATH, message.version, message.msg_type, message.msg_len, 1, bytes(message.buf)
    )


ports = st.integers(1, 0xFFFFFEFF)
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
fields = {
    "in_port": ports,
    "eth_src": macs,
    "eth_dst": st.tuples(st.just("01:00:00:00:00:00"), st.just("01:00:00:00:00:00")) | macs,
    "vlan_vid": st.integers(0, 0xFFF).map(lambda vid: vid | 0x1000),
    "ct_state": st.tuples(st.integers(0, 0x3F), st.integers(1, 0x3F)),
    "ct_zone": st.integers(0, 0xFFFF),
    "ct_mark": st.integers(0, 0xFFFFFFFF),
    "ct_label": st.tuples(st.integers(0, 2**128 - 1), st.integers(1, 2**128 - 1)),
    "reg0": st.integers(0, 0xFFFFFFFF),
    "reg1": st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(1, 0xFFFFFFFF)),
    "l7_app_id": st.integers(0, 0xFFFFFFFF),
    "l7_category": st.integers(0, 0xFF),
    "l7_sni": st.just("*.example.com"),
    "l7_state": st.tuples(st.integers(0, 7), st.integers(1, 7)),
    "l7_risk": st.tuples(st.integers(0, 255), st.integers(1, 255)),
    "l7_confidence": st.tuples(st.integers(0, 127), st.integers(1, 127)),
    "l7_encrypted": st.integers(0, 1),
    "l7_user": st.sampled_from(["alice", "*@straße.example"]),
}
repeated = st.lists(
    st.one_of(
        st.tuples(st.just("l7_tag"), st.sampled_from(["p2p", "encrypted", "web-mail"])),
        st.tuples(
            st.just("l7_attr"),
            st.builds(
                AttributeTest,
                st.integers(1, 9),
                st.just(Operation.PREFIX),
                st.tuples(st.binary(min_size=1, max_size=9)),
            ).map(attribute_value),
        ),
    ),
    max_size=4,
)
headers = st.sampled_from(
    [
        {"eth_type": 0x88CC},
        {"eth_type": 0x0800, "ipv4_src": "10.1.0.0", "ip_proto": 17, "udp_dst": 53},
        {"eth_type": 0x0800, "ipv4_dst": ("10.1.0.0", "255.255.0.0"), "ip_dscp": 46},
        {"eth_type": 0x86DD, "ipv6_src": ("2001:db8::", "ffff:ffff::"), "ip_proto": 6, "tcp_dst": 443},
        {"eth_type": 0x0800, "ip_proto": 6, "tcp_flags": (1, 1)},
        {},
    ]
)
matches = st.builds(
    lambda header, chosen, again: Match.from_pairs([*header.items(), *chosen.items(), *again]),
    headers,
    st.fixed_dictionaries({}, optional=fields),
    repeated,
)
settings = st.one_of(
    st.builds(SetField, st.just("reg0"), st.integers(0, 0xFFFFFFFF)),
    st.builds(SetField, st.just("vlan_vid"), st.integers(0x1000, 0x1FFF)),
    st.builds(SetField, st.just("ip_dscp"), st.integers(0, 63)),
    st.builds(SetField, st.just("eth_dst"), macs),
)
marks = st.one_of(
    st.builds(SetField, st.just("ct_mark"), st.integers(0, 0xFFFFFFFF)),
    st.builds(SetField, st.just("ct_label"), st.integers(0, 2**128 - 1)),
)
conntrack = st.builds(
    Conntrack,
    zone=st.integers(0, 0xFFFF),
    commit=st.booleans(),
    table=st.none() | st.integers(0, 254),
    sets=st.lists(marks, max_size=2).map(tuple),
)
actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Output, ports),
    st.just(Output(PORT_CONTROLLER, WHOLE_PACKET)),
    st.builds(OutputField, st.sampled_from(["reg0", "reg1"])),
    st.builds(PushVlan, st.sampled_from([0x8100, 0x88A8])),
    st.just(PopVlan()),
    st.builds(ToGroup, st.integers(1, 0xFFFFFF00)),
    st.builds(Move, st.just("vlan_vid"), st.sampled_from(["reg0", "reg1"]), st.integers(1, 12)),
    settings,
    conntrack,
)
action_lists = st.builds(
    lambda some, goto: (*some, *goto),
    st.lists(actions, max_size=5),
    st.just(()) | st.builds(lambda table: (GotoTable(table),), st.integers(1, 254)),
)
rules = st.builds(
    Rule,
    table=st.integers(0, 253),
    priority=st.integers(0, 0xFFFF),
    match=matches,
    actions=action_lists,
    cookie=st.integers(0, 2**64 - 1),
)


@given(rules)
def test_a_rule_survives_the_wire(rule: Rule) -> None:
    assert openflow.rule_from_stats(over_the_wire(openflow.add_rule(DATAPATH, rule))) == rule


@given(st.lists(st.lists(actions, max_size=3), max_size=3), st.integers(1, 0xFFFFFF00))
def test_a_group_survives_the_wire(buckets: list[list[Action]], group_id: int) -> None:
    group = Group(group_id=group_id, buckets=tuple(Bucket(tuple(some)) for some in buckets))
    assert openflow.group_from_description(over_the_wire(openflow.add_group(DATAPATH, group))) == group


def test_deleting_matches_the_cookie() -> None:
    rule = Rule(table=1, priority=2, match=Match.of(in_port=3), actions=(Output(1),), cookie=7)
    message = over_the_wire(openflow.delete_rule(DATAPATH, rule))
    assert (message.command, message.cookie, message.cookie_mask) == (4, 7, 0xFFFF_FFFF_FFFF_FFFF)


def test_goto_in_the_middle_is_refused() -> None:
    rule = Rule(table=1, priority=2, match=Match(), actions=(GotoTable(2), Output(1)), cookie=7)
    with pytest.raises(UntranslatableError, match="last"):
        openflow.add_rule(DATAPATH, rule)


@pytest.mark.parametrize(
    "action",
    [
        ofproto_v1_4_parser.OFPActionSetQueue(1),
        ofproto_v1_4_parser.NXActionOutputReg(ofs_nbits=3, src="reg0", max_len=0),
        ofproto_v1_4_parser.NXActionRegLoad(ofs_nbits=3, dst="reg0", value=1),
        ofproto_v1_4_parser.NXActionRegMove("reg0", "reg1", 4, 8, 0),
        ofproto_v1_4_parser.NXActionCT(2, "", 1, 255, 0, []),
        ofproto_v1_4_parser.NXActionCT(0, "reg0", 1, 255, 0, []),
        ofproto_v1_4_parser.NXActionCT(0, "", 1, 255, 0, [ofproto_v1_4_parser.OFPActionOutput(1, 0)]),
    ],
)
def test_an_action_no_rule_can_say_is_refused_with_its_place(action: Any) -> None:
    message = ofproto_v1_4_parser.OFPFlowMod(
        DATAPATH,
        table_id=4,
        priority=9,
        instructions=[ofproto_v1_4_parser.OFPInstructionActions(ofproto_v1_4.OFPIT_APPLY_ACTIONS, [action])],
    )
    with pytest.raises(UntranslatableError, match="table 4 priority 9"):
        openflow.rule_from_stats(message)


def test_the_older_encoding_of_a_set_field_reads_the_same() -> None:
    load = ofproto_v1_4_parser.NXActionRegLoad(ofs_nbits=31, dst="reg0", value=5)
    message = ofproto_v1_4_parser.OFPFlowMod(
        DATAPATH, instructions=[ofproto_v1_4_parser.OFPInstructionActions(ofproto_v1_4.OFPIT_APPLY_ACTIONS, [load])]
    )
    assert openflow.rule_from_stats(message).actions == (SetField("reg0", 5),)
