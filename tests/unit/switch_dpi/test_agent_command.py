"""`appsteer agent` as a command: what it says of files that it cannot use."""

import json
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from switch_dpi.agent_cli import agent

app = typer.Typer()
app.command()(agent)

BRIDGE = {
    "bridge": "s1",
    "session": "relays",
    "tap_port": 7,
    "flows": 3,
    "predicates": 1,
    "marks": {"marks": 5, "dropped": 1},
    "events": {"sent": 4, "dropped": 2},
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.yaml"
    path.write_text(f"controller: {{address: c}}\nbridges: [{{name: s1}}]\nstate_dir: {tmp_path}\n", encoding="utf-8")
    return path


def run(config: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(config), *options])


def test_status_is_shown_as_json(config: Path) -> None:
    status = {"at": time.time(), "pid": 1, "bridges": [BRIDGE]}
    (config.parent / "status.json").write_text(json.dumps(status))
    result = run(config, "--status", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, status)


def test_status_of_an_agent_that_is_gone_fails(config: Path) -> None:
    (config.parent / "status.json").write_text(json.dumps({"at": 0, "pid": 123, "bridges": [BRIDGE]}))
    result = run(config, "--status")
    assert (result.exit_code, "process 123" in result.stderr) == (1, True)


@pytest.mark.parametrize("text", ["[", "[]", "{}", '{"at": "x"}', '{"at": 1, "pid": 2, "bridges": [{}]}'])
def test_status_that_cannot_be_read_is_told_in_a_sentence(config: Path, text: str) -> None:
    (config.parent / "status.json").write_text(text)
    result = run(config, "--status")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


def test_signature_file_that_is_not_text_is_named(config: Path) -> None:
    binary = config.parent / "mine.toml"
    binary.write_bytes(b"\xff\xfe")
    config.write_text(config.read_text() + f"signatures: [{binary}]\n")
    result = run(config)
    assert (result.exit_code, str(binary) in result.stderr) == (1, True)


def test_wrong_configuration_ends_with_2(config: Path) -> None:
    config.write_text("controller: 5\n")
    assert run(config).exit_code == 2
