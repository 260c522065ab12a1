"""The engine alone, from memory, against libndpi in a lean loop; ndpiReader, nfstream and the Python API beside them.

Three workloads of ../shared/bench/make_workloads.py, in memory: *enterprise* (an office), *storm* (a million short
flows), *corpus* (all protocols). `bench/peers/libndpi_loop.c` is the fair peer: a flow table, libndpi until its
verdict, state freed. "bare table" is the same loop without libndpi: what nobody can do without. Engines run in turn,
each round on warm memory; medians count. What a machine's noise cannot change is the number of instructions
(valgrind's callgrind) that a packet takes.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import OUTPUT, Figure
from tests.bench.replay import APPSTEER, run_timed
from tests.bench.stages import shares

TREE = Path(__file__).parents[2]
SHARED = TREE.parent / "shared"
NATIVE = TREE / "switch_dpi" / "native"
OURS = NATIVE / "target" / "dist" / "appsteer-bench"
PEER_SOURCE = TREE / "bench" / "peers" / "libndpi_loop.c"
PEER = OUTPUT / "libndpi_loop"
MEMORY = Path("/dev/shm")  # tmpfs: files that are memory
WORKLOADS = ("enterprise", "storm", "corpus")
TWO_CORES = "AppSteer, two cores"
TURNS, ROUNDS = 3, 3  # processes of each engine, and rounds in each
SMALL_SCALE = 0.02  # callgrind is fifty times slower than the processor
GOALS = {"enterprise": 3.0, "storm": 6.0, "corpus": 3.0}
CORES_GOAL = 1.8  # two of them against one
# Both read what a report would need of every flow.
PYTHON_REPLAY = (
    "import sys\nfrom switch_dpi.flows import replay\nfor flow in replay(sys.argv[1]):\n"
    "    flow.src, flow.dst, flow.app, flow.protocol, flow.bytes_c2s + flow.bytes_s2c\n"
)
NFSTREAM_READ = (
    "import sys, nfstream\nfor flow in nfstream.NFStreamer(source=sys.argv[1], n_meters=1):\n"
    "    flow.src_ip, flow.dst_ip, flow.application_name, flow.requested_server_name, flow.bidirectional_bytes\n"
)
KEPT = {"MIMALLOC_PURGE_DELAY": "-1"}  # memory stays with the process, as in traffic: a round ends all flows at once


@dataclass(frozen=True, slots=True)
class Measured:
    """What an engine printed: seconds of its rounds, packets, flows, bytes in use with all flows live."""

    seconds: list[float]
    packets: int
    flows: int
    live_flows: int
    bytes_in_use: int


def measure() -> list[Figure]:
    """Figures of all workloads; none, with a word why, where something is missing."""
    missing = [name for name in ("cargo", "cc", "valgrind") if shutil.which(name) is None]
    if missing or not (SHARED / "bench").is_dir():
        print(f"engine: skipped, there is no {', '.join(missing) or SHARED / 'bench'}")
        return []
    _build()
    figures = []
    with tempfile.TemporaryDirectory(prefix="appsteer-engine-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        big, small = Path(folder) / "big", Path(folder) / "small"
        _make(big, 1.0)
        _make(small, SMALL_SCALE)
        for name in WORKLOADS:
            figures += _timed(name, big / f"{name}.pcap")
            figures += _counted(name, small / f"{name}.pcap")
        for name in ("enterprise", "corpus"):
            figures += _through_python(name, big / f"{name}.pcap")
    return figures


def _build() -> None:
    command = ["cargo", "build", "-q", "--profile", "dist", "-p", "appsteer-bench"]
    subprocess.run(command, cwd=NATIVE, check=True)
    PEER.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O3", "-march=native", "-o", str(PEER), str(PEER_SOURCE), "-lndpi"], check=True)


def _make(folder: Path, scale: float) -> None:
    folder.mkdir()
    command = [sys.executable, "-B", "make_workloads.py", "--corpus", str(SHARED / "corpus"), "--out", str(folder)]
    command += ["--scale", str(scale)]
    subprocess.run(command, cwd=SHARED / "bench", check=True, stdout=subprocess.DEVNULL)


def _engine_command(capture: Path, rounds: int, threads: int = 1) -> list[str]:
    return [str(OURS), "time", str(TREE / "plugins"), str(capture), str(rounds), str(threads)]


def _played(command: Sequence[str]) -> Measured:
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **KEPT})
    said = json.loads(answer.stdout)
    return Measured(
        said["seconds"], said["packets"], said["flows"], said.get("live_flows", said["flows"]), said["bytes_in_use"]
    )


def _timed(name: str, capture: Path) -> list[Figure]:
    commands = {
        "AppSteer": ["taskset", "-c", "0", *_engine_command(capture, ROUNDS)],
        TWO_CORES: _engine_command(capture, ROUNDS, 2),
        "libndpi": ["taskset", "-c", "0", str(PEER), "ndpi", str(capture), str(ROUNDS)],
        "bare table": ["taskset", "-c", "0", str(PEER), "table", str(capture), str(ROUNDS)],
    }
    runs: dict[str, list[Measured]] = {engine: [] for engine in commands}
    for _ in range(TURNS):
        for engine, command in commands.items():
            runs[engine].append(_played(command))
    walls = {engine: [second for run in each for second in run.seconds] for engine, each in runs.items()}
    walls["ndpiReader"] = [run_timed(["ndpiReader", "-i", str(capture)]) for _ in range(2)]
    ours, first = statistics.median(walls["AppSteer"]), runs["AppSteer"][0]
    bits = capture.stat().st_size * 8
    figures = []
    for engine, seconds in walls.items():
        wall = statistics.median(seconds)
        note = f"{wall:.3f} s ({min(seconds):.3f} to {max(seconds):.3f}), {bits / wall / 1e9:.1f} Gbit/s"
        goal = ""
        if engine == "libndpi":
            goal = f"AppSteer at least {GOALS[name]:.0f} times as fast"
        if engine not in ("AppSteer", TWO_CORES):
            note += f"; AppSteer is {wall / ours:.2f} times as fast"
        if engine == TWO_CORES:
            goal = f"at least {CORES_GOAL} times one core"
            note += f"; {ours / wall:.2f} times one core"
        samples = len(seconds)
        figures.append(
            Figure(
                name=f"{name}: {engine}",
                value=first.packets / wall,
                unit="packet/s",
                samples=samples,
                goal=goal,
                note=note,
            )
        )
    return [*figures, *_memory(name, runs)]


def _memory(name: str, runs: dict[str, list[Measured]]) -> list[Figure]:
    """With the flows that live when the last packet was taken. The first run is the one whose memory is new."""
    figures = []
    for engine in ("AppSteer", "libndpi"):
        run = max(runs[engine], key=lambda run: run.bytes_in_use)
        value = run.bytes_in_use / max(run.live_flows, 1)
        goal = "600 at most" if engine == "AppSteer" else ""
        note = f"{run.live_flows:,} live flows"
        figures.append(
            Figure(name=f"{name}: memory, {engine}", value=value, unit="byte/flow", samples=1, goal=goal, note=note)
        )
    return figures


def _counted(name: str, capture: Path) -> list[Figure]:
    """Instructions of one round: those of three rounds less those of two."""
    commands: dict[str, Callable[[int], list[str]]] = {
        "AppSteer": lambda rounds: _engine_command(capture, rounds),
        "libndpi": lambda rounds: [str(PEER), "ndpi", str(capture), str(rounds)],
        "bare table": lambda rounds: [str(PEER), "table", str(capture), str(rounds)],
    }
    figures = []
    for engine, command in commands.items():
        with tempfile.TemporaryDirectory() as folder:
            fewer, more = (_instructions(command(rounds), Path(folder) / f"{rounds}.out") for rounds in (1, 2))
            note = shares(Path(folder) / "1.out", Path(folder) / "2.out") if engine == "AppSteer" else ""
        packets = _played(command(1)).packets
        value = (more - fewer) / packets
        figures.append(
            Figure(name=f"{name}: instructions, {engine}", value=value, unit="per packet", samples=packets, note=note)
        )
    return figures


def _instructions(command: Sequence[str], output: Path) -> int:
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", *command]
    answer = subprocess.run(valgrind, check=True, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", answer.stderr)
    return int(found[1]) if found else 0


def _through_python(name: str, capture: Path) -> list[Figure]:
    """Whole processes on one processor, their start included; beside them our command."""
    ours = [run_timed([sys.executable, "-c", PYTHON_REPLAY, str(capture)]) for _ in range(3)]
    theirs = [run_timed([sys.executable, "-c", NFSTREAM_READ, str(capture)])]
    lines = [run_timed([str(APPSTEER), "replay", "--json", str(capture)]) for _ in range(3)]
    ratio = theirs[0] / statistics.median(ours)
    note = f"{statistics.median(ours):.2f} s; nfstream {theirs[0]:.1f} s"
    note += f"; appsteer replay --json {statistics.median(lines):.2f} s"
    goal = "at least 20"
    return [
        Figure(
            name=f"{name}: for flow in replay(…), against nfstream",
            value=ratio,
            unit="times as fast",
            samples=3,
            goal=goal,
            note=note,
        )
    ]
