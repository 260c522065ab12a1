"""A learning switch that knows nothing of layer 7, on os-ken and on Ryu, directly and through the shim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.controllers.controllers import APPS, Framework, controller, osken, ryu
from tests.integration.controllers.lab import Way, both_ways, lab
from tests.integration.controllers.wire import wire
from tests.open_vswitch import why_not

pytestmark = [pytest.mark.integration, pytest.mark.skipif(bool(why_not()), reason=why_not() or "")]

WEB = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What hosts and switch say of a controller."""

    reached: tuple[bool, ...]
    flows: tuple[str, ...]


def outcome(framework: Framework, version: int, module: str, way: Way, folder: Path) -> Outcome:
    """Three hosts ping each other and fetch a page, one after the other."""
    with (
        lab(folder, hosts=3) as here,
        controller(framework, module, folder=folder, env={"OPENFLOW": str(version)}) as port,
        wire(port) as seen,
        here.under(way, seen.port),
    ):
        here.wait_for_rule("CONTROLLER")
        one, two, three = here.hosts
        reached = [one.reaches(two), two.reaches(three), three.reaches(one)]
        with two.serving(folder, WEB):
            reached += [one.fetches(two, WEB), three.fetches(two, WEB)]
        assert seen.traces_of_l7() == []
        assert {message[0] for message in seen.to_switch} == {version}
        return Outcome(tuple(reached), tuple(here.flows()))


def check(framework: Framework, version: int, module: str, folder: Path) -> None:
    direct, shim = both_ways(folder, lambda way, place: outcome(framework, version, module, way, place))
    assert all(direct.reached)
    assert len(direct.flows) > 1
    assert shim == direct


def test_our_learning_switch_on_osken(tmp_path: Path) -> None:
    check(osken(), 5, f"{APPS}.learning_switch", tmp_path)


@pytest.mark.controllers
@pytest.mark.parametrize("version", [4, 6])
def test_our_learning_switch_on_osken_in_other_versions(version: int, tmp_path: Path) -> None:
    check(osken(), version, f"{APPS}.learning_switch", tmp_path)


@pytest.mark.controllers
@pytest.mark.parametrize("version", [4, 5, 6])
def test_our_learning_switch_on_ryu(version: int, tmp_path: Path) -> None:
    check(ryu(), version, f"{APPS}.learning_switch", tmp_path)


@pytest.mark.controllers
@pytest.mark.parametrize(
    ("version", "module"),
    [(4, "ryu.app.simple_switch_13"), (5, "ryu.app.simple_switch_14"), (6, "ryu.app.simple_switch_15")],
)
def test_the_learning_switches_that_ryu_comes_with(version: int, module: str, tmp_path: Path) -> None:
    check(ryu(), version, module, tmp_path)
