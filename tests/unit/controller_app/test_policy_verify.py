"""`appsteer policy verify`: from a saved network, and by a controller from what its switches hold."""

import json
from pathlib import Path

import pytest
from controller_fakes import AGENT, DENY, Clock, FakeSwitch, appsteer
from test_state_files import NETWORK

from controller_app.config import Config
from controller_app.errors import NotReadyError
from controller_app.planner import Planner, start_planner

PLAIN = "version: 1\npolicies:\n- {name: no-web, match: {ip_proto: tcp, dst_port: 80}, action: deny}\n"


def test_what_a_file_compiles_to_is_proven_without_a_controller(tmp_path: Path) -> None:
    file, network = tmp_path / "p.yaml", tmp_path / "network.json"
    file.write_text(PLAIN)
    network.write_text(NETWORK)
    result = appsteer("unix:/nowhere", "policy", "verify", file, "--network", network)
    assert (result.exit_code, result.stdout.startswith("proven for all packets:")) == (0, True)


def test_a_mistake_in_the_file_is_no_counter_example(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("version: 9\n")
    assert appsteer("unix:/nowhere", "policy", "verify", file, "--network", file).exit_code == 2
    file.write_text(PLAIN)
    assert appsteer("unix:/nowhere", "policy", "verify", file).exit_code == 2


def test_a_controller_reads_what_its_switches_hold(planner: Planner, address: str, policy: Path) -> None:
    refused = appsteer(address, "policy", "verify", policy)
    assert refused.exit_code == 1
    assert "application" not in refused.stdout
    assert "verdict tube" in refused.stdout
    assert "no-tube, line 3" in refused.stdout
    planner.apply(DENY, "p.yaml")
    proven = appsteer(address, "policy", "verify", policy, "--json")
    assert proven.exit_code == 0
    assert json.loads(proven.stdout)["counter_examples"] == []


def test_a_rule_that_somebody_removed_is_to_blame(planner: Planner, address: str, policy: Path) -> None:
    planner.apply(DENY, "p.yaml")
    switch = planner.core.switches[1].session.datapath
    del switch.flows[next(key for key in switch.flows if key[0] == 4 and key[1] == 4)]
    shown = appsteer(address, "policy", "verify", policy, "--json")
    assert shown.exit_code == 1
    example = json.loads(shown.stdout)["counter_examples"][0]
    assert (example["kind"], example["policy"], example["confirmed"]) == ("surplus", "no-tube", True)
    assert "policy:no-tube" in example["text"]


@pytest.mark.parametrize("agent", [None, AGENT])
def test_switches_with_and_without_an_agent_are_proven(agent: object, tmp_path: Path) -> None:
    clock = Clock()
    made = start_planner(Config(state_dir=tmp_path), clock=clock)
    switch = FakeSwitch(1, agent=agent)
    session = switch.connect(made)
    clock.now += 10
    made.core.tick()
    assert made.bring_all()
    proof, _ = made.verify(PLAIN.replace("deny", "allow"), "p.yaml")
    assert len(proof.counter_examples) == 0
    made.apply(PLAIN, "p.yaml")
    proof, _ = made.verify(PLAIN, "p.yaml")
    assert bool(proof)
    made.core.left(session)
    with pytest.raises(NotReadyError, match="is not connected"):
        made.verify(PLAIN, "p.yaml")
    made.close()
