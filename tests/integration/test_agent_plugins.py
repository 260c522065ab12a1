"""A whole agent beside a real bridge: its plugins are changed from the command line while it runs."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import plugins.modules
from ofext import catalogue_change
from ofext.catalogue import Catalogue, CatalogueRequest, join
from ofext.catalogue_change import CatalogueChange, applied
from tests.fakes.agent_lab import l7_session, until
from tests.fakes.openflow_peer import ControllerPeer, Session
from tests.unit.switch_dpi.plugin_files import write

pytestmark = pytest.mark.integration

BRIDGE = "agtplug1"
APPSTEER = (sys.executable, "-c", "from controller_app.cli.main import main; main()")


def config_in(folder: Path, port: int) -> Path:
    path = folder / "agent.yaml"
    path.write_text(
        f"controller: {{address: 127.0.0.1, port: {port}}}\n"
        f"bridges: [{{name: {BRIDGE}, edge_zone: 4411, service_zone: 4412}}]\n"
        f"state_dir: {folder / 'state'}\n"
        f"plugins: {{folders: [], address: 'unix:{folder / 'agent.sock'}'}}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def peer() -> Iterator[ControllerPeer]:
    found = ControllerPeer()
    yield found
    found.close()


@pytest.fixture
def agent(tmp_path: Path, peer: ControllerPeer) -> Iterator[Path]:
    """The folder of a running agent; its log is in it."""
    make = ("ovs-vsctl", "--may-exist", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
    subprocess.run(make, check=True)
    command = [*APPSTEER, "agent", "--config", str(config_in(tmp_path, peer.port))]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            until((tmp_path / "agent.sock").exists, 30)
            yield tmp_path
        finally:
            process.terminate()
            process.wait(20)
            subprocess.run(("ovs-vsctl", "--if-exists", "del-br", BRIDGE), check=True)


class Operator:
    """Runs commands; meanwhile the controller goes on answering echo requests, or the bridge would leave it."""

    def __init__(self, folder: Path, session: Session) -> None:
        self._address = f"unix:{folder / 'agent.sock'}"
        self._session = session

    def run(self, *arguments: object) -> tuple[int, str]:
        """The exit code and what was said."""
        command = [*APPSTEER, "plugins", *map(str, arguments), "--agent", self._address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            while process.poll() is None:
                with contextlib.suppress(TimeoutError):
                    self._session.expect(lambda _: False, 0.2)
            said = process.stdout.read() if process.stdout else ""
        return process.returncode, said


def whole_catalogue(session: Session) -> Catalogue:
    parts = [session.expect_l7(Catalogue).message]
    while parts[-1].more:
        parts.append(session.expect_l7(Catalogue).message)
    return join(parts)


def changed(known: Catalogue, session: Session) -> Catalogue:
    """After the next change that the agent tells."""
    parts = [session.expect_l7(CatalogueChange).message]
    while parts[-1].more:
        parts.append(session.expect_l7(CatalogueChange).message)
    return applied(known, catalogue_change.join(parts))


def test_plugins_of_a_running_agent_are_changed(agent: Path, peer: ControllerPeer) -> None:
    session = l7_session(peer)
    session.send_l7(CatalogueRequest())
    before = whole_catalogue(session)
    operator = Operator(agent, session)
    path = write(agent)
    code, said = operator.run("load", path)
    assert (code, "intranet" in said) == (0, True), said
    after = changed(before, session)
    assert {app.key for app in after.apps} - {app.key for app in before.apps} == {"intranet"}
    assert {app.key: app.app_id for app in before.apps}.items() <= {app.key: app.app_id for app in after.apps}.items()
    path.write_text(path.read_text().replace('"business"', '"busyness"'))
    code, said = operator.run("reload")
    assert (code, f"{path}:6: category 'busyness'" in said) == (1, True), said
    assert operator.run("load", Path(plugins.modules.__file__).with_name("lookup_counter.py"))[0] == 0
    listed = json.loads(operator.run("list", "--json")[1])
    assert [plugin["name"] for plugin in listed["plugins"]] == ["packaged", "intranet", "lookup_counter"]
    assert listed["plugins"][2]["modules"][0]["state"] == "running"
    assert operator.run("unload", "intranet")[0] == 0
    assert changed(after, session) == before
    assert "Traceback" not in (agent / "log").read_text()
