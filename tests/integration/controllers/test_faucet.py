"""Faucet from PyPI, unchanged: learning switch, VLANs and access lists do the same directly and through the shim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.controllers.controllers import faucet
from tests.integration.controllers.environments import FAUCET
from tests.integration.controllers.lab import Lab, Way, both_ways, lab
from tests.integration.controllers.processes import until
from tests.integration.controllers.wire import wire
from tests.open_vswitch import why_not

pytestmark = [
    pytest.mark.integration,
    pytest.mark.controllers,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or ""),
]

CONFIG = Path(__file__).with_name("faucet.yaml")
OPEN_PORT, CLOSED_PORT = 80, 8080
JITTER = re.compile(r"(hard|idle)_timeout=\d+,?")  # Faucet lets learned addresses expire at times drawn by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What hosts and switch say."""

    pings: dict[str, bool]
    pages: dict[str, bool]
    flows: tuple[str, ...]
    groups: str


def outcome(way: Way, folder: Path) -> Outcome:
    """Four hosts try what the configuration allows and what it forbids."""
    with (
        lab(folder, hosts=4) as here,
        faucet(CONFIG, folder) as port,
        wire(port) as seen,
        here.under(way, seen.port),
    ):
        until(lambda: _has_all_ports(here), "rules of Faucet for all ports")
        one, two, three, four = here.hosts
        with two.serving(folder, OPEN_PORT, CLOSED_PORT):
            pings = {
                "in a VLAN": one.reaches(two),
                "echoes are forbidden to this host": three.reaches(one),
                "to another VLAN": one.reaches(four),
            }
            pages = {
                "allowed": one.fetches(two, OPEN_PORT),
                "allowed to the host that may not ping": three.fetches(two, OPEN_PORT),
                "forbidden by an access list": one.fetches(two, CLOSED_PORT),
                "allowed at a port without the list": four.fetches(two, CLOSED_PORT),
            }
        assert seen.traces_of_l7() == []
        flows = tuple(sorted(JITTER.sub("", line) for line in here.flows()))
        return Outcome(pings=pings, pages=pages, flows=flows, groups=here.ofctl("dump-groups", version=4))


def _has_all_ports(here: Lab) -> bool:
    rules = here.ofctl("dump-flows")
    return all(f"in_port={host.port}" in rules or f"in_port={host.number}" in rules for host in here.hosts)


def test_faucet_allows_and_forbids_the_same(tmp_path: Path) -> None:
    FAUCET.make()
    direct, shim = both_ways(tmp_path, outcome)
    assert list(direct.pings.values()) == [True, False, False]
    assert list(direct.pages.values()) == [True, True, False, False]
    assert len(direct.flows) > 20
    assert shim == direct
