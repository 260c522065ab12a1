"""`make bench`: figures of the whole product, or those named (marks, relay, events, replay, engine, live, tls)."""

import sys
from contextlib import AbstractContextManager, nullcontext

from tests.bench import engine, events, lab, live, marks, relay, replay, tls
from tests.bench.figures import report
from tests.open_vswitch import open_vswitch

PARTS = {
    "marks": marks.measure,
    "relay": relay.measure,
    "events": events.measure,
    "replay": replay.measure,
    "engine": engine.measure,
    "live": live.measure,
    "tls": tls.measure,
}
WITHOUT_SWITCH = {"replay", "engine", "live", "tls"}  # or with one of their own
ON_REQUEST = {"engine", "live", "tls"}  # they take long


def main() -> None:
    """Runs the parts in turn; each writes its own file, and all of them together bench.json."""
    wanted = sys.argv[1:] or [name for name in PARTS if name not in ON_REQUEST]
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    figures = []
    if WITHOUT_SWITCH.issuperset(wanted):
        network: AbstractContextManager[object] = nullcontext()
    else:
        lab.needs_root()
        network = open_vswitch()
    with network:
        for name in wanted:
            found = PARTS[name]()
            report(name, found)
            figures += found
    if len(wanted) > 1:
        report("bench", figures)


if __name__ == "__main__":
    main()
