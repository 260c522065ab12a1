"""tshark with and without the dissector of this project, and what it shows of a capture."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import ofext

DISSECTOR: Final = Path(ofext.__file__).with_name("wireshark") / "appsteer.lua"
PREFIX: Final = "appsteer."
TIMEOUT_S: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the tree: the field's name, its value as filters see it, as people see it, and as bytes."""

    name: str
    value: str
    shown: str
    raw: bytes
    items: tuple[Item, ...]

    def walk(self) -> Iterator[Item]:
        """This item and all below."""
        yield self
        for item in self.items:
            yield from item.walk()

    def values(self, name: str) -> list[str]:
        """Of all items of this name (without the project's prefix), in order."""
        return [item.value for item in self.walk() if item.name == PREFIX + name]


def tshark(*arguments: str | Path, with_dissector: bool = True) -> str:
    """What tshark prints. Raises CalledProcessError when it fails."""
    script = (f"-Xlua_script:{DISSECTOR}",) if with_dissector else ()
    command = ["tshark", *script, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    return done.stdout.decode("utf-8", "replace")


@functools.cache
def field_types() -> dict[str, str]:
    """Names of the dissector's fields (without the project's prefix) and their types, such as FT_STRING."""
    lines = (line.split("\t") for line in _glossary("fields"))
    return {line[2].removeprefix(PREFIX): line[3] for line in lines if line[0] == "F"}


@functools.cache
def value_names() -> dict[str, dict[int, str]]:
    """Names that the dissector has for values, by field (without the project's prefix)."""
    found: dict[str, dict[int, str]] = {}
    for kind, name, number, *words in (line.split("\t") for line in _glossary("values")):
        if kind == "V":
            found.setdefault(name.removeprefix(PREFIX), {})[int(number, 0)] = words[0]
    return found


def _glossary(kind: str) -> list[str]:
    """The lines of `tshark -G` that are about this project, of some 90 MB.

    It knows of plugins only, so this is one; installed as the README says, for a user of its own.
    """
    with tempfile.TemporaryDirectory() as home:
        plugins = Path(home, ".local/lib/wireshark/plugins")
        plugins.mkdir(parents=True)
        (plugins / "appsteer").symlink_to(DISSECTOR.parent)
        environment = {**os.environ, "HOME": home}
        command = ["tshark", "-G", kind]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            found = [line.decode().rstrip("\n") for line in process.stdout or () if b"\t" + PREFIX.encode() in line]
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
    return found


def expert_information(capture: Path, *, with_dissector: bool = True) -> list[tuple[str, str, str, str]]:
    """How often, group, protocol and summary of what tshark calls errors and warnings."""
    found: list[tuple[str, str, str, str]] = []
    severity = ""
    for line in tshark("-r", capture, "-q", "-z", "expert", with_dissector=with_dissector).splitlines():
        words = line.split(maxsplit=3)
        if line and not line[0].isspace() and line.endswith(")"):
            severity = words[0]
        elif severity in ("Errors", "Warns") and words and words[0].isdigit():
            found.append((words[0], words[1], words[2], words[3]))
    return found


def dissect(capture: Path, *arguments: str) -> list[Item]:
    """What this project's dissector adds: an item for each OpenFlow message that has layer 7 in it."""
    xml = tshark("-r", capture, "-T", "pdml", "-J", "appsteer", *arguments)
    return [
        _item(message)
        for packet in ET.fromstring(xml).iter("packet")
        for message in packet.iter("proto")
        if message.get("name") == "appsteer"
    ]


def _item(element: ET.Element) -> Item:
    value = element.get("unmaskedvalue") or element.get("value") or ""
    return Item(
        name=element.get("name", ""),
        value=element.get("show", ""),
        shown=element.get("showname") or element.get("show") or "",
        raw=bytes.fromhex(value),
        items=tuple(_item(child) for child in element.findall("field")),
    )
