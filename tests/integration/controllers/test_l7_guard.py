"""The example of docs/controllers.md on os-ken and Ryu: who asks for layer 7 gets it, who does not never sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ofext.openflow.header import Type
from tests.integration.controllers.controllers import APPS, LOG, Framework, controller, osken, ryu
from tests.integration.controllers.hosts import Host
from tests.integration.controllers.lab import VERSIONS, Lab, Way, lab
from tests.integration.controllers.processes import until
from tests.integration.controllers.wire import wire
from tests.open_vswitch import why_not

pytestmark = [
    pytest.mark.integration,
    pytest.mark.controllers,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or ""),
]

WEB = 80
PAGE_SIZE = 32 << 20
"""Bytes of a page: too many to have passed before the verdict does something."""
LOWERED = "ct_label=0/0x8000001"  # `l7_state=0/1` as the switch has it (ofext/SPEC.md, 5)


def with_page(folder: Path) -> None:
    """A folder for a web server."""
    folder.mkdir()
    with (folder / "index.html").open("wb") as page:
        page.truncate(PAGE_SIZE)


def said(folder: Path, key: str) -> list[dict[str, Any]]:
    """What the example has printed with a key."""
    lines = (folder / LOG).read_text(errors="replace").splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [one for one in found if key in one]


def guarded(here: Lab, framework: Framework, version: int, folder: Path) -> int:
    """Pages are told of, and denied while echoes pass; the App-ID that the rule against them names."""
    with_page(folder)
    env = {"OPENFLOW": str(version), "L7_DENY": "http"}
    with (
        controller(framework, "l7_guard", folder=folder, env=env) as port,
        wire(port) as seen,
        here.under(Way.SHIM, seen.port),
    ):
        until(lambda: said(folder, "rule"), f"rules in {folder / LOG}")
        one, two = here.hosts
        assert one.reaches(two)
        with two.serving(folder, WEB):
            assert not one.fetches(two, WEB)
        until(lambda: _told_of(folder, "http", one, two), f"a flow of HTTP in {folder / LOG}")
        rules = [rule["rule"] for rule in said(folder, "rule")]
        assert any("l7_state" in match for match in rules)
        assert any("l7_app_id" in match for match in rules)
        assert not any("ct_mark" in match or "ct_label" in match for match in rules)
        assert said(folder, "error") == []
        assert seen.traces_of_l7() != []
        return next(int(match["l7_app_id"]) for match in rules if "l7_app_id" in match)


def _told_of(folder: Path, application: str, one: Host, two: Host) -> bool:
    ends = (one.address, f"{two.address} {WEB}")
    return any(
        flow["application"] == application and flow["flow"][0].startswith(ends[0]) and flow["flow"][1] == ends[1]
        for flow in said(folder, "flow")
    )


def unknowing(here: Lab, framework: Framework, version: int, folder: Path, app_id: int) -> None:
    """Another controller takes over the switch with the rules that are in it, and inspection goes on."""
    with_page(folder)
    with (
        controller(framework, f"{APPS}.learning_switch", folder=folder, env={"OPENFLOW": str(version)}) as port,
        wire(port) as seen,
        here.under(Way.SHIM, seen.port),
    ):
        here.wait_for_rule("CONTROLLER")
        one, two = here.hosts
        assert one.reaches(two)
        with two.serving(folder, WEB):
            assert not one.fetches(two, WEB)  # the rule is still there
            here.ofctl("del-flows", f"table=1,ip,ct_mark={app_id}")
            assert one.fetches(two, WEB)
        assert LOWERED in here.ofctl("dump-flows")
        assert any(message[1] == Type.MULTIPART_REPLY for message in seen.to_controller)
        assert seen.traces_of_l7() == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("framework", [osken, ryu], ids=["os-ken", "Ryu"])
def test_layer_7_is_for_those_who_ask(framework: Any, version: int, tmp_path: Path) -> None:
    on = framework()
    with lab(tmp_path / "lab", hosts=2) as here:
        app_id = guarded(here, on, version, tmp_path / "guarded")
        unknowing(here, on, version, tmp_path / "unknowing", app_id)
