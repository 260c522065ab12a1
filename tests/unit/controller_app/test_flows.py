from typing import Any

from controller_app.config import FlowOptions
from controller_app.flows import Flow, FlowStore, totals
from ofext.events import EventKind, FlowEvent, FlowEvents
from ofext.ids import State
from steering.policy import parse_policy


def event(**fields: Any) -> FlowEvent:
    base: dict[str, Any] = {
        "kind": EventKind.NEW,
        "flow_id": 1,
        "at_ns": 100,
        "first_seen_ns": 100,
        "last_seen_ns": 100,
        "src": "10.0.0.1",
        "sport": 5000,
        "dst": "10.0.0.2",
        "dport": 443,
        "l4": 6,
    }
    return FlowEvent(**{**base, **fields})


def store(**options: float) -> FlowStore:
    return FlowStore(FlowOptions.model_validate(options))


def take(flows: FlowStore, dpid: int, *events: FlowEvent, now: float = 0.0) -> list[Flow]:
    flows.take(dpid, FlowEvents(sequence=0, events=events), now)
    return flows.flows()


VERDICT = {"kind": EventKind.VERDICT, "state": State.FINAL, "app_id": 7, "verdict_packet": 4, "confidence": 100}


def test_events_of_one_flow_are_one_flow() -> None:
    (flow,) = take(store(), 1, event(), event(**VERDICT, packets_c2s=4))
    assert (flow.number, flow.event.app_id, flow.event.packets_c2s, flow.ended) == (1, 7, 4, False)


def test_both_edges_report_one_flow_and_the_originators_counts() -> None:
    flows = store()
    take(flows, 2, event(first_seen_ns=200, packets_c2s=9))
    (flow,) = take(flows, 1, event(first_seen_ns=100, packets_c2s=3))
    assert (flow.primary, flow.edges, flow.event.packets_c2s) == (1, (2, 1), 3)
    (flow,) = take(flows, 2, event(first_seen_ns=200, packets_c2s=10))
    assert (flow.primary, flow.event.packets_c2s) == (1, 3)


def test_an_edge_that_saw_the_answer_first_reports_the_same_flow() -> None:
    flows = store()
    take(flows, 1, event())
    swapped = event(src="10.0.0.2", sport=443, dst="10.0.0.1", dport=5000, first_seen_ns=150)
    (flow,) = take(flows, 2, swapped)
    assert flow.event.src == "10.0.0.1"


def test_the_verdict_of_the_other_edge_counts_until_the_first_has_one() -> None:
    flows = store()
    take(flows, 1, event(packets_c2s=3))
    (flow,) = take(flows, 2, event(**VERDICT, first_seen_ns=150))
    assert (flow.event.app_id, flow.event.packets_c2s) == (7, 3)
    (flow,) = take(flows, 1, event(**{**VERDICT, "app_id": 8}, packets_c2s=5))
    assert flow.event.app_id == 8


def test_a_flow_ends_with_its_first_edge_and_keeps_the_policy_of_that_moment() -> None:
    flows = store()
    flows.policy = policy = parse_policy("version: 1\n")
    take(flows, 1, event())
    (flow,) = take(flows, 2, event(kind=EventKind.ENDED, first_seen_ns=150))
    assert not flow.ended
    (flow,) = take(flows, 1, event(kind=EventKind.ENDED))
    assert flow.ended
    flows.policy = parse_policy("version: 1\n")
    assert flows.flows()[0].policy is policy


def test_the_same_ports_again_are_a_new_flow() -> None:
    flows = store()
    take(flows, 1, event(kind=EventKind.ENDED, last_seen_ns=500))
    (flow,) = take(flows, 1, event(first_seen_ns=900))
    assert (flow.number, flow.ended) == (2, False)


def test_the_store_is_bounded_and_counts_what_it_dropped() -> None:
    flows = store(max_flows=2)
    for port in (1, 2, 3):
        take(flows, 1, event(sport=port))
    assert [flow.event.sport for flow in flows.flows()] == [2, 3]
    assert flows.evicted == 1


def test_idle_flows_are_forgotten() -> None:
    flows = store(idle_timeout_s=10)
    take(flows, 1, event(sport=1), now=0.0)
    take(flows, 1, event(sport=2), now=8.0)
    flows.expire(11.0)
    assert [flow.event.sport for flow in flows.flows()] == [2]


def test_changes_are_those_after_a_version_in_order() -> None:
    flows = store()
    take(flows, 1, event(sport=1), event(sport=2))
    changed, version = flows.changes(0, 0.0)
    assert [flow.event.sport for flow in changed] == [1, 2]
    take(flows, 1, event(sport=3), event(sport=1))
    assert [flow.event.sport for flow in flows.changes(version, 0.0)[0]] == [3, 1]
    version = flows.version
    take(flows, 1, event(sport=1, packets_c2s=2))
    changed, version = flows.changes(version, 0.0)
    assert [flow.event.sport for flow in changed] == [1]
    assert flows.changes(version, 0.0) == ([], version)


def test_totals_by_application() -> None:
    flows = store()
    take(flows, 1, event(sport=1, app_id=7, packets_c2s=1, bytes_s2c=10), event(sport=2, app_id=7, packets_s2c=2))
    assert totals(flows.flows()) == {7: (2, 3, 10)}


def test_a_flow_is_found_by_its_number() -> None:
    flows = store()
    (flow,) = take(flows, 1, event())
    assert flows.flow(flow.number) == flow
    assert flows.flow(99) is None


def test_what_an_agent_does_not_tell_of_again_has_ended() -> None:
    flows = store()
    take(flows, 1, event(), event(sport=6000))
    take(flows, 2, event(sport=7000))
    flows.greeted(1, 10.0)
    take(flows, 1, event(sport=6000), now=11.0)
    assert not any(flow.ended for flow in flows.flows())
    ended = {flow.event.sport: flow.ended for flow in take(flows, 1, now=12.0)}
    assert ended == {5000: True, 6000: False, 7000: False}
    take(flows, 1, now=13.0)
    assert sum(flow.ended for flow in flows.flows()) == 1


def test_a_flow_whose_events_lag_behind_the_greeting_lives() -> None:
    flows = store()
    flows.greeted(1, 10.0)
    take(flows, 1, event(), now=10.0)
    (flow,) = take(flows, 1, now=10.0)
    assert not flow.ended
