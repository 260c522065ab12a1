"""Recorded operations of `ovs-ofctl` print the same directly and through the shim."""

from __future__ import annotations

import shlex
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.fakes.mortal import MORTAL
from tests.integration.controllers import operations_file
from tests.integration.controllers.hosts import cable
from tests.integration.controllers.lab import BRIDGE, VERSIONS, Lab, Way, add_port, lab
from tests.integration.controllers.normal import normal
from tests.integration.controllers.operations_file import FOLDER, Operation
from tests.integration.controllers.processes import PATIENCE_S, FailedError, until
from tests.integration.controllers.splice import Splice, splice
from tests.open_vswitch import why_not

pytestmark = [
    pytest.mark.integration,
    pytest.mark.controllers,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or ""),
]

PORTS = (1, 2, 3)
ABOUT_ITSELF_NOTHING = ("-vtimeval:off", "-vcoverage:off", "-vpoll_loop:off")
"""On a busy machine it would tell how long it had to wait."""
FILES = sorted(path.stem for path in FOLDER.glob("*.ops"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What an operation gave."""

    text: str
    code: int
    lines: tuple[str, ...]


def printed(way: Way, version: int, name: str, folder: Path) -> list[Printed]:
    """All operations of a file, one after the other on one bridge."""
    with lab(folder) as here, splice() as joined:
        for number in PORTS:
            cable(f"p{number}", f"q{number}", number)
            add_port(here.ovs, BRIDGE, f"p{number}", number)
        with here.under(way, joined.for_switch):
            _settle(joined, version)
            operations = operations_file.read(FOLDER / f"{name}.ops")
            return [_perform(here, joined, version, one) for one in operations if version - 1 in one.minors]


def _settle(joined: Splice, version: int) -> None:
    """The shim tells a bridge the version that its controller spoke last, so the first session may be a wrong guess."""

    def answered() -> bool:
        return (
            subprocess.run(_command(joined, version, ["probe", "SWITCH"]), capture_output=True, check=False).returncode
            == 0
        )

    until(answered, f"an answer in {VERSIONS[version]}")


def _command(joined: Splice, version: int, words: list[str]) -> list[str]:
    """With `--no-names`, unless it asks for names: to learn those `ovs-ofctl` connects twice more each time."""
    switch = f"tcp:127.0.0.1:{joined.for_client}"
    spoken = ["--timeout=80", "-O", VERSIONS[version], *(["--no-names"] if "--names" not in words else [])]
    return ["ovs-ofctl", *ABOUT_ITSELF_NOTHING, *spoken, *(switch if word == "SWITCH" else word for word in words)]


def _perform(here: Lab, joined: Splice, version: int, operation: Operation) -> Printed:
    control = here.folder / "operation.ctl"
    words = [*([f"--unixctl={control}"] if operation.steps else []), *operation.words("SWITCH")]
    output = here.folder / "operation.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*MORTAL, *_command(joined, version, words)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            if operation.steps:
                until(lambda: control.exists() or process.poll() is not None, f"{operation.text} to begin")
                _step(here, operation, output, control, version)
            code = process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
    if code < 0:
        raise FailedError(f"{operation.text} was ended by signal {-code}")
    return Printed(text=operation.text, code=code, lines=tuple(normal(output.read_text(errors="replace"))))


def _step(here: Lab, operation: Operation, output: Path, control: Path, version: int) -> None:
    """Takes the steps of an operation that goes on until it is told to end."""
    here.ovs.sh("ovs-appctl", "-t", str(control), "ofctl/barrier")
    for step in operation.steps:
        text = step[1:].strip()
        if step[0] == "|":
            here.ofctl(*shlex.split(text), version=version)
        else:
            until(lambda text=text: text in output.read_text(errors="replace"), f"{text} from {operation.text}")
    here.ovs.sh("ovs-appctl", "-t", str(control), "ofctl/barrier")
    here.ovs.sh("ovs-appctl", "-t", str(control), "exit")


def differences(version: int, folder: Path) -> list[tuple[str, str]]:
    """Operations whose outputs differ, each with how; every file in a lab of its own, all at the same time."""
    runs = [(name, way) for name in FILES for way in Way]
    with ThreadPoolExecutor(max_workers=len(runs)) as threads:
        found = [threads.submit(printed, way, version, name, folder / f"{name}-{way.value}") for name, way in runs]
        results = dict(zip(runs, (each.result() for each in found), strict=True))
    told = []
    for name in FILES:
        for direct, shim in zip(results[name, Way.DIRECTLY], results[name, Way.SHIM], strict=True):
            if direct != shim:
                lines = unified_diff(direct.lines, shim.lines, "directly", "shim", lineterm="")
                told.append((direct.text, "\n".join([f"exit code {direct.code} {shim.code}", *lines])))
    return told


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", VERSIONS)
def test_all_operations_print_the_same_but_for_the_listed_differences(version: int, tmp_path: Path) -> None:
    listed = tomllib.loads((FOLDER / "differences.toml").read_text())["difference"]
    expected = {one["operation"] for one in listed if version - 1 in one["minors"]}
    found = dict(differences(version, tmp_path))
    assert {text: how for text, how in found.items() if text not in expected} == {}
    assert expected <= set(found)  # the list has nothing that is not so any more
