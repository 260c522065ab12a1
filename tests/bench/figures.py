"""How figures are summed up, printed and kept."""

import json
import math
import os
import platform
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUTPUT = Path(__file__).parents[2] / "build" / "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured quantity. `samples` says over how many runs or events `value` was taken."""

    name: str
    value: float
    unit: str
    samples: int
    goal: str = ""
    """`<= 50 µs`, `>= 100,000 msg/s`: a comparison with a number, then perhaps the unit."""
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None without one. Raises ValueError for a goal that cannot be read."""
        if not self.goal:
            return None
        found = _GOAL.match(self.goal)
        if found is None:
            raise ValueError(f"the goal {self.goal!r} is not `<= NUMBER` or `>= NUMBER`")
        bound = float(found["bound"].replace(",", ""))
        return self.value <= bound if found["relation"] == "<=" else self.value >= bound


_GOAL = re.compile(r"(?P<relation><=|>=) (?P<bound>[\d,.]+)")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` is between 0 and 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def latency_figures(name: str, seconds: Sequence[float], *, goals: tuple[str, str] = ("", "")) -> list[Figure]:
    """p50 and p99 of latencies, in milliseconds."""
    return [
        Figure(
            name=f"{name}, p50", value=statistics.median(seconds) * 1e3, unit="ms", samples=len(seconds), goal=goals[0]
        ),
        Figure(
            name=f"{name}, p99", value=percentile(seconds, 0.99) * 1e3, unit="ms", samples=len(seconds), goal=goals[1]
        ),
    ]


def report(name: str, figures: Sequence[Figure]) -> None:
    """Prints a table and writes build/bench/NAME.json."""
    table = Table(title=name, title_justify="left")
    for column in ("figure", "value", "unit", "samples", "goal", "", "note"):
        table.add_column(column, justify="right" if column in ("value", "samples") else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.3f}".rstrip("0").rstrip("."),
            figure.unit,
            str(figure.samples),
            figure.goal,
            {None: "", True: "met", False: "missed"}[figure.is_met],
            figure.note,
        )
    Console(width=160).print(table)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    machine = {"system": platform.platform(), "processors": os.cpu_count()}
    document = {
        "name": name,
        "machine": machine,
        "figures": [{**asdict(figure), "met": figure.is_met} for figure in figures],
    }
    (OUTPUT / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
