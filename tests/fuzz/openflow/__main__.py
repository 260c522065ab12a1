"""`make fuzz-openflow`: FUZZ_MESSAGES damaged messages through the shim, and what became of them.

The same seed makes the same messages. What breaks a rule is made smaller, kept in `tests/golden/fuzz/openflow`,
and from then on tried by `make test-unit`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.fuzz.openflow import case as cases
from tests.fuzz.openflow import rules, sockets
from tests.fuzz.openflow.case import Case, Down, Step, Up

KEPT = Path(__file__).parents[2] / "golden" / "fuzz" / "openflow"
IN_PIECES = 4  # every so manyth case also goes through the session in random pieces
THROUGH_SOCKETS = 100  # every so manyth case also goes through sockets, which takes some fifty times as long
REPORT_S = 30.0
WARM_CASES = 2_000  # after these, caches are full and memory should not grow any more
MAX_GROWTH = 32 * 1024 * 1024  # bytes
MAX_KEPT = 20  # broken rules; then something is so wrong that more of it says nothing


def main() -> int:
    """Until the messages are through; 1 when a rule was broken."""
    wanted = int(os.environ.get("FUZZ_MESSAGES", "10000000"))
    seed = int(os.environ.get("FUZZ_SEED") or Random().randrange(1 << 32))
    print(f"FUZZ_SEED={seed} FUZZ_MESSAGES={wanted}", flush=True)
    logging.disable(logging.CRITICAL)
    broken = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        broken = _fuzz(seed, wanted, Path(folder))
    return 1 if broken else 0


def _fuzz(seed: int, wanted: int, folder: Path) -> int:
    figures = rules.Figures()
    began = told = time.monotonic()
    number = in_sockets = broken = warm_size = 0
    while figures.messages < wanted and broken < MAX_KEPT:
        made = cases.make(seed, number)
        try:
            whole = rules.message_by_message(made, folder, figures)
            if number % IN_PIECES == 0:
                rules.in_pieces(made, whole, folder, Random(number))
            if number % THROUGH_SOCKETS == 0:
                in_sockets += sockets.run(made, whole, folder)
        except rules.BrokenRuleError as error:
            broken += 1
            print(f"case {number}: {error}\n  kept as {_keep(made, folder, number)}", flush=True)
        number += 1
        warm_size = warm_size or (_resident() if number == WARM_CASES else 0)
        if time.monotonic() - told > REPORT_S:
            told = time.monotonic()
            print(f"  {figures.messages:,} messages, {figures.messages / (told - began):,.0f} a second", flush=True)
    _report(figures, time.monotonic() - began, number, in_sockets)
    grown = _resident() - warm_size if warm_size else 0
    print(f"memory: {grown / 1e6:+.1f} MB after the first {WARM_CASES:,} cases; rules broken: {broken}")
    return broken + (grown > MAX_GROWTH)


def _report(figures: rules.Figures, seconds: float, number: int, in_sockets: int) -> None:
    print(
        f"{figures.messages:,} messages ({figures.size / 1e6:,.0f} MB) in {number:,} sessions, every {IN_PIECES}th "
        f"also in pieces, {in_sockets:,} also through sockets: {seconds:,.0f} s, "
        f"{figures.messages / seconds:,.0f} messages a second"
    )
    for way, name in (("Down", "from the controller"), ("Up", "from the bridge")):
        for (direction, outcome), count in sorted(figures.outcomes.items()):
            if direction == way:
                print(f"  {name:20} {outcome:22} {count:12,}")


def _keep(made: Case, folder: Path, number: int) -> Path:
    """Writes the smallest case found that breaks the same rule."""
    smaller = _reduced(made, folder, number)
    text = smaller.to_json(_broken(smaller, folder, number) or "only through sockets")
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.write_text(text)
    return path


def _reduced(made: Case, folder: Path, number: int) -> Case:
    """Leaves out steps, then halves of streams, as long as the rule stays broken."""
    rule = _name(_broken(made, folder, number))
    if not rule:
        return made
    steps = list(made.steps)
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for tried in _smaller(steps):
            if _name(_broken(Case(tuple(tried)), folder, number)) == rule:
                steps, is_smaller = tried, True
                break
    return Case(tuple(steps))


def _smaller(steps: list[Step]) -> list[list[Step]]:
    tried = [steps[:at] + steps[at + 1 :] for at in range(len(steps))]
    for at, step in enumerate(steps):
        if isinstance(step, Up | Down) and len(step.data) > 1:
            half = len(step.data) // 2
            quarter = max(1, half // 2)
            for kept in (step.data[:half], step.data[half:], step.data[:-quarter], step.data[quarter:]):
                tried.append([*steps[:at], type(step)(kept), *steps[at + 1 :]])
            sizes = rules.Framing().cut(step.data)
            parts = [piece for piece, _ in sizes]
            for left_out in range(len(parts)):
                kept = b"".join(parts[:left_out] + parts[left_out + 1 :])
                tried.append([*steps[:at], type(step)(kept), *steps[at + 1 :]])
    return tried


def _broken(made: Case, folder: Path, number: int) -> str:
    try:
        rules.run(made, folder, Random(number))
    except rules.BrokenRuleError as error:
        return str(error)
    return ""


def _name(broken: str) -> str:
    """The rule without the bytes that broke it."""
    return broken.partition(":")[0][:60]


def _resident() -> int:
    """Bytes that this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    sys.exit(main())
