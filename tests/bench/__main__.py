"""`make bench`: all figures, or those named (marks, relay, events, replay)."""

import sys

from tests.bench import events, lab, marks, relay, replay
from tests.bench.figures import report
from tests.open_vswitch import open_vswitch

PARTS = {"marks": marks.measure, "relay": relay.measure, "events": events.measure, "replay": replay.measure}


def main() -> None:
    """Runs the parts in turn; each writes its own file, and all of them together bench.json."""
    lab.needs_root()
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    figures = []
    with open_vswitch():
        for name in wanted:
            found = PARTS[name]()
            report(name, found)
            figures += found
    if len(wanted) > 1:
        report("bench", figures)


if __name__ == "__main__":
    main()
