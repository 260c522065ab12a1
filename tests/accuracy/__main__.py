"""`make accuracy`: plays the labelled captures of ../shared/corpus and says how often the engine is right."""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from tests.accuracy.confusion import Pair, confusion, wrong_carriers
from tests.accuracy.corrections import KINDS, Correction, CorrectionError, Label, read_corrections, set_right
from tests.accuracy.first_packet import FirstPackets, Tally, judge

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
TOOL = SHARED / "bench" / "score_labels.py"
CORPUS = SHARED / "corpus"
PEERS = ROOT / "tests" / "peers"
ALIASES = PEERS / "ndpi_aliases.tsv"
OUTPUT = ROOT / "build" / "accuracy"
MISSES_SHOWN = 40
EVIDENCE_SOURCES = ("dpi", "dpi-cache", "dpi-partial")  # labels that rest on the flow's bytes


def main() -> None:
    """Prints the report, and keeps it with the records in build/accuracy/.

    `python -m tests.accuracy RECORDS` judges records that were made before.
    """
    for needed in (TOOL, CORPUS / "labels.jsonl", CORPUS / "pcaps"):
        if not needed.exists():
            print(f"accuracy: skipped, there is no {needed}")
            return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    records_path = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT / "records.jsonl"
    if len(sys.argv) == 1:
        _replay(records_path)
    try:
        corrections = read_corrections(PEERS / "label_errors.tsv")
        parts = _report(_read(CORPUS / "labels.jsonl"), corrections, records_path)
    except CorrectionError as error:
        sys.exit(f"accuracy: {error}")
    text = "\n\n".join(parts) + "\n"
    print(text, end="")
    (OUTPUT / "report.txt").write_text(text, encoding="utf-8")


def _replay(out: Path) -> None:
    captures = [str(file) for file in sorted((CORPUS / "pcaps").iterdir())]
    appsteer = Path(sys.executable).with_name("appsteer")
    subprocess.run(
        [str(appsteer), "replay", "--json", "-o", str(out), *captures], check=False
    )  # broken captures: exit code 1


def _report(labels: Sequence[Label], corrections: Sequence[Correction], records_path: Path) -> list[str]:
    records = _read(records_path)
    parts = [_titled("Labels as they are", _score(CORPUS / "labels.jsonl", records_path, MISSES_SHOWN))]
    for title, kinds in (
        ("Labels, misspelt addresses and wrong names set right", ("wrong", "ends")),
        ("The same, and applications named where the label names the carrier or the owner alone", KINDS),
    ):
        path = OUTPUT / f"labels_{'_'.join(kinds)}.jsonl"
        righted = set_right(labels, corrections, kinds)
        path.write_text("".join(json.dumps(label) + "\n" for label in righted), encoding="utf-8")
        parts.append(_titled(title, _score(path, records_path, 0)))
    pairs = _pairs(OUTPUT / "labels_wrong_ends.jsonl", records_path)
    parts.append(_titled("Confusion: the label's carrier, ours, flows (wrong labels set right)", _confusion(pairs)))
    parts.append(_titled("Flows claimed by another protocol than the label's", _wrong_carriers(pairs)))
    parts.append(_titled("Flows that no label names by their bytes", _unlabelled(pairs)))
    parts.append(_titled("Labels that are wrong, with evidence (tests/peers/label_errors.tsv)", _errors(corrections)))
    parts.append(_titled("First packet", _first_packets(judge(records))))
    return parts


def _titled(title: str, text: str) -> str:
    return f"{title}\n{'-' * len(title)}\n{text.rstrip()}"


def _read(path: Path) -> list[Label]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _score(labels: Path, records: Path, misses: int) -> str:
    command = [sys.executable, "-B", str(TOOL), "--labels", str(labels), "--predictions", str(records)]
    command += ["--aliases", str(ALIASES), "--misses", str(misses)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _pairs(labels: Path, records: Path) -> list[Pair]:
    """Labels and records as the tool pairs them, and the names that it compares."""
    tool = _tool()
    aliases = tool.read_aliases(ALIASES)
    ours = tool.read(records)
    return [
        Pair(label=label, record=ours[key], want=tool.parts(label, aliases), got=tool.parts(ours[key], aliases))
        for key, label in tool.read(labels).items()
        if key in ours
    ]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_labels", TOOL)
    if spec is None or spec.loader is None:
        sys.exit(f"accuracy: {TOOL} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _scored(pairs: Iterable[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.label["source"] in EVIDENCE_SOURCES and pair.label["payload"] > 0]


def _confusion(pairs: Sequence[Pair]) -> str:
    return "\n".join(f"{want:<24} {got:<24} {flows:5d}" for want, got, flows in confusion(_scored(pairs))) or "none"


def _wrong_carriers(pairs: Sequence[Pair]) -> str:
    lines = []
    for pair in wrong_carriers(_scored(pairs)):
        label, record = pair.label, pair.record
        lines.append(
            f"{label['pcap']} flow {label['flow']}: {label['label']}, ours {record['protocol']} "
            f"at {record['confidence']} by {record['evidence']}"
        )
    return "\n".join(lines) or "none"


def _unlabelled(pairs: Sequence[Pair]) -> str:
    """How many flows have a name from us, of those that the peer could not name, or named by port or address."""
    flows, named = Counter[str](), Counter[str]()
    for pair in pairs:
        source = pair.label["source"]
        if source not in EVIDENCE_SOURCES and pair.label["payload"] > 0:
            flows[source] += 1
            named[source] += pair.got[0] is not None
    return "\n".join(
        f"{source:<8} {flows[source]:5d} flows with payload, named by us {named[source]:5d}" for source in flows
    )


def _errors(corrections: Sequence[Correction]) -> str:
    return "\n".join(
        f"{c.capture}, {len(c.flows)} flow(s): {c.label}, right is {c.right} ({c.kind}): {c.evidence}"
        for c in corrections
    )


def _first_packets(found: FirstPackets) -> str:
    lines = [
        f"{found.all.guesses} of {found.verdicts} flows with a verdict had a guess at their first packet: coverage "
        f"{found.coverage:.1%}, precision {found.all.precision:.1%}",
        f"not judged: {found.unconfirmed} guesses that nothing confirmed, {found.unknown_later} of flows left unknown",
        f"{'from':<12} {'guesses':>8} {'right':>8} {'claimed':>8}",
        *(_tally(source, tally) for source, tally in sorted(found.by_source.items())),
        f"{'confidence':<12} {'guesses':>8} {'right':>8} {'claimed':>8}",
        *(
            _tally(f"{10 * decile} to {10 * decile + 9 + decile // 9}", t)
            for decile, t in sorted(found.by_decile.items())
        ),
    ]
    return "\n".join(lines)


def _tally(name: str, tally: Tally) -> str:
    return f"{name:<12} {tally.guesses:8d} {tally.precision:8.1%} {tally.mean_confidence:8.1%}"


if __name__ == "__main__":
    main()
