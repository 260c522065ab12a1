"""`make bench`: figures of the whole product, or those named; parts that need a switch have one of their own."""

import sys
from contextlib import AbstractContextManager, nullcontext

from tests.bench import engine, events, lab, live, load, mark_rate, marks, records, relay, replay, tap, tls, verify
from tests.bench.figures import report

PARTS = {
    "marks": marks.measure,
    "relay": relay.measure,
    "events": events.measure,
    "replay": replay.measure,
    "engine": engine.measure,
    "live": live.measure,
    "mark-rate": mark_rate.measure,
    "load": load.measure,
    "records": records.measure,
    "tap": tap.measure,
    "tls": tls.measure,
    "verify": verify.measure,
}
OPENFLOW = ("relay", "mark-rate", "load", "records", "tap")  # `openflow` names them all
WITHOUT_SWITCH = {"replay", "engine", "live", "tls", "verify"}  # or with one of their own
ON_REQUEST = {"engine", "live", "tls", "verify", *OPENFLOW[1:]}  # they take long


def main() -> None:
    """Runs the parts in turn; each writes its own file, and all of them together bench.json (openflow.json)."""
    wanted = sys.argv[1:] or [name for name in PARTS if name not in ON_REQUEST]
    together = "openflow" if wanted == ["openflow"] else "bench"
    wanted = list(OPENFLOW) if wanted == ["openflow"] else wanted
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    figures = []
    if WITHOUT_SWITCH.issuperset(wanted):
        network: AbstractContextManager[object] = nullcontext()
    else:
        lab.needs_root()
        network = lab.own_switch()
    with network:
        for name in wanted:
            found = PARTS[name]()
            report(name, found)
            figures += found
    if len(wanted) > 1:
        report(together, figures)


if __name__ == "__main__":
    main()
