"""Flows that a controller pins, lets go and has inspected anew; filters over flows; the desk that does it."""

from __future__ import annotations

import threading
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from ofext import label, oxm
from ofext.config import Depth
from ofext.control import FlowCommand, FlowControl
from ofext.errors import MatchConflictError, MatchValueError
from ofext.events import EventKind, FlowEvent
from ofext.filters import AddressIn, FiveTuple, FlowEnd, FlowFilter, PortIn, connection_filter
from ofext.ids import State
from ofext.messages import ErrorCode, L7Error, decode_message, encode_message
from ofext.multipart import decode_multipart, encode_request
from ofext.plugin_swap import PluginSwap, SwapCommand
from ofext.statistics import FlowStatsReply, FlowStatsRequest
from switch_dpi.flow_control import change_of
from switch_dpi.flow_filter import FilterError, filter_test, key_of
from switch_dpi.requests import RequestDesk, Surroundings
from switch_dpi.shim.l7 import Asked, Work
from switch_dpi.shim.outbox import Outbox
from tests.fakes.agent_engine import CATALOGUE, VIDEO_APP, VOCABULARY, verdict
from tests.unit.switch_dpi.test_agent_verdicts import VIDEO_LABEL, Setting, ended, new, tracked

PINNED = 0x06000009
PIN = FlowControl(command=FlowCommand.PIN, app_id=PINNED, category=4, state=State.FINAL)
REINSPECT = FlowControl(command=FlowCommand.REINSPECT)
UNPIN = FlowControl(command=FlowCommand.UNPIN)
PINNED_LABEL = State.FINAL | 4 << label.CATEGORY_SHIFT


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def control(setting: Setting, asked: FlowControl, now_s: float = 0.0) -> tuple[int, int]:
    """Of all flows."""
    return setting.path.change(setting.path.book.keys(), lambda _: True, change_of(asked, now_s, 9), now_s)


def test_a_pinned_flow_is_marked_and_told_and_later_verdicts_stay_beneath(setting: Setting) -> None:
    setting.take(verdict())
    assert control(setting, PIN) == (1, 1)
    (event,) = setting.told()
    assert (event.app_id, event.category, event.state, event.confidence) == (PINNED, 4, State.FINAL, 100)
    assert setting.marker.made[-1] == (40000, PINNED, PINNED_LABEL)
    assert setting.take(verdict(state=State.REVISED, mark_id=5)) == []
    assert setting.marker.made[-1] == (40000, PINNED, PINNED_LABEL)
    assert control(setting, UNPIN) == (1, 1)
    assert setting.marker.made[-1][:2] == (40000, 5)
    assert [(e.app_id, e.state) for e in setting.told()] == [(5, State.REVISED)]
    assert control(setting, UNPIN) == (1, 0)


def test_a_pinned_flow_ends_with_the_controllers_verdict(setting: Setting) -> None:
    setting.take(verdict())
    control(setting, PIN)
    setting.told()
    (event,) = setting.take(ended("fin"))
    assert (event.kind, event.app_id) == (EventKind.ENDED, PINNED)
    assert [app.app_id for app in setting.path.app_stats()] == [PINNED]


def test_a_pin_ends_when_its_time_is_over(setting: Setting) -> None:
    setting.take(verdict())
    control(setting, replace(PIN, pin_s=10), now_s=100.0)
    setting.told()
    setting.path.service(109.9)
    assert setting.told() == []
    setting.path.service(110.0)
    assert [e.app_id for e in setting.told()] == [VIDEO_APP]
    assert setting.marker.made[-1] == (40000, VIDEO_APP, VIDEO_LABEL)
    setting.path.service(200.0)
    assert setting.told() == []


def test_a_pin_on_a_flow_without_a_verdict_leaves_it_to_be_inspected(setting: Setting) -> None:
    begun: list[FlowEvent] = []
    setting.path.begin_run(0.0, begun.extend)
    setting.take(new())
    control(setting, PIN)
    control(setting, UNPIN)
    assert [e.state for e in begun] == [State.INSPECTING]
    assert setting.marker.made[-1] == (40000, 0, 0)


def test_a_flow_that_is_inspected_anew_loses_its_mark_and_takes_the_next_verdict(setting: Setting) -> None:
    begun: list[FlowEvent] = []
    setting.path.begin_run(0.0, begun.extend)
    (first,) = setting.take(verdict())
    assert control(setting, REINSPECT) == (1, 1)
    (event,) = setting.told()
    assert (event.app_id, event.state, event.metadata, event.flow_id) == (0, State.INSPECTING, (), first.flow_id)
    assert begun == [event]
    assert setting.marker.made[-1] == (40000, 0, 0)
    again, later = setting.take(new(), verdict(mark_id=5))
    assert (again.flow_id, later.flow_id, later.app_id) == (first.flow_id, first.flow_id, 5)


def test_a_flow_that_says_nothing_more_after_it_was_to_be_inspected_anew_ends_with_its_connection(
    setting: Setting,
) -> None:
    setting.take(verdict())
    control(setting, REINSPECT)
    setting.told()
    assert setting.reconcile(tracked(mark=0, label=0)) == []
    assert [e.kind for e in setting.reconcile()] == [EventKind.ENDED]


def test_an_engine_that_begins_in_the_middle_keeps_who_began_the_flow(setting: Setting) -> None:
    setting.take(verdict())
    control(setting, REINSPECT)
    setting.told()
    (event,) = setting.take(verdict(src="10.0.0.2", sport=443, dst="10.0.0.1", dport=40000))
    assert (event.src, event.sport) == ("10.0.0.1", 40000)


EVENT = FlowEvent(
    kind=EventKind.VERDICT,
    flow_id=77,
    at_ns=1,
    first_seen_ns=1,
    last_seen_ns=1,
    src="10.0.0.1",
    dst="192.0.2.7",
    sport=40000,
    dport=443,
    l4=6,
    app_id=VIDEO_APP,
    category=3,
    state=State.FINAL,
    metadata=((1, b"www.video.test"),),
)
CONNECTION = FiveTuple(
    l4=6, address=ip_address("192.0.2.7"), port=443, other_address=ip_address("10.0.0.1"), other_port=40000
)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (FlowFilter(), True),
        (FlowFilter(match=(oxm.l7_app_id(VIDEO_APP),)), True),
        (FlowFilter(match=(oxm.l7_app_id(0x14000000, 0xFF000000), oxm.l7_category(3))), True),
        (FlowFilter(match=(oxm.l7_app_id(VIDEO_APP), oxm.l7_category(4))), False),
        (FlowFilter(match=(oxm.l7_state(0, 1),)), False),
        (FlowFilter(match=(oxm.l7_sni("*.video.test"),)), True),
        (FlowFilter(match=(oxm.l7_sni("video.test"),)), False),
        (FlowFilter(addresses=(AddressIn(network=ip_network("192.0.2.0/24")),)), True),
        (FlowFilter(addresses=(AddressIn(network=ip_network("192.0.2.0/24"), end=FlowEnd.ORIGINATOR),)), False),
        (FlowFilter(addresses=(AddressIn(network=ip_network("::/0")),)), False),
        (FlowFilter(ports=(PortIn(first=400, last=500),)), True),
        (FlowFilter(ports=(PortIn(first=400, last=500, end=FlowEnd.ORIGINATOR),)), False),
        (FlowFilter(protocol=17), False),
        (FlowFilter(flow_id=77, protocol=6), True),
        (FlowFilter(flow_id=78), False),
        (FlowFilter(connection=CONNECTION), True),
        (FlowFilter(connection=replace(CONNECTION, other_port=1)), False),
    ],
)
def test_a_filter_holds_where_a_rule_would_match(setting: Setting, asked: FlowFilter, holds: bool) -> None:
    assert filter_test(asked, VOCABULARY, setting.path.label_of)(EVENT) == holds


def test_a_flow_without_a_verdict_has_the_label_of_an_unmarked_connection(setting: Setting) -> None:
    holds = filter_test(FlowFilter(match=(oxm.l7_state(0, 1),)), VOCABULARY, setting.path.label_of)
    assert holds(replace(EVENT, app_id=0, state=State.INSPECTING))


def test_a_filter_that_no_rule_may_have_is_refused(setting: Setting) -> None:
    twice = FlowFilter(match=(oxm.l7_category(1), oxm.l7_category(2)))
    with pytest.raises(MatchConflictError):
        filter_test(twice, VOCABULARY, setting.path.label_of)
    with pytest.raises(MatchValueError):
        filter_test(FlowFilter(match=(oxm.l7_state(2, 1),)), VOCABULARY, setting.path.label_of)
    many = FlowFilter(match=tuple(oxm.l7_tag(f"tag-{number}") for number in range(97)))
    with pytest.raises(FilterError, match="at most 96"):
        filter_test(many, VOCABULARY, setting.path.label_of)


def test_a_connection_is_looked_up_whichever_end_comes_first() -> None:
    one = connection_filter(6, (("10.0.0.1", 40000), ("192.0.2.7", 443)))
    assert key_of(one) == key_of(FlowFilter(connection=CONNECTION)) is not None
    assert key_of(FlowFilter(protocol=6)) is None


class Office:
    """A desk over a verdict path, and one session's outbox."""

    def __init__(self, setting: Setting) -> None:
        self.depths: list[Depth] = []
        self.done = threading.Event()
        self.outbox = Outbox()
        around = Surroundings(
            catalogue=lambda: CATALOGUE,
            vocabulary=lambda: VOCABULARY,
            counters=dict,
            set_depth=self.depths.append,
            wake=lambda: None,
        )
        self.desk = RequestDesk("br0", setting.path, around)

    def ask(self, work: Work, raw: bytes) -> list[bytes]:
        """The whole answer."""
        assert self.outbox.open_request()
        self.desk.submit(Asked(work=work, raw=raw, outbox=self.outbox))
        got: list[bytes] = []
        while self.outbox.is_working:
            got += self.outbox.take()
        return got


def test_statistics_come_in_parts_the_youngest_flow_first(tmp_path: Path) -> None:
    setting = Setting(tmp_path, book_limit=2000)
    for sport in range(1, 1001):
        setting.take(verdict(sport=sport, evidence="x" * 200))
    request = FlowStatsRequest()
    office = Office(setting)
    got = [decode_multipart(raw) for raw in office.ask(request, encode_request(request, version=5, xid=3))]
    assert len(got) > 2
    assert [part.more for part in got] == [True] * (len(got) - 1) + [False]
    flows = [flow for part in got if isinstance(part.message, FlowStatsReply) for flow in part.message.flows]
    assert [flow.sport for flow in flows] == list(range(1000, 0, -1))
    office.desk.close()


def test_a_desk_refuses_what_it_cannot_do(setting: Setting) -> None:
    office = Office(setting)
    swap = PluginSwap(command=SwapCommand.RELOAD)
    for work, code in ((REINSPECT, ErrorCode.UNAVAILABLE), (swap, ErrorCode.NOT_PERMITTED)):
        (answer,) = office.ask(work, encode_message(work, version=5, xid=4))
        envelope = decode_message(answer)
        assert isinstance(envelope.message, L7Error)
        assert (envelope.xid, envelope.message.code, envelope.message.offset) == (4, code, 12)
    office.desk.close()


def test_a_desk_stops_when_nobody_waits_for_the_answer(tmp_path: Path) -> None:
    setting = Setting(tmp_path, book_limit=5000)
    for sport in range(1, 3001):
        setting.take(verdict(sport=sport, evidence="x" * 200))
    office = Office(setting)
    office.outbox.open_request()
    request = FlowStatsRequest()
    raw = encode_request(request, version=5, xid=3)
    office.desk.submit(Asked(work=request, raw=raw, outbox=office.outbox))
    office.outbox.close()
    other = Outbox()
    other.open_request()
    office.desk.submit(Asked(work=FlowStatsRequest(limit=1), raw=raw, outbox=other))
    while other.is_working:
        list(other.take())
    assert not office.outbox.has_parts
    office.desk.close()
