"""`make soak`: SOAK_ROUNDS rounds, chosen by SOAK_SEED; a round that fails keeps its logs and can be played alone."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.lab.network import laboratory
from tests.open_vswitch import why_not
from tests.soak.policies import FORBIDDEN
from tests.soak.rounds import Outcome, Soak

HOSTS = {"br1": ("h1", "h2", "h3")}
REPORT_EVERY = 10
FAILURES = (AssertionError, TimeoutError, RuntimeError, OSError, subprocess.SubprocessError)


def main() -> int:
    """The exit code: 0 when all rounds hold."""
    if reason := why_not():
        print(f"soak: {reason}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # the laboratory is taken away first
    rounds = int(os.environ.get("SOAK_ROUNDS", "200"))
    first = int(os.environ.get("SOAK_FIRST", "1"))
    seed = os.environ.get("SOAK_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"soak: rounds {first} to {first + rounds - 1}, SOAK_SEED={seed}", flush=True)
    report = Report()
    number = first
    while number < first + rounds:
        number = _play_until_failure(number, first + rounds, seed, report)
    report.summary()
    return 1 if report.failed else 0


class Report:
    """Figures over all rounds."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[int] = []
        self._victims: Counter[str] = Counter()
        self._lost = 0
        self._seconds = 0.0
        self._conversations = self._held = self._stream = 0

    def took(self, number: int, outcome: Outcome) -> None:
        """A round that holds."""
        self.passed += 1
        self._victims.update(outcome.victims)
        self._lost += outcome.lost
        self._seconds += outcome.seconds
        if self.passed % REPORT_EVERY == 0:
            killed = ", ".join(f"{name} {count}" for name, count in sorted(self._victims.items()))
            figures = ", ".join(f"{name} {value}" for name, value in outcome.figures.items())
            print(
                f"soak: {number} rounds, {self.passed} held; killed {killed}; "
                f"{self._seconds / self.passed:.1f} s a round; "
                f"lost while Open vSwitch was away {self._lost}; now {figures}",
                flush=True,
            )

    def broke(self, number: int, seed: str, error: BaseException, logs: Path) -> None:
        """A round that does not."""
        self.failed.append(number)
        print(f"soak: round {number} failed: {type(error).__name__}: {error}", flush=True)
        print(f"soak: again: SOAK_SEED={seed} SOAK_FIRST={number} SOAK_ROUNDS=1 make soak; logs: {logs}", flush=True)

    def left(self, soak: Soak) -> None:
        """Takes over what the traffic of a laboratory has counted."""
        self._conversations += soak.traffic.conversations.done
        self._held += soak.traffic.conversations.held
        self._stream += soak.traffic.stream.passed

    def summary(self) -> None:
        """The last lines."""
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self._victims.items()))
        print(f"soak: killed {killed or 'nobody'}")
        print(
            f"soak: {self._conversations} conversations allowed, {self._held} of SSH held back, "
            f"{self._stream} numbers over connections that lasted"
        )
        failed = f": rounds {', '.join(map(str, self.failed))}" if self.failed else ""
        print(f"soak: {self.passed} passed, {len(self.failed)} failed{failed}")


def _play_until_failure(number: int, end: int, seed: str, report: Report) -> int:
    """Rounds in one laboratory; the number of the next one."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    keep = False
    try:
        with laboratory(folder, HOSTS, FORBIDDEN) as lab, contextlib.closing(Soak(lab)) as soak:
            while number < end:
                print(f"{time.time():.3f} round {number}", file=(folder / "rounds.log").open("a"), flush=True)
                try:
                    report.took(number, soak.play(random.Random(f"{seed}-{number}")))
                except FAILURES as error:
                    keep = True
                    with contextlib.suppress(Exception):
                        soak.save_views(folder)
                    report.broke(number, seed, error, folder)
                    report.left(soak)
                    return number + 1
                number += 1
            report.left(soak)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return number


if __name__ == "__main__":
    sys.exit(main())
