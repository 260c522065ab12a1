"""API and command line against a controller whose switches are fakes."""

import json
import socket
from pathlib import Path

import pytest
from controller_fakes import DENY, VIDEO, appsteer
from test_flows import VERDICT, event

from controller_app import __version__
from controller_app.errors import NorthboundError
from controller_app.northbound.client import connect
from controller_app.northbound.server import prepare_socket
from controller_app.planner import Planner
from ofext.events import FlowEvents


def report(planner: Planner) -> None:
    events = (event(**{**VERDICT, "app_id": VIDEO}, evidence="sni", metadata=((1, b"www.tube.example"),)),)
    planner.core.l7_message(1, FlowEvents(sequence=0, events=events))


def test_the_version() -> None:
    assert appsteer("", "--version").stdout.strip() == f"appsteer {__version__}"


@pytest.mark.parametrize("command", [["status"], ["flows"], ["apps"], ["flows", "--follow"]])
def test_without_a_controller_one_sentence_and_exit_code_1(address: str, command: list[str]) -> None:
    done = appsteer(address, *command)
    assert done.exit_code == 1
    assert done.stderr.startswith("appsteer: no controller is running")
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_address_is_a_usage_error() -> None:
    assert appsteer("10.1.1.1:99", "status").exit_code == 2


@pytest.mark.usefixtures("planner")
def test_status_shows_switch_agent_and_ports(address: str) -> None:
    (switch,) = json.loads(appsteer(address, "status", "--json").stdout)["switches"]
    assert (switch["name"], switch["stage"], switch["has_agent"], switch["tap_port"]) == ("s1", "ready", True, 9)
    assert {port["kind"] for port in switch["ports"]} == {"host", "tap"}
    assert "s1" in appsteer(address, "status").stdout


@pytest.mark.usefixtures("planner")
def test_a_policy_on_a_tag_that_no_application_has_is_refused_with_a_suggestion(address: str, tmp_path: Path) -> None:
    path = tmp_path / "tags.yaml"
    path.write_text("version: 1\npolicies:\n- {name: t, match: {tag: streamin}, action: deny}\n")
    refused = appsteer(address, "policy", "plan", path)
    assert refused.exit_code == 2
    assert "the catalogue has no tag 'streamin'" in refused.stderr
    assert "did you mean 'streaming'?" in refused.stderr
    path.write_text(path.read_text().replace("streamin", "streaming"))
    assert appsteer(address, "policy", "plan", path).exit_code == 1


@pytest.mark.usefixtures("planner")
def test_tags_are_listed_and_select_applications(address: str) -> None:
    assert json.loads(appsteer(address, "apps", "--tags", "--json").stdout) == {"streaming": 1}
    assert "streaming" in appsteer(address, "apps", "--tags").stdout
    (tube,) = json.loads(appsteer(address, "apps", "--tag", "streaming", "--json").stdout)
    assert (tube["key"], tube["risk"], tube["tags"]) == ("tube", 20, ["streaming"])
    assert json.loads(appsteer(address, "apps", "--tag", "streaming", "--seen", "--json").stdout) == []
    wrong = appsteer(address, "apps", "--tag", "streeming")
    assert (wrong.exit_code, wrong.stderr) == (
        2,
        "appsteer: nothing has the tag 'streeming'; did you mean 'streaming'?\n",
    )


def test_flows_have_names_policy_and_path(planner: Planner, address: str) -> None:
    report(planner)
    (line,) = appsteer(address, "flows", "--json").stdout.splitlines()
    flow = json.loads(line)
    assert (flow["app_key"], flow["category"], flow["state"], flow["verdict_packet"]) == ("tube", "", "final", 4)
    assert flow["risk"] == 20
    assert flow["metadata"] == {"tls.sni": "www.tube.example"}
    assert (flow["policy"], flow["action"], flow["path"]) == ("default", "allow", ["s1"])
    assert "Tube" in appsteer(address, "flows").stdout


def test_brackets_and_colons_of_names_and_addresses_are_shown_as_they_are(planner: Planner, address: str) -> None:
    planner.core.l7_message(1, FlowEvents(sequence=0, events=(event(src="fe80::1", dst="fe80::2", dport=80),)))
    shown = appsteer(address, "flows").stdout
    assert "[fe80::1]:5000" in shown
    assert "[fe80::2]:80" in shown


def test_following_begins_with_what_is_known(planner: Planner, address: str) -> None:
    report(planner)
    with connect(address) as client:
        changes = client.watch_flows()
        assert next(changes).app_key == "tube"
        report(planner)
        assert next(changes).app_key == "tube"


def test_apps_say_what_was_seen(planner: Planner, address: str) -> None:
    assert json.loads(appsteer(address, "apps", "--json", "--seen").stdout) == []
    report(planner)
    (tube,) = json.loads(appsteer(address, "apps", "--json", "--seen").stdout)
    assert (tube["key"], tube["flows"]) == ("tube", 1)


@pytest.mark.usefixtures("planner")
def test_plan_apply_and_plan_again(address: str, policy: Path) -> None:
    plan = appsteer(address, "policy", "plan", policy)
    assert (plan.exit_code, "1 to add" in plan.stdout) == (1, True)
    assert appsteer(address, "policy", "apply", policy).exit_code == 0
    again = appsteer(address, "policy", "plan", policy)
    assert (again.exit_code, "0 to add, 0 to change, 0 to delete" in again.stdout) == (0, True)
    assert json.loads(appsteer(address, "policy", "plan", "--json", policy).stdout)[0]["changes"] == []


@pytest.mark.usefixtures("planner")
def test_plan_ends_with_2_for_an_unknown_application(address: str, policy: Path) -> None:
    policy.write_text(DENY.replace("tube}", "tuba}"))
    done = appsteer(address, "policy", "plan", policy)
    assert done.exit_code == 2
    assert f"{policy}:3:" in done.stderr
    assert "tube" in done.stderr


def test_plan_ends_with_2_without_a_controller(address: str, policy: Path) -> None:
    assert appsteer(address, "policy", "plan", policy).exit_code == 2


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "compile"])
def test_a_mistake_in_a_file_is_named_with_its_place(address: str, policy: Path, command: str) -> None:
    policy.write_text("version: 1\npolices: []\n")
    done = appsteer(address, "policy", command, policy)
    assert done.exit_code == 2
    assert f"{policy}:2:1: " in done.stderr


def test_validate_answers_a_machine(address: str, policy: Path) -> None:
    said = json.loads(appsteer(address, "policy", "validate", "--json", policy).stdout)
    assert (said["valid"], said["mistakes"], len(said["warnings"])) == (True, [], 1)
    assert said["warnings"][0]["line"] == 3
    policy.write_text("version: 2\n")
    done = appsteer(address, "policy", "validate", "--json", policy)
    assert (done.exit_code, json.loads(done.stdout)["mistakes"][0]["line"]) == (2, 1)


def test_validate_warns_and_does_not_fail(address: str, policy: Path) -> None:
    policy.write_text("version: 1\ngroups: [{name: idle, users: x}]\n")
    done = appsteer(address, "policy", "validate", policy)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"{policy}:2:17: warning: no condition uses this (at 'idle')",
        f"{policy} is valid: 0 policies, 0 chains, 1 warning",
    ]


def test_schema_is_json_schema(address: str) -> None:
    assert "properties" in json.loads(appsteer(address, "policy", "schema").stdout)


def test_compile_is_the_same_online_and_from_the_saved_network(planner: Planner, address: str, policy: Path) -> None:
    online = appsteer(address, "policy", "compile", "--json", policy)
    assert planner.config.state_dir is not None
    network = planner.config.state_dir / "network.json"
    offline = appsteer("", "policy", "compile", "--json", "--network", network, policy)
    assert (online.exit_code, offline.exit_code) == (0, 0)
    assert json.loads(online.stdout) == json.loads(offline.stdout)


def test_explain_a_flow_by_number_and_by_description(planner: Planner, address: str, policy: Path) -> None:
    report(planner)
    appsteer(address, "policy", "apply", policy)
    number = json.loads(appsteer(address, "flows", "--json").stdout)["number"]
    by_number = json.loads(appsteer(address, "policy", "explain", number, "--json").stdout)
    described = ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--dst-port", 443, "--app", "tube"]
    by_description = json.loads(appsteer(address, "policy", "explain", *described, "--json").stdout)
    assert by_number["policy"] == by_description["policy"] == "no-tube"
    assert (
        appsteer("", "policy", "explain", *described, "--policy", policy).stdout.splitlines()[-1].startswith("→ deny")
    )


def test_explaining_by_a_file_answers_a_machine_too(policy: Path) -> None:
    described = ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--app", "tube", "--policy", policy]
    reply = json.loads(appsteer("", "policy", "explain", *described, "--json").stdout)
    assert (reply["policy"], reply["action"], reply["path"]) == ("no-tube", "deny", [])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--", "-5"],
        [2**64],
        ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--dst-port", "-1"],
        ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--dst-port", 65536],
        ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--vlan", 4096],
        ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--proto", "²", "--policy", "p.yaml"],
        ["--src", "10.0.0.1", "--dst", "10.0.0.2", "--sni", "\udcff"],
        [5, "--policy", "p.yaml"],
    ],
)
def test_a_description_out_of_range_is_a_usage_error(address: str, arguments: list[object]) -> None:
    done = appsteer(address, "policy", "explain", *arguments)
    assert (done.exit_code, done.exception.__class__) == (2, SystemExit)


@pytest.mark.usefixtures("planner")
def test_explaining_what_is_not_there_is_a_sentence(address: str) -> None:
    assert "no flow has the number 99" in appsteer(address, "policy", "explain", 99).stderr
    assert appsteer(address, "policy", "explain", "--src", "10.0.0.1").exit_code == 2
    assert "no IP address" in appsteer(address, "policy", "explain", "--src", "a", "--dst", "b").stderr


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(NorthboundError, match="another controller"):
            prepare_socket(path)
    prepare_socket(path)
    assert not path.exists()
    path.write_text("a file")
    with pytest.raises(NorthboundError, match="no socket"):
        prepare_socket(path)


def test_a_wrong_configuration_is_refused_by_name(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("openflow:\n  prot: 1\n")
    done = appsteer("", "controller", "--config", config)
    assert done.exit_code == 2
    assert done.stderr.strip() == f"appsteer: {config}:2:3: unknown option 'openflow.prot'"


@pytest.mark.parametrize("who", ["openflow", "northbound"])
def test_an_address_in_use_is_a_sentence(tmp_path: Path, who: str) -> None:
    config = tmp_path / "c.yaml"
    with socket.socket() as taken, socket.socket() as free:
        for some in (taken, free):
            some.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"openflow": free.getsockname()[1], "northbound": free.getsockname()[1], who: taken.getsockname()[1]}
        free.close()
        config.write_text(f"openflow: {{port: {ports['openflow']}}}\nnorthbound: 127.0.0.1:{ports['northbound']}\n")
        done = appsteer("", "controller", "--config", config)
    assert done.exit_code == 1
    assert "Address already in use" in done.stderr
