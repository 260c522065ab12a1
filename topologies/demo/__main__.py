"""`python -m topologies.demo`: run the demo, or clean up after one that was killed."""

from __future__ import annotations

import argparse
import sys

from topologies.demo import machine
from topologies.demo.ledger import Ledger
from topologies.demo.machine import DemoError
from topologies.demo.report import Report

INTERRUPTED = 130  # what a shell reports after Ctrl-C


def main() -> int:
    """Return the exit code: 0 every check passed, 1 one failed, 2 the demo could not run, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m topologies.demo", description="AppSteer on three real switches, checked from outside."
    )
    parser.add_argument(
        "--clean", action="store_true", help="remove what a killed demo left behind, and do nothing else"
    )
    options = parser.parse_args()
    try:
        machine.check_root()
        if options.clean:
            return clean()
        machine.check_programs()
        return play()
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2


def clean() -> int:
    """Take away what a demo left, unless it is still running."""
    ledger = Ledger()
    owner = ledger.owner()
    if owner is not None:
        raise DemoError(f"a demo is running as process {owner}: end that one with Ctrl-C")
    ledger.undo()
    return 0


def play() -> int:
    """Run the demo and print the line that counts."""
    from topologies.demo.story import Interrupted, run

    report = Report()
    try:
        good = run(report)
    except Interrupted as reason:
        print(f"demo: interrupted by {reason}; everything was taken away again", file=sys.stderr)
        return INTERRUPTED
    report.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
