import threading
from types import SimpleNamespace
from typing import Any

import pytest
from controller_fakes import FakeSwitch
from os_ken.ofproto import ofproto_v1_4 as ofp
from os_ken.ofproto import ofproto_v1_4_parser as parser

from controller_app import openflow
from controller_app.errors import SwitchError
from controller_app.session import Session
from ofext.ids import EXPERIMENTER_ID
from ofext.messages import ErrorCode, L7Error
from steering.rules import Match, Output, Rule

RULE = Rule(table=4, priority=5, match=Match.of(in_port=1), actions=(Output(2),), cookie=9)


def session_with(switch: FakeSwitch, timeout_s: float = 5.0) -> Session:
    switch.session = Session(switch, timeout_s=timeout_s)
    return switch.session


def test_answers_in_several_parts_are_one_list() -> None:
    switch = FakeSwitch(1)
    for port in (1, 2, 3):
        switch.add(table_id=0, priority=1, cookie=7, match=parser.OFPMatch(in_port=port))
    assert len(session_with(switch).flow_stats(0, 0)) == 3


def test_a_change_is_made_by_a_bundle() -> None:
    switch = FakeSwitch(1)
    session_with(switch).commit([("a rule", openflow.add_rule(switch, RULE))])
    assert len(switch.flows) == 1
    assert switch.commits == 1


def test_a_refused_commit_names_the_part_and_leaves_the_switch_as_it_was() -> None:
    switch = FakeSwitch(1)
    switch.refuses = lambda message: message.priority == 5
    changes = [
        ("a good rule", openflow.add_rule(switch, Rule(table=4, priority=6, match=Match(), actions=(), cookie=9))),
        ("the bad rule", openflow.add_rule(switch, RULE)),
    ]
    with pytest.raises(SwitchError, match="the bad rule was refused: OFPET_FLOW_MOD_FAILED, code 1"):
        session_with(switch).commit(changes)
    assert switch.flows == {}


def test_a_part_the_agent_refuses_is_named_in_the_agents_words() -> None:
    class Refusing(FakeSwitch):
        def _on_OFPBundleAddMsg(self, message: Any) -> None:
            error = L7Error(code=ErrorCode.PREDICATES_FULL, text="no bit is left for *.example.com")
            refused = SimpleNamespace(
                xid=message.xid,
                msg_type=ofp.OFPT_ERROR,
                type=ofp.OFPET_EXPERIMENTER,
                exp_type=error.code,
                experimenter=EXPERIMENTER_ID,
                data=error.encode(),
            )
            assert self.session is not None
            self.session.deliver(refused)

    switch = Refusing(1)
    with pytest.raises(SwitchError, match=r"policy x was refused: no bit is left for \*\.example\.com"):
        session_with(switch).commit([("policy x", openflow.add_rule(switch, RULE))])
    assert switch.commits == 0


def test_silence_is_an_error_that_says_what_was_asked() -> None:
    switch = FakeSwitch(1)
    switch.is_silent = True
    with pytest.raises(SwitchError, match="switch 0000000000000001: no answer to group descriptions within"):
        session_with(switch, timeout_s=0.01).group_descriptions()


def test_the_end_of_the_connection_wakes_who_waits() -> None:
    switch = FakeSwitch(1)
    switch.is_silent = True
    session = session_with(switch, timeout_s=60.0)
    asked = threading.Event()
    switch.set_xid, original = lambda message: (asked.set(), original(message))[1], switch.set_xid
    closer = threading.Thread(target=lambda: (asked.wait(), session.close()))
    closer.start()
    with pytest.raises(SwitchError, match="connection"):
        session.group_descriptions()
    closer.join()
    with pytest.raises(SwitchError, match="has ended"):
        session.group_descriptions()


def test_messages_nobody_waits_for_are_not_taken() -> None:
    assert not session_with(FakeSwitch(1)).deliver(SimpleNamespace(xid=99))
