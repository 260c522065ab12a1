"""Events on their way to the controller."""

from hypothesis import given
from hypothesis import strategies as st

from ofext.config import EventConfig
from ofext.events import EventKind, FlowEvent, FlowEvents
from ofext.messages import decode_message
from switch_dpi.publish import Publisher, as_news


def event(flow: int, kind: int = EventKind.VERDICT, app: int = 7, **more: object) -> FlowEvent:
    fixed = FlowEvent(
        kind=kind, flow_id=flow, at_ns=1, first_seen_ns=1, last_seen_ns=1, src="::1", dst="::2", sport=1, dport=2, l4=6
    )
    return FlowEvent(**{**{name: getattr(fixed, name) for name in fixed.__slots__}, "app_id": app, **more})


def taken(publisher: Publisher, now_s: float = 0.0) -> list[FlowEvents]:
    found = []
    for message in publisher.take(now_s, 5):
        body = decode_message(message).message
        assert isinstance(body, FlowEvents)
        found.append(body)
    return found


def started(limit: int = 100, **config: object) -> Publisher:
    publisher = Publisher(limit)
    publisher.start(EventConfig(**config), list)
    taken(publisher)
    return publisher


def test_nothing_is_kept_while_nobody_listens() -> None:
    publisher = Publisher(10)
    assert not publisher.add([event(1)], 0.0)
    assert (publisher.due, publisher.dropped, taken(publisher)) == (None, 0, [])


def test_event_waits_for_others_as_long_as_it_may() -> None:
    publisher = started(max_delay_ms=5, max_batch=3)
    assert publisher.add([event(1)], 1.0)
    assert publisher.due == 1.005
    assert not publisher.add([event(2)], 1.001)
    assert publisher.add([event(3)], 1.002)
    assert publisher.due == 0.0
    assert [e.flow_id for e in taken(publisher)[0].events] == [1, 2, 3]
    assert publisher.due is None


def test_numbers_run_on_over_sessions() -> None:
    publisher = started()
    publisher.add([event(1), event(2)], 0.0)
    assert taken(publisher)[0].sequence == 0
    publisher.stop()
    publisher.start(EventConfig(), lambda: [event(1)])
    assert taken(publisher)[0].sequence == 2


def test_live_flows_go_before_news() -> None:
    publisher = Publisher(10)
    publisher.start(EventConfig(max_batch=2), lambda: [event(1), event(2), event(3)])
    publisher.add([event(4)], 0.0)
    assert [e.flow_id for e in taken(publisher)[0].events] == [1, 2]
    last, told_all = taken(publisher)
    assert [e.flow_id for e in last.events] == [3, 4]
    assert (told_all.events, told_all.sequence) == ((), 4)


def test_that_no_flow_lives_is_told() -> None:
    publisher = Publisher(10)
    publisher.start(EventConfig(), list)
    assert publisher.due == 0.0
    assert [batch.events for batch in taken(publisher)] == [()]
    assert publisher.due is None


def test_crowded_queue_keeps_the_latest_of_each_flow() -> None:
    publisher = started(limit=4)
    publisher.add([event(1, app=1), event(2), event(1, app=9)], 0.0)
    batch = taken(publisher)[0].events
    assert [(e.flow_id, e.app_id) for e in batch] == [(2, 7), (1, 9)]
    assert (publisher.merged, publisher.dropped) == (1, 0)


def test_events_that_later_ones_stand_for_are_merged_before_any_is_dropped() -> None:
    publisher = started(limit=8)
    publisher.add([event(1, app=1), event(1, app=2), event(1, app=3)], 0.0)  # not crowded: all of them wait
    publisher.add([event(flow) for flow in range(2, 9)], 0.0)
    batch = taken(publisher)[0]
    assert [(e.flow_id, e.app_id) for e in batch.events] == [(1, 3), *((flow, 7) for flow in range(2, 9))]
    assert (publisher.merged, batch.dropped) == (2, 0)


@given(st.lists(st.lists(st.integers(0, 9), max_size=12), max_size=30), st.integers(1, 12), st.integers(1, 5))
def test_every_event_is_sent_merged_or_counted_as_dropped(rounds: list[list[int]], limit: int, max_batch: int) -> None:
    publisher = started(limit=limit, max_batch=max_batch)
    added, seen, expected = 0, [], 0
    for number, flows in enumerate(rounds):
        publisher.add([event(flow, verdict_packet=added + place) for place, flow in enumerate(flows)], 0.0)
        added += len(flows)
        for batch in taken(publisher) if number % 3 == 0 else ():
            assert (batch.sequence, batch.dropped) == (expected, publisher.dropped)
            expected += len(batch.events)
            seen += [found.verdict_packet for found in batch.events]
        assert len(publisher) <= limit
        assert added == publisher.sent + publisher.merged + publisher.dropped + len(publisher)
    assert seen == sorted(seen)
    assert publisher.sent == len(seen)


def test_an_event_that_cannot_be_encoded_is_dropped_alone() -> None:
    publisher = started()
    publisher.add([event(1), event(2, vlan=1 << 16), event(3)], 0.0)
    batch = taken(publisher)[0]
    assert ([e.flow_id for e in batch.events], batch.dropped) == ([1, 3], 1)


def test_what_waits_when_the_controller_goes_is_counted_as_dropped() -> None:
    publisher = started()
    publisher.add([event(1), event(2)], 0.0)
    publisher.stop()
    publisher.start(EventConfig(), lambda: [event(1)])
    assert taken(publisher)[0].dropped == 2


def test_a_flow_that_changes_while_live_flows_are_gathered_is_not_left_out() -> None:
    publisher = Publisher(10)

    def live() -> list[FlowEvent]:
        found = [event(1, app=1)]
        publisher.add([event(1, app=2)], 0.0)  # from the engine's thread
        return found

    publisher.start(EventConfig(), live)
    assert [e.app_id for e in taken(publisher)[0].events] == [1, 2]


def test_full_queue_drops_the_oldest_and_says_how_many() -> None:
    publisher = started(limit=4)
    publisher.add([event(flow) for flow in range(7)], 0.0)
    batch = taken(publisher)[0]
    assert ([e.flow_id for e in batch.events], batch.dropped) == ([3, 4, 5, 6], 3)


def test_only_what_was_asked_for_is_sent() -> None:
    publisher = started(kinds=frozenset({EventKind.VERDICT}), attributes=frozenset({1}))
    publisher.add([event(1, EventKind.NEW), event(2, metadata=((1, b"a"), (2, b"b")))], 0.0)
    (only,) = taken(publisher)[0].events
    assert (only.flow_id, only.metadata) == (2, ((1, b"a"),))


def test_live_flow_is_told_as_new_or_as_a_verdict() -> None:
    assert as_news(event(1, EventKind.NEW, app=0)).kind == EventKind.NEW
    assert as_news(event(1, EventKind.NEW, app=7)).kind == EventKind.VERDICT


def test_attributes_are_those_of_the_application_else_the_category_else_all() -> None:
    publisher = started(
        attributes=frozenset(),
        app_attributes=((7, frozenset({1})),),
        category_attributes=((3, frozenset({2})), (4, frozenset({1, 2}))),
    )
    both = ((1, b"a"), (2, b"b"))
    events = [event(1, metadata=both, category=3), event(2, app=8, metadata=both, category=3), event(3, app=8)]
    publisher.add([*events, event(4, app=8, metadata=both, category=9)], 0.0)
    assert [[item[0] for item in e.metadata] for e in taken(publisher)[0].events] == [[1], [2], [], []]


def test_sampling_takes_all_events_of_a_flow_or_none_at_both_of_its_edges() -> None:
    publisher = started(limit=10_000, max_batch=1024, sample_every=4)
    flows = [event(number, EventKind.NEW, sport=number) for number in range(1000)]
    publisher.add(flows, 0.0)
    chosen = {e.sport for e in taken(publisher)[0].events}
    assert 150 < len(chosen) < 350
    other_edge = [event(5000 + number, src="::2", dst="::1", sport=2, dport=number) for number in range(1000)]
    publisher.add(other_edge, 0.0)
    assert {e.dport for e in taken(publisher)[0].events} == chosen
    assert (publisher.sampled_out, publisher.dropped) == (2 * (1000 - len(chosen)), 0)


def test_what_is_beyond_the_rate_is_dropped_counted_and_said() -> None:
    publisher = started(max_rate=10, max_batch=100)
    publisher.add([event(number) for number in range(15)], 100.0)
    publisher.add([event(number) for number in range(20, 28)], 100.5)
    batch = taken(publisher)[0]
    assert [e.flow_id for e in batch.events] == [*range(10), *range(20, 25)]
    assert (batch.dropped, publisher.limited) == (8, 8)


def test_what_waits_and_is_not_asked_for_any_more_is_left_out() -> None:
    publisher = started()
    publisher.add([event(1, EventKind.NEW), event(2)], 0.0)
    publisher.configure(EventConfig(kinds=frozenset({EventKind.VERDICT})))
    assert [e.flow_id for e in taken(publisher)[0].events] == [2]
    assert publisher.dropped == 0
