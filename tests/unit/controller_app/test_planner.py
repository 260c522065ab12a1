import threading
import time
from pathlib import Path

import pytest
from controller_fakes import AGENT, VIDEO, Clock, FakeSwitch
from os_ken.ofproto import ofproto_v1_4_parser as parser

from controller_app.config import Config, ReconcileOptions
from controller_app.datapath_state import Stage
from controller_app.discovery import End
from controller_app.errors import NotReadyError, StateError, SwitchError
from controller_app.planner import Planner, start_planner
from steering.errors import PolicyErrors
from steering.policy import parse_policy
from steering.rules import COOKIE_VALUE, is_our_cookie

DENY_TUBE = "version: 1\npolicies:\n- {name: no-tube, match: {application: tube}, action: deny}\n"
DENY_TELNET = "version: 1\npolicies:\n- {name: no-telnet, match: {ip_proto: tcp, dst_port: 23}, action: deny}\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(clock: Clock, folder: Path | None = None, policy: str | None = None) -> Planner:
    path = None
    if policy is not None and folder is not None:
        path = folder / "configured.yaml"
        path.write_text(policy)
    return start_planner(Config(state_dir=folder, policy=path), clock=clock)


def settle(planner: Planner, clock: Clock) -> None:
    """Time enough for every port to be decided, then one turn."""
    clock.now += 10
    planner.core.tick()
    assert planner.bring_all()


def learn(planner: Planner, at: End, mac: str = "02:00:00:00:00:aa") -> None:
    frame = bytes.fromhex("ffffffffffff" + mac.replace(":", "") + "88b5")
    planner.core.packet_in(at, 1, COOKIE_VALUE, frame)
    planner.bring_all()


def drops(switch: FakeSwitch) -> int:
    return sum(not flow.instructions for flow in switch.flows.values() if flow.table_id == 4)


def test_a_new_switch_first_finds_links_and_forwards_nothing(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    planner.bring_all()
    admitted = [dict(flow.match.items()) for flow in switch.flows.values() if flow.table_id == 0]
    assert admitted == [{"eth_type": 0x88CC}]


def test_ports_forward_once_they_are_decided(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    admitted = [dict(flow.match.items()).get("in_port") for flow in switch.flows.values() if flow.table_id == 0]
    assert sorted(port for port in admitted if port) == [1, 2]
    assert planner.core.switches[1].stage is Stage.READY


def test_an_ordinary_switch_gets_no_layer_7_rule_and_a_line_in_the_status(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    assert not [name for flow in switch.flows.values() for name, _ in flow.match.items() if name.startswith("l7_")]
    assert any("no L7 agent" in problem for problem in planner.problems())


def test_a_switch_that_stays_silent_is_an_ordinary_one(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1, agent=AGENT)
    switch.is_silent = True
    switch.connect(planner)
    switch.is_silent = False
    settle(planner, clock)
    assert planner.core.switches[1].agent is None
    assert planner.core.switches[1].stage is Stage.READY


def test_a_switch_with_an_agent_gets_its_verdict_rules(clock: Clock, tmp_path: Path) -> None:
    planner, switch = make(clock, tmp_path, DENY_TUBE), FakeSwitch(1, agent=AGENT)
    switch.connect(planner)
    settle(planner, clock)
    assert ("l7_app_id", VIDEO) in [pair for flow in switch.flows.values() for pair in flow.match.items()]


def test_rules_that_are_right_are_not_touched(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    switch.changed.clear()
    learn(planner, End(1, 2))
    assert {name for change in switch.changed for name, _ in change.match.items()} <= {"in_port", "eth_src", "eth_dst"}
    switch.changed.clear()
    assert planner.bring_all()
    assert switch.changed == []


def test_a_restarted_controller_changes_nothing_even_before_the_other_switches_are_back(
    clock: Clock, tmp_path: Path
) -> None:
    switches = [FakeSwitch(1), FakeSwitch(2, agent=AGENT)]
    planner = make(clock, tmp_path)
    for switch in switches:
        switch.connect(planner)
    for probe in planner.core.tick():
        if probe.end == End(1, 1):
            planner.core.packet_in(End(2, 1), 0, COOKIE_VALUE, probe.frame)
    settle(planner, clock)
    learn(planner, End(2, 2))
    commits = [switch.commits for switch in switches]
    again = make(clock, tmp_path)
    switches[0].connect(again)
    settle(again, clock)
    switches[1].connect(again)
    settle(again, clock)
    assert [switch.commits for switch in switches] == commits
    assert again.core.discovery.links() == [(End(1, 1), End(2, 1))]


def test_hosts_are_recovered_from_the_rules_a_controller_left_behind(clock: Clock) -> None:
    switch = FakeSwitch(1)
    planner = make(clock)
    switch.connect(planner)
    settle(planner, clock)
    learn(planner, End(1, 2))
    again = make(clock)
    commits = switch.commits
    switch.connect(again)
    again.bring_all()
    settle(again, clock)
    assert switch.commits == commits
    assert [host.mac for host in again.core.hosts.hosts()] == ["02:00:00:00:00:aa"]


def test_foreign_rules_are_left_alone_and_unreadable_ones_of_ours_removed(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.add(table_id=0, priority=1, cookie=7, match=parser.OFPMatch(in_port=1))
    switch.add(table_id=200, priority=1, cookie=COOKIE_VALUE | 5, match=parser.OFPMatch(tunnel_id=1))
    switch.connect(planner)
    settle(planner, clock)
    assert [flow.cookie for flow in switch.flows.values() if not is_our_cookie(flow.cookie)] == [7]
    assert not [flow for flow in switch.flows.values() if flow.table_id == 200]


def test_plan_says_what_would_change_and_changes_nothing(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    commits = switch.commits
    (plan,) = planner.plan(DENY_TELNET, "p.yaml")
    assert plan.connected
    assert len(plan.changes.adds) == 4
    assert not planner.plan("version: 1\n", "p.yaml")[0].changes
    assert switch.commits == commits


def test_plan_sees_a_rule_that_somebody_removed(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    switch.flows.popitem()
    assert len(planner.plan("version: 1\n", "p.yaml")[0].changes.adds) == 1


def test_an_applied_policy_survives_a_restart(clock: Clock, tmp_path: Path) -> None:
    planner, switch = make(clock, tmp_path, DENY_TELNET), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    assert drops(switch) == 4
    planner.apply("version: 1\n", "empty.yaml")
    assert drops(switch) == 0
    assert make(clock, tmp_path, DENY_TELNET).store.current.text == "version: 1\n"


def test_when_one_switch_refuses_no_switch_is_changed(clock: Clock) -> None:
    planner, switches = make(clock), [FakeSwitch(1), FakeSwitch(2)]
    for switch in switches:
        switch.connect(planner)
    settle(planner, clock)
    before = [set(switch.flows) for switch in switches]
    switches[1].refuses = lambda message: getattr(message, "table_id", None) == 4
    with pytest.raises(SwitchError) as caught:
        planner.apply(DENY_TELNET, "p.yaml")
    assert "no-telnet" in str(caught.value)
    assert "switch 0000000000000002" in str(caught.value)
    assert [set(switch.flows) for switch in switches] == before
    assert planner.store.current.text == "version: 1\n"


def test_a_policy_that_cannot_be_kept_is_taken_back(clock: Clock, tmp_path: Path) -> None:
    planner, switch = make(clock, tmp_path), FakeSwitch(1)
    switch.connect(planner)
    settle(planner, clock)
    before = set(switch.flows)
    planner.core.switches[1].installed = None
    (tmp_path / "policy.yaml").mkdir()
    with pytest.raises(StateError):
        planner.apply(DENY_TELNET, "p.yaml")
    assert set(switch.flows) == before
    assert planner.store.current.text == "version: 1\n"


def test_a_full_disk_keeps_no_switch_from_its_rules(clock: Clock, tmp_path: Path) -> None:
    planner, switch = make(clock, tmp_path), FakeSwitch(1)
    switch.connect(planner)
    (tmp_path / "network.json").mkdir()
    clock.now += 10
    planner.core.tick()
    with pytest.raises(StateError):
        planner.bring_all()
    assert planner.core.switches[1].stage is Stage.READY


def test_what_failed_is_tried_again_at_its_interval_only(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ReconcileOptions(debounce_s=0.001, retry_s=0.1)
    planner = start_planner(Config(reconcile=options))
    turns: list[float] = []
    monkeypatch.setattr(planner, "bring_all", lambda: turns.append(time.monotonic()))
    loop = threading.Thread(target=planner.run)
    loop.start()
    for _ in range(10):
        planner.wake()
        time.sleep(0.01)
    time.sleep(0.5)
    planner.close()
    loop.join()
    assert 2 <= len(turns) <= 25  # one for each wake, and then one in 0.1 s


def test_a_refused_rule_is_reported_and_tried_again(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    switch.refuses = lambda _: True
    switch.connect(planner)
    assert not planner.bring_all()
    assert any("was refused" in problem for problem in planner.problems())
    switch.refuses = lambda _: False
    settle(planner, clock)
    assert not any("was refused" in problem for problem in planner.problems())


def test_applications_cannot_be_planned_without_a_catalogue(clock: Clock) -> None:
    planner = make(clock)
    FakeSwitch(1).connect(planner)
    with pytest.raises(NotReadyError, match="no agent has sent a catalogue"):
        planner.plan(DENY_TUBE, "p.yaml")


def test_packets_of_other_applications_teach_nothing(clock: Clock) -> None:
    planner = make(clock)
    FakeSwitch(1).connect(planner)
    settle(planner, clock)
    planner.core.packet_in(End(1, 1), 1, 7, bytes.fromhex("ffffffffffff02000000000188b5"))
    assert planner.core.hosts.hosts() == []


def test_an_unknown_application_is_a_mistake_with_its_place(clock: Clock) -> None:
    planner = make(clock)
    FakeSwitch(1, agent=AGENT).connect(planner)
    with pytest.raises(PolicyErrors) as caught:
        planner.plan(DENY_TUBE.replace("tube}", "tubes}"), "p.yaml")
    assert (caught.value.errors[0].line, caught.value.errors[0].suggestion) == (3, "tube")


def test_what_cannot_be_compiled_keeps_a_forwarding_switch_as_it_is(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1, agent=AGENT)
    switch.connect(planner)
    settle(planner, clock)
    commits = switch.commits
    planner.store.replace(parse_policy(DENY_TUBE.replace("tube}", "other}")), "", "test")
    new = FakeSwitch(2, agent=AGENT)
    new.connect(planner)
    settle(planner, clock)
    assert switch.commits == commits
    assert {flow.table_id for flow in new.flows.values() if flow.table_id == 0 and flow.priority < 450} == set()
    assert any("other" in problem for problem in planner.problems())


def test_function_ports_are_no_host_ports(clock: Clock, tmp_path: Path) -> None:
    text = (
        "version: 1\nservices:\n- {name: fw, kind: transparent, attach: {switch: s1, ingress: s1-2, egress: 3}}\n"
        "chains: [{name: guarded, services: [fw]}]\ndefaults: {action: {chain: guarded}}\n"
    )
    planner, switch = make(clock, tmp_path, text), FakeSwitch(1, ports=3)
    switch.connect(planner)
    settle(planner, clock)
    learn(planner, End(1, 2))
    assert planner.core.hosts.hosts() == []
    assert [planner.core.port_role(End(1, n)) for n in (1, 2, 3)] == ["host", "function", "function"]
    clock.now += 10
    assert [probe.end.port for probe in planner.core.tick()] == [1]


def test_a_switch_that_does_not_answer_does_not_hold_up_the_others(clock: Clock) -> None:
    planner, dead, alive = make(clock), FakeSwitch(1), FakeSwitch(2)
    dead.connect(planner, timeout_s=0.01)
    alive.connect(planner)
    dead.is_silent = True
    clock.now += 10
    planner.core.tick()
    assert not planner.bring_all()
    assert planner.core.switches[2].stage is Stage.READY
    assert "no answer to flow statistics" in planner.core.switches[1].problem


def test_an_old_connections_end_does_not_touch_the_new_one(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    old = switch.connect(planner)
    new = switch.connect(planner)
    planner.core.left(old)
    assert planner.core.switches[1].session is new
    planner.core.left(new)
    assert planner.core.switches[1].stage is Stage.AWAY
    assert any("not connected" in problem for problem in planner.problems())


def test_a_switch_away_for_long_is_forgotten(clock: Clock) -> None:
    planner, switch = make(clock), FakeSwitch(1)
    planner.core.left(switch.connect(planner))
    clock.now += planner.config.discovery.forget_s + 1
    planner.core.tick()
    assert planner.core.switches == {}
