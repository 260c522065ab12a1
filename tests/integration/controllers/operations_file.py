"""Reads files of `ovs-ofctl` operations (``operations/*.ops``).

A line is a command for `ovs-ofctl`, where SWITCH stands for the switch and FILES for the folder of files. `1.4+:` or
`1.5:` before it says in which versions of OpenFlow it makes sense. Lines that begin with `|` or `?` belong to the
command above, and are steps while it runs: `|` is a command that is done past the controller, `?` a text that has to be
printed before the next step.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = Path(__file__).with_name("operations")
VERSION = re.compile(r"1\.([345])(\+?):\s*")
HIGHEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One run of `ovs-ofctl`."""

    text: str
    minors: range
    """Minor versions of OpenFlow, 3 to 5."""
    steps: tuple[str, ...] = ()
    """With `|` or `?` before them."""

    def words(self, switch: str) -> list[str]:
        """For the command line."""
        return shlex.split(self.text.replace("SWITCH", switch).replace("FILES", str(FOLDER / "files")))


def read(path: Path) -> list[Operation]:
    """The operations of a file. Raises ValueError with file and line."""
    found: list[Operation] = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] not in "|?":
            found.append(_operation(line))
        elif found:
            found[-1] = replace(found[-1], steps=(*found[-1].steps, line))
        else:
            raise ValueError(f"{path}:{number}: expected a command before '{line}'")
    return found


def _operation(line: str) -> Operation:
    said = VERSION.match(line)
    if said is None:
        return Operation(text=line, minors=range(3, HIGHEST + 1))
    lowest = int(said[1])
    return Operation(text=line[said.end() :], minors=range(lowest, HIGHEST + 1 if said[2] else lowest + 1))
