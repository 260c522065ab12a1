"""Packets a second from capture file to flow records: `appsteer replay`, ndpiReader and nfstream on the same files.

Two workloads. *files* is every capture of the corpus that ndpiReader can open, one after the other; an engine that
fails on one stops the benchmark. Packets are those that belong to a flow, the same number for all three. *merged* is
the corpus played over and over with other addresses (shared/bench/make_workloads.py), where the start of a process no
longer counts. All engines are pinned to one processor and run in turn, A B C, A B C; the median counts. Each engine is
one process that runs as it does by default, its start included; what the start takes is measured on a capture of one
packet, and *files, start taken off* is the rest.
"""

import json
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import OUTPUT, Figure

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = SHARED / "corpus" / "pcaps"
REPEATS = 5
MERGED_SCALE = 0.5  # about half a million packets: seconds for the slowest engine
APPSTEER = Path(sys.executable).with_name("appsteer")
NFSTREAM = (
    "import sys, nfstream\nfor name in sys.argv[1:]:\n    for _ in nfstream.NFStreamer(source=name, n_meters=1): pass\n"
)


@dataclass(frozen=True, slots=True)
class Engine:
    """A program and how it is told which captures to read."""

    name: str
    command: Callable[[Sequence[Path]], list[str]]


ENGINES = (
    Engine("appsteer replay", lambda files: [str(APPSTEER), "replay", "--json", *map(str, files)]),
    Engine("ndpiReader", lambda files: ["ndpiReader", "-i", str(_playlist(files))]),
    Engine("nfstream", lambda files: [sys.executable, "-c", NFSTREAM, *map(str, files)]),
)


def measure() -> list[Figure]:
    """Figures of both workloads; none, with a word why, where shared/ or ndpiReader is absent."""
    if not CORPUS.is_dir():
        print(f"replay: skipped, there is no {CORPUS}")
        return []
    if shutil.which("ndpiReader") is None:
        print("replay: skipped, ndpiReader is not installed (make bench installs it)")
        return []
    with tempfile.TemporaryDirectory(prefix="appsteer-bench-") as folder:
        figures = _workload("files", _files_that_all_read(), _starts(Path(folder)))
        _make_merged(Path(folder))
        figures += _workload("merged", [Path(folder) / "corpus.pcap"])
    return figures


def _make_merged(folder: Path) -> None:
    command = [sys.executable, "-B", "make_workloads.py", "--corpus", str(CORPUS.parent), "--out", str(folder)]
    command += ["--only", "corpus", "--scale", str(MERGED_SCALE)]
    subprocess.run(command, cwd=SHARED / "bench", check=True, stdout=subprocess.DEVNULL)


def _files_that_all_read() -> list[Path]:
    """ndpiReader leaves out link types that it does not know; those captures are left out for everyone."""
    kept = []
    for file in sorted(CORPUS.iterdir()):
        answer = subprocess.run(["ndpiReader", "-q", "-i", str(file)], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and "Unsupported datalink" not in answer.stdout + answer.stderr:
            kept.append(file)
    return kept


def _workload(name: str, files: Sequence[Path], starts: dict[str, float] | None = None) -> list[Figure]:
    packets = _count_packets(files)
    walls = _walls(files)
    figures = _figures(name, f"{packets:,} packets of flows, captures: {len(files)}", packets, walls)
    if starts:
        rest = {engine: [wall - starts[engine] for wall in runs] for engine, runs in walls.items()}
        note = ", ".join(f"{engine} starts in {start:.2f} s" for engine, start in starts.items())
        figures += _figures(f"{name}, start taken off", note, packets, rest)
    return figures


def _walls(files: Sequence[Path]) -> dict[str, list[float]]:
    """Seconds of every run, by engine."""
    walls: dict[str, list[float]] = {engine.name: [] for engine in ENGINES}
    for _ in range(REPEATS):
        for engine in ENGINES:
            walls[engine.name].append(run_timed(engine.command(files)))
    return walls


def _figures(name: str, what: str, packets: int, walls: dict[str, list[float]]) -> list[Figure]:
    figures = []
    ours = statistics.median(walls[ENGINES[0].name])
    for engine, runs in walls.items():
        wall = statistics.median(runs)
        note = f"{wall:.2f} s ({min(runs):.2f} to {max(runs):.2f})"
        note += f"; {what}" if engine == ENGINES[0].name else f"; AppSteer is {wall / ours:.1f} times as fast"
        figures.append(
            Figure(name=f"{name}: {engine}", value=packets / wall, unit="packet/s", samples=REPEATS, note=note)
        )
    return figures


def _starts(folder: Path) -> dict[str, float]:
    """Median seconds that each engine takes for one packet."""
    frame = bytes.fromhex("020000000002020000000001 0800 4500001c000000004011 0000 0a000001 0a000002 1389138a00080000")
    capture = folder / "one.pcap"
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # pcap, microseconds, Ethernet
    capture.write_bytes(head + struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    return {engine: statistics.median(runs) for engine, runs in _walls([capture]).items()}


def _count_packets(files: Sequence[Path]) -> int:
    answer = subprocess.run(
        [str(APPSTEER), "replay", "--json", *map(str, files)], capture_output=True, text=True, check=True
    )
    return sum(json.loads(line)["packets"] for line in answer.stdout.splitlines())


def _playlist(files: Sequence[Path]) -> Path:
    """ndpiReader reads several captures in one process from a file that names them."""
    if len(files) == 1:
        return files[0]
    path = OUTPUT / "playlist.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{file}\n" for file in files))
    return path


def run_timed(command: Sequence[str]) -> float:
    """Seconds of one run on the first processor, start and end included."""
    began = time.perf_counter()
    subprocess.run(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.perf_counter() - began
