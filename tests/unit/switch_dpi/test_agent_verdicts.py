"""From verdicts to marks and events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ofext import label, oxm
from ofext.config import EventConfig
from ofext.events import EndReason, EventKind, FlowEvent, FlowEvents
from ofext.ids import UNKNOWN_APP, State
from ofext.messages import decode_message
from ofext.openflow.header import Type, build
from ofext.openflow.marks import Connection as Marked
from switch_dpi.conntrack import Connection
from switch_dpi.flowbook import FlowBook
from switch_dpi.late_marks import LATE_S
from switch_dpi.marker import Marker
from switch_dpi.predicates import PredicateStore
from switch_dpi.publish import Publisher
from switch_dpi.verdicts import GRACE_S, VerdictPath
from tests.fakes.agent_engine import VIDEO_APP, VOCABULARY, FakeEvent, FakeRecord, verdict

VIDEO_LABEL = State.FINAL | 3 << label.CATEGORY_SHIFT


class RecordingMarker(Marker):
    """Notes the marks instead of sending them."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"), 5)
        self.made: list[tuple[int, int, int]] = []

    def mark(self, connection: Marked, app_id: int, label: int, _flow_id: int = 0, /) -> int:
        self.made.append((connection.sport, app_id, label))
        return len(self.made)


class Setting:
    """A verdict path with everything around it in reach."""

    def __init__(self, folder: Path, book_limit: int = 100) -> None:
        self.marker = RecordingMarker()
        self.store = PredicateStore(folder / "p.json", 5, VOCABULARY)
        self.publisher = Publisher(100)
        self.publisher.start(EventConfig(), list)
        self.path = VerdictPath(
            book=FlowBook(book_limit, first_id=1),
            store=self.store,
            marker=self.marker,
            publisher=self.publisher,
            protocols={"TLS": 9},
        )
        self.path.begin_run(0.0)

    def told(self) -> list[FlowEvent]:
        found: list[FlowEvent] = []
        for message in self.publisher.take(0.0, 5):
            body = decode_message(message).message
            assert isinstance(body, FlowEvents)
            found += body.events
        return found

    def take(self, *events: FakeEvent) -> list[FlowEvent]:
        self.path.take(events, 0.0)
        return self.told()

    def reconcile(self, *connections: Connection, now_s: float = 0.0) -> list[FlowEvent]:
        self.path.reconcile(connections, now_s, 77)
        return self.told()


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def tracked(**fields: object) -> Connection:
    usual = Connection(
        l4=6,
        src="10.0.0.1",
        sport=40000,
        dst="10.0.0.2",
        dport=443,
        mark=VIDEO_APP,
        label=VIDEO_LABEL,
        is_closing=False,
    )
    return replace(usual, **fields)


def new(**fields: object) -> FakeEvent:
    usual = FakeRecord(mark_id=0, state=0, category_id=0, protocol="")
    return FakeEvent(kind="new", record=replace(usual, **fields))


def middle() -> FakeEvent:
    return new(is_opened=False)


def ended(reason: str) -> FakeEvent:
    return FakeEvent(kind="ended", reason=reason, record=FakeRecord())


def test_new_flow_is_told_and_not_marked(setting: Setting) -> None:
    assert [e.kind for e in setting.take(new())] == [EventKind.NEW]
    assert not setting.marker.made


def test_verdict_is_marked_and_told_under_the_flows_id(setting: Setting) -> None:
    first, second = setting.take(new(), verdict())
    assert (second.kind, second.app_id, second.protocol_id, second.flow_id) == (2, VIDEO_APP, 9, first.flow_id)
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]


def test_the_life_of_a_verdict_is_told_step_by_step_with_packet_confidence_and_evidence(setting: Setting) -> None:
    steps = [(State.GUESSED, 1, 55), (State.FINAL, 4, 90), (State.REVISED, 6, 100)]
    told = setting.take(new(), *(verdict(state=s, verdict_packet=p, confidence=c) for s, p, c in steps))
    assert [(e.state, e.verdict_packet, e.confidence) for e in told[1:]] == steps
    assert {e.evidence for e in told[1:]} == {"ClientHello"}
    assert len({e.flow_id for e in told}) == 1
    (end,) = setting.take(FakeEvent(kind="ended", reason="rst", record=FakeRecord(state=State.REVISED)))
    assert (end.kind, end.state, end.end_reason) == (EventKind.ENDED, State.REVISED, EndReason.RESET)


def test_flow_without_a_result_is_marked_so_that_copies_stop(setting: Setting) -> None:
    setting.take(verdict(mark_id=UNKNOWN_APP, state=State.GAVE_UP, category_id=0))
    assert setting.marker.made == [(40000, UNKNOWN_APP, State.GAVE_UP)]


def test_metadata_sets_the_bits_of_its_patterns(setting: Setting) -> None:
    setting.store.lower(build(5, Type.FLOW_MOD, 1, bytes(40) + oxm.encode_match([oxm.l7_sni("*.video.test")])))
    setting.take(verdict(metadata_ids=[(1, b"www.video.test")]))
    assert setting.marker.made[0][2] == VIDEO_LABEL | label.predicate_bit(0)


def test_pattern_that_comes_later_is_set_on_live_flows_that_fit(setting: Setting) -> None:
    setting.take(verdict(metadata_ids=[(1, b"www.video.test")]), verdict(sport=2, metadata_ids=[(1, b"other.test")]))
    setting.marker.made.clear()
    setting.store.lower(build(5, Type.FLOW_MOD, 1, bytes(40) + oxm.encode_match([oxm.l7_sni("*.video.test")])))
    assert not setting.path.remark_all()
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL | label.predicate_bit(0))]


def test_pattern_that_comes_later_makes_no_connection_of_a_datagram_flow_that_the_tracker_forgot(
    setting: Setting,
) -> None:
    for sport in (1, 2):
        setting.take(verdict(l4=17, sport=sport, metadata_ids=[(1, b"www.video.test")]))
    setting.marker.made.clear()
    setting.store.lower(build(5, Type.FLOW_MOD, 1, bytes(40) + oxm.encode_match([oxm.l7_sni("*.video.test")])))
    assert setting.path.remark_all()
    assert not setting.marker.made
    setting.reconcile(tracked(l4=17, sport=2))
    assert setting.marker.made == [(2, VIDEO_APP, VIDEO_LABEL | label.predicate_bit(0))]


def test_closed_flow_is_told_and_forgotten(setting: Setting) -> None:
    setting.take(verdict())
    (event,) = setting.take(ended("fin"))
    assert (event.kind, event.end_reason) == (EventKind.ENDED, EndReason.CLOSED)
    assert len(setting.path.book) == 0


def test_pause_of_a_settled_flow_is_no_end_while_the_tracker_has_it(setting: Setting) -> None:
    setting.take(verdict())
    assert setting.take(ended("idle")) == []
    assert setting.reconcile(tracked()) == []
    (event,) = setting.reconcile()
    assert (event.kind, event.end_reason) == (EventKind.ENDED, EndReason.IDLE)


def test_flow_with_a_verdict_in_the_tracker_is_adopted_once(setting: Setting) -> None:
    (event,) = setting.reconcile(tracked())
    assert (event.app_id, event.category, event.state, event.sport) == (VIDEO_APP, 3, State.FINAL, 40000)
    assert setting.reconcile(tracked()) == []


@pytest.mark.parametrize("fields", [{"label": 0}, {"label": State.GUESSED}, {"is_closing": True}])
def test_connection_without_a_verdict_or_about_to_close_is_not_adopted(
    setting: Setting, fields: dict[str, object]
) -> None:
    assert setting.reconcile(tracked(**fields)) == []


def test_engine_that_begins_in_the_middle_learns_who_began(setting: Setting) -> None:
    setting.reconcile(tracked(mark=0, label=0))
    from_the_server = verdict(src="10.0.0.2", sport=443, dst="10.0.0.1", dport=40000, packets_c2s=9, packets_s2c=1)
    (event,) = setting.take(from_the_server)
    assert (event.src, event.sport, event.dst, event.dport) == ("10.0.0.1", 40000, "10.0.0.2", 443)
    assert (event.packets_c2s, event.packets_s2c) == (1, 9)


def test_lost_mark_is_written_again(setting: Setting) -> None:
    setting.take(verdict())
    setting.marker.made.clear()
    setting.reconcile(tracked(mark=0, label=0))
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]


def test_epoch_of_the_controller_is_not_a_lost_mark(setting: Setting) -> None:
    setting.take(verdict())
    setting.marker.made.clear()
    setting.reconcile(tracked(label=VIDEO_LABEL | 5 << label.EPOCH_SHIFT))
    assert not setting.marker.made


def test_fresh_engine_that_sees_only_the_rest_does_not_undo_a_verdict(setting: Setting) -> None:
    setting.take(verdict())
    setting.path.begin_run(0.0)
    setting.marker.made.clear()
    gave_up = verdict(mark_id=UNKNOWN_APP, state=State.GAVE_UP)
    assert setting.take(middle(), gave_up) == []
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)] * 2


def test_engine_that_forgot_a_flow_and_sees_its_end_does_not_undo_the_verdict(setting: Setting) -> None:
    (told,) = setting.take(verdict())
    setting.take(ended("idle"))
    assert setting.take(middle()) == []
    (event,) = setting.take(ended("fin"))
    assert (event.flow_id, event.app_id, event.end_reason) == (told.flow_id, VIDEO_APP, EndReason.CLOSED)


@pytest.mark.parametrize("is_fresh", [False, True], ids=["same engine", "fresh engine"])
def test_connection_that_opens_where_one_was_is_another_flow(setting: Setting, is_fresh: bool) -> None:
    (told,) = setting.take(verdict())
    if is_fresh:
        setting.path.begin_run(0.0)
    over, begun = setting.take(new())
    assert (over.kind, over.flow_id, over.app_id) == (EventKind.ENDED, told.flow_id, VIDEO_APP)
    assert (begun.kind, begun.app_id) == (EventKind.NEW, 0)
    assert begun.flow_id != told.flow_id


def test_datagrams_after_a_pause_are_another_flow(setting: Setting) -> None:
    (told,) = setting.take(verdict(l4=17))
    setting.take(FakeEvent(kind="ended", reason="idle", record=FakeRecord(l4=17)))
    over, begun = setting.take(new(l4=17))
    assert (over.flow_id, begun.app_id) == (told.flow_id, 0)


def test_mark_that_may_have_come_too_late_is_taken_back_from_the_next_connection(setting: Setting) -> None:
    setting.take(verdict(), ended("rst"), new())
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL), (40000, 0, 0)]


def test_mark_of_long_ago_is_not_taken_back(setting: Setting) -> None:
    setting.take(verdict())
    setting.path.take([ended("fin"), new()], LATE_S + 1)
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]


def by_engine(number: int, **fields: object) -> FakeEvent:
    """A verdict that its engine has marked."""
    return replace(verdict(**fields), mark=(number, VIDEO_LABEL))


def test_what_the_engine_has_marked_is_not_marked_again(setting: Setting) -> None:
    (event,) = setting.take(by_engine(1))
    assert event.app_id == VIDEO_APP
    assert not setting.marker.made
    assert setting.reconcile(tracked()) == []
    assert not setting.marker.made
    setting.reconcile(tracked(mark=0, label=0))  # lost
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]


def test_a_mark_that_was_made_of_older_news_is_made_good(setting: Setting) -> None:
    setting.take(verdict(mark_id=5))  # mark 1, while the engine's next one was not heard of
    setting.take(by_engine(1))
    assert setting.marker.made == [(40000, 5, VIDEO_LABEL), (40000, VIDEO_APP, VIDEO_LABEL)]


def test_an_engines_mark_may_come_too_late_too(setting: Setting) -> None:
    setting.take(by_engine(1), ended("rst"), new())
    assert setting.marker.made == [(40000, 0, 0)]
    setting.take(by_engine(1))  # which it was before the mark was taken back
    assert setting.marker.made == [(40000, 0, 0), (40000, VIDEO_APP, VIDEO_LABEL)]


def test_fresh_engines_result_replaces_an_earlier_one(setting: Setting) -> None:
    setting.take(verdict())
    setting.path.begin_run(0.0)
    (event,) = setting.take(verdict(mark_id=5))
    assert event.app_id == 5


def test_flows_get_time_to_turn_up_again_after_a_restart(setting: Setting) -> None:
    setting.take(verdict())
    setting.path.begin_run(100.0)
    assert setting.reconcile(now_s=100.0 + GRACE_S - 1) == []
    assert [e.kind for e in setting.reconcile(now_s=100.0 + GRACE_S)] == [EventKind.ENDED]


def test_retired_bits_are_taken_out_of_connections(setting: Setting) -> None:
    bit = label.predicate_bit(4)
    assert setting.path.clear_bits([tracked(label=VIDEO_LABEL | bit), tracked(sport=2)], bit) == 1
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]


def test_a_flow_is_not_marked_again_with_bits_that_mean_nothing_any_more(setting: Setting) -> None:
    bit = label.predicate_bit(4)
    setting.reconcile(tracked(label=VIDEO_LABEL | bit))  # adopted: nobody knows why it has the bit
    assert setting.path.drop_bits(bit) == 1
    setting.reconcile(tracked(label=VIDEO_LABEL))
    assert setting.marker.made == [(40000, VIDEO_APP, VIDEO_LABEL)]
    assert setting.path.drop_bits(bit) == 0


def test_full_book_forgets_what_changed_longest_ago(tmp_path: Path) -> None:
    setting = Setting(tmp_path, book_limit=2)
    setting.take(verdict(sport=1), verdict(sport=2), verdict(sport=1), verdict(sport=3))
    assert sorted(flow.event.sport for flow in setting.path.book.flows()) == [1, 3]


def test_new_controller_is_told_of_every_live_flow(setting: Setting) -> None:
    setting.take(verdict(), new(), verdict(sport=2))
    assert [e.kind for e in setting.path.live_events()] == [EventKind.NEW, EventKind.VERDICT]
