"""Where instructions go, by the folder of the source that they come from, as callgrind has counted them.

Most of the engine is compiled into few functions; callgrind knows of every instruction which source it was, though.
What a library's code does inside one of our functions counts as ours.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

STAGES = {  # by a part of the path of a source file; the first counts
    "core/src/frame/": "decode",
    "core/src/flow/": "find and keep flows",
    "core/src/engine/": "find and keep flows",
    "core/src/classification/": "choose, guess, inspect",
    "core/src/protocols/": "probe and read payload",
    "core/src/formats/": "probe and read payload",
    "core/src/probing/": "probe and read payload",
    "core/src/declared/": "probe and read payload",
    "core/src/protocol/": "keep what was found",
    "core/src/signatures/": "look applications up",
    "core/src/report/": "records",
    "bench/src/": "records",
}
OTHERS = "libraries, memory, copies"

_NAMED = re.compile(r"(fl|fi|fe|fn|cfi|cfl)=\((\d+)\)(?: (.*))?")
_COST = re.compile(r"(?:[+-]?\d+|\*) (\d+)")


def shares(before: Path, after: Path) -> str:
    """Percent of each stage in what the second of two outputs has more than the first."""
    counts = counted(after.open(encoding="utf-8"))
    counts.subtract(counted(before.open(encoding="utf-8")))
    whole = counts.total()
    parts = [(stage, 100 * count / whole) for stage, count in counts.most_common()] if whole else []
    return ", ".join(f"{stage} {share:.0f} %" for stage, share in parts if share >= 0.5)


def counted(lines: Iterable[str]) -> Counter[str]:
    """Instructions by stage in an output of callgrind (format version 1, one event)."""
    counts: Counter[str] = Counter()
    paths: dict[str, str] = {}
    stage, is_call = OTHERS, False
    for line in lines:
        if found := _NAMED.match(line):
            kind, number, name = found.groups()
            if kind == "fn":
                continue
            path = paths.setdefault(number, name or "")
            if kind == "fl" or (kind in {"fi", "fe"} and _stage(path) != OTHERS):
                stage = _stage(path)  # a library's code inside a function of ours stays ours
        elif line.startswith("calls="):
            is_call = True  # the next line has what the callee took, which is counted there
        elif is_call:
            is_call = False
        elif found := _COST.match(line):
            counts[stage] += int(found[1])
    return counts


def _stage(path: str) -> str:
    if "/rustc/" in path or "/registry/" in path:
        return OTHERS
    return next((stage for part, stage in STAGES.items() if part in path), OTHERS)
