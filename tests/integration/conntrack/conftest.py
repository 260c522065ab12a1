"""One laboratory for the tests of this folder: two bridges of one Open vSwitch, whose hosts have the same addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from tests.integration.conntrack.truth import Truth
from tests.lab.network import ALLOW_ALL, Lab, laboratory
from tests.open_vswitch import why_not

BRIDGES = {"br1": ("h1", "h2"), "br2": ("h3", "h4")}


@pytest.fixture(scope="session", autouse=True)
def _switch_daemon() -> None:
    """The machine's own Open vSwitch is not needed here."""


@pytest.fixture(scope="package", params=[True, False], ids=["tracker", "rules"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With a connection tracker in the switch, and with rules in its place."""
    if reason := why_not():
        pytest.skip(reason)
    with laboratory(tmp_path_factory.mktemp("ct"), BRIDGES, has_tracker=request.param) as lab:
        yield lab


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    """With empty trackers and no policy."""
    if network.client.status().policy_text != ALLOW_ALL:
        network.apply(ALLOW_ALL)
    for bridge in BRIDGES:
        network.flush(bridge)
    yield network
    network.programs.check_alive()


@pytest.fixture
def truth(lab: Lab) -> Truth:
    return Truth(lab)


def play(scene: Coroutine[Any, Any, None]) -> None:
    """Runs a test's scene."""
    asyncio.run(scene)
