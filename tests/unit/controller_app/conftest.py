"""A controller whose switches are fakes, served at an address of its own, and a policy for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from controller_fakes import AGENT, DENY, Clock, FakeSwitch

from controller_app.config import Config
from controller_app.northbound.server import Northbound
from controller_app.planner import Planner, start_planner


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/api.sock"


@pytest.fixture
def planner(address: str, tmp_path: Path) -> Iterator[Planner]:
    """A controller with one switch with an agent, served at `address`."""
    clock = Clock()
    planner = start_planner(Config(northbound=address, state_dir=tmp_path / "state"), clock=clock)
    switch = FakeSwitch(1, agent=AGENT)
    switch.connect(planner)
    clock.now += 10
    planner.core.tick()
    assert planner.bring_all()
    server = Northbound(planner)
    server.start()
    yield planner
    server.close()
    planner.close()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "p.yaml"
    path.write_text(DENY)
    return path
