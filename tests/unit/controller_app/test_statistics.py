"""Statistics of agents: asked for over the switch's session, shown by the commands."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from controller_fakes import AGENT, VIDEO, Clock, FakeSwitch
from typer.testing import CliRunner, Result

from controller_app.cli.main import app
from controller_app.config import Config
from controller_app.errors import StatisticsError, SwitchError
from controller_app.northbound.server import Northbound
from controller_app.planner import Planner, start_planner
from controller_app.statistics import ask_apps, ask_engines
from ofext.ids import NOT_CLASSIFIED
from ofext.statistics import (
    AppStats,
    AppStatsReply,
    EngineStatsReply,
    ModuleState,
    ModuleStats,
    PluginStats,
    PluginStatsReply,
    UserStatsReply,
    Volume,
)

SILENCE_S = 0.05
COUNTED = Volume(
    live_flows=2, flows=5, packets_c2s=20, packets_s2c=15, bytes_c2s=3000, bytes_s2c=9000, last_seen_ns=10**18
)
STATISTICS = {
    2: [
        AppStatsReply(apps=(AppStats(app_id=NOT_CLASSIFIED, volume=Volume(flows=1)),)),
        AppStatsReply(
            apps=(
                AppStats(app_id=VIDEO, category=3, volume=COUNTED),
                AppStats(app_id=0xFFFFFFFF, volume=Volume(flows=7)),
            )
        ),
    ],
    4: [
        EngineStatsReply(counters=(("engine.packets", 1000), ("book.flows", 12))),
        EngineStatsReply(counters=(("events.dropped", 3),)),
    ],
    5: [
        PluginStatsReply(
            plugins=(PluginStats(name="branch", version="5ac0", apps=3),),
            modules=(ModuleStats(plugin="branch", name="Watch", state=ModuleState.CUT_OFF, reason="took too long"),),
        ),
        PluginStatsReply(refused=("x.toml:1: no table",)),
    ],
}


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/api.sock"


@pytest.fixture
def planner(address: str, tmp_path: Path) -> Iterator[Planner]:
    """Served at `address`: s1 with an agent that counts, s2 without an agent."""
    planner = start_planner(Config(northbound=address, state_dir=tmp_path / "state"), clock=Clock())
    agent, plain = FakeSwitch(1, agent=AGENT), FakeSwitch(2)
    agent.statistics = STATISTICS
    for switch in (agent, plain):
        switch.connect(planner, timeout_s=SILENCE_S)
    server = Northbound(planner)
    server.start()
    yield planner
    server.close()
    planner.close()


def fake(planner: Planner) -> FakeSwitch:
    session = planner.core.switches[1].session
    assert session is not None
    assert isinstance(session.datapath, FakeSwitch)
    return session.datapath


def appsteer(address: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"APPSTEER_CONTROLLER": address, "COLUMNS": "220"})


def test_parts_of_an_answer_are_put_together(planner: Planner) -> None:
    (figures,) = ask_engines(planner.core.switches.values()).values()
    assert figures.counters == {"engine.packets": 1000, "book.flows": 12, "events.dropped": 3}
    assert [plugin.name for plugin in figures.plugins] == ["branch"]
    assert (figures.refused, figures.problem) == (("x.toml:1: no table",), "")
    assert len(ask_apps(planner.core.switches.values(), "0x1")) == 3


def test_why_there_are_no_figures_is_told(planner: Planner) -> None:
    switches = planner.core.switches.values()
    with pytest.raises(StatisticsError, match=r"^there is no switch 's11'; did you mean 's1'\?$"):
        ask_apps(switches, "s11")
    with pytest.raises(StatisticsError, match=r"^switch s2: has no agent"):
        ask_apps(switches, "s2")
    fake(planner).statistics = {2: [UserStatsReply()]}
    with pytest.raises(SwitchError, match="the answer to application statistics is of experimenter 0xa4c37, type 3"):
        ask_apps(switches, "s1")
    fake(planner).statistics = {}
    with pytest.raises(SwitchError, match="application statistics was refused: the engine does not run"):
        ask_apps(switches, "s1")
    fake(planner).is_silent = True
    assert "no answer to engine statistics within 0.05 s" in ask_engines(switches)[1].problem


@pytest.mark.usefixtures("planner")
def test_applications_of_a_switch_are_shown_with_most_bytes_first(address: str) -> None:
    told = json.loads(appsteer(address, "apps", "--switch", "s1", "--json").stdout)
    assert [(entry["key"], entry["name"], entry["flows"]) for entry in told] == [
        ("tube", "Tube", 5), ("", "not classified", 1), ("", "others", 7),
    ]  # fmt: skip
    assert (told[0]["category"], told[0]["risk"], told[0]["bytes_s2c"]) == ("video", 20, 9000)
    assert "3000+9000" in appsteer(address, "apps", "--switch", "s1").stdout
    wrong = appsteer(address, "apps", "--switch", "s2")
    assert (wrong.exit_code, wrong.stderr) == (1, "appsteer: switch s2: has no agent, so nobody counts applications\n")
    assert appsteer(address, "apps", "--switch", "s1", "--seen").exit_code == 2


def test_status_has_the_engines_figures_and_says_who_does_not_answer(planner: Planner, address: str) -> None:
    one, two = json.loads(appsteer(address, "status", "--json").stdout)["switches"]
    assert (one["statistics"]["counters"]["book.flows"], one["statistics"]["plugins"][0]["version"]) == (12, "5ac0")
    assert (two["has_agent"], two["statistics"]["counters"]) == (False, {})
    shown = appsteer(address, "status").stdout
    assert "branch 5ac0" in shown
    assert "! s1: module Watch of branch was cut off: took too long" in shown
    assert "! s1: x.toml:1: no table" in shown
    assert "engine at" not in appsteer(address, "status", "--no-statistics").stdout
    fake(planner).is_silent = True
    silent = appsteer(address, "status")
    assert silent.exit_code == 0
    assert "! s1: switch 0000000000000001: no answer to engine statistics within 0.05 s" in silent.stdout
