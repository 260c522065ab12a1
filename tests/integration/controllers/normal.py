"""Brings what `ovs-ofctl` prints into a form that does not depend on time, chance or place.

The only thing that is taken away for the shim's sake is its tap, the one port more that the bridge has.
"""

from __future__ import annotations

import re

from tests.integration.controllers.operations_file import FOLDER

BY_CHANCE = (
    (re.compile(r"xid=0x[0-9a-f]+"), "xid"),
    (re.compile(r"\bduration[=:]? ?[\d.]+m?s"), "duration"),
    (re.compile(r"(idle|hard)_age=\d+, "), ""),
    (re.compile(r"^\S+Z\|\d+\|", re.MULTILINE), ""),  # time and number of a log line
    (re.compile(r"\b[\d.]+ ms\b"), "ms"),
    (re.compile(r"\d+ (packets|bytes)/s"), r"\1/s"),
    (re.compile(r"\b(tcp|unix):\S+?(?=[:\s]|$)(:\d+)?"), "SWITCH"),
)
TAP_NUMBER = 4  # after the three ports that the bridge has
DETAIL = r"(?:\n {5,}.*)*"  # the lines that belong to a port, further to the right
TAP_LINES = re.compile(rf"^\s+(?:port\s+)?{TAP_NUMBER}(?:\(tap-br0\))?:.*{DETAIL}\n?", re.MULTILINE)
HOW_MANY_PORTS = re.compile(r"\b\d+ ports$", re.MULTILINE)
LISTED = re.compile(r"\s*(cookie|group_id|table|priority)=")
"""Rules and groups are told in an order that chance gives."""


def normal(text: str) -> list[str]:
    """Lines of an output."""
    for pattern, instead in BY_CHANCE:
        text = pattern.sub(instead, text)
    text = HOW_MANY_PORTS.sub("ports", TAP_LINES.sub("", text.replace(str(FOLDER), "FOLDER")))
    lines = text.splitlines()
    listed = iter(sorted(line for line in lines if LISTED.match(line)))
    return [next(listed) if LISTED.match(line) else line for line in lines]
