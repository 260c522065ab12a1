"""What was seen of applications and users."""

from dataclasses import replace

from ofext.events import FlowEvent
from ofext.statistics import OTHER_APPS, UserKind
from switch_dpi.totals import Totals, user_of
from tests.unit.switch_dpi.test_agent_publish import event

USER = 15


def flow(number: int, app: int = 7, src: str = "10.0.0.1", user: bytes = b"") -> FlowEvent:
    seen = replace(event(number, app=app), src=src, packets_c2s=3, packets_s2c=2, bytes_c2s=300, bytes_s2c=200)
    return replace(seen, last_seen_ns=number, metadata=((USER, user),) if user else ())


def test_flows_that_live_are_added_to_those_that_ended_and_not_kept() -> None:
    totals = Totals()
    totals.ended(flow(1), [USER])
    totals.ended(flow(2, app=8), [USER])
    for _ in range(2):
        found = {app.app_id: app.volume for app in totals.copy().apps([flow(5)])}
        assert (found[7].live_flows, found[7].flows, found[7].packets_c2s, found[7].last_seen_ns) == (1, 2, 6, 5)
        assert (found[8].live_flows, found[8].flows, found[8].bytes_s2c) == (0, 1, 200)


def test_a_user_is_a_name_that_was_given_else_an_address() -> None:
    assert user_of(flow(1, user=b"alice"), [USER]) == (UserKind.NAME, "alice")
    assert user_of(flow(1, user=b"alice"), []) == (UserKind.ADDRESS, "10.0.0.1")
    assert user_of(flow(1, user=b"\xff" + b"x" * 300), [USER]) == (UserKind.NAME, "x" * 254)
    totals = Totals()
    totals.ended(flow(1, user=b"alice"), [USER])
    found = totals.copy().users([flow(2), flow(3, user=b"alice")], [USER])
    assert [(user.user, user.volume.flows) for user in found] == [("alice", 2), ("10.0.0.1", 1)]


def test_what_finds_no_room_is_counted_together() -> None:
    totals = Totals(max_apps=2, max_users=2)
    for number in range(5):
        totals.ended(flow(number, app=number + 1, src=f"10.0.0.{number}"), [USER])
    apps = totals.copy().apps([])
    assert [(app.app_id, app.volume.flows) for app in apps] == [(1, 1), (2, 1), (OTHER_APPS, 3)]
    users = totals.copy().users([], [USER])
    assert [(user.kind, user.volume.flows) for user in users] == [(UserKind.OTHERS, 3), (2, 1), (2, 1)]
