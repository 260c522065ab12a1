"""Labels of the corpus that are known to be wrong (tests/peers/label_errors.tsv), and the labels with them set right.

A line of the file has six columns with tabs between them: capture; flows, by their numbers in the labels (`3,7-9`); the
label as it stands; what is right; kind; evidence. Kinds:

- `wrong`: the label names something else than the bytes show;
- `coarse`: the label names the carrier or the owner alone, where a name in the flow tells the application;
- `ends`: an address is misspelt, so the flow pairs with none; what is right is `src=ADDRESS` or `dst=ADDRESS`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("wrong", "coarse", "ends")
Label = dict[str, Any]


class CorrectionError(Exception):
    """A line of the file that cannot be read, or that does not fit the labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Flows of one capture whose labels are wrong in the same way."""

    at: str
    capture: str
    flows: tuple[int, ...]
    label: str
    right: str
    kind: str
    evidence: str


def read_corrections(path: Path) -> list[Correction]:
    """All lines but comments and empty ones."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [_read(f"{path.name}:{number}", line) for number, line in lines if line.strip() and not line.startswith("#")]


def set_right(labels: Sequence[Label], corrections: Iterable[Correction], kinds: Sequence[str]) -> list[Label]:
    """Copies of the labels, those of corrections of these kinds changed.

    Every correction is compared with its label, whatever its kind: `CorrectionError` where there is no such flow, or
    where its label is another.
    """
    changed = {(label["pcap"], label["flow"]): dict(label) for label in labels}
    for correction in corrections:
        for flow in correction.flows:
            label = changed.get((correction.capture, flow))
            if label is None:
                raise CorrectionError(f"{correction.at}: {correction.capture} has no flow {flow}")
            if correction.kind == "ends":
                name, _, address = correction.right.partition("=")
                change = {name: address}
            else:
                change = {"label": correction.right}
            if correction.label != label["label"]:
                raise CorrectionError(
                    f"{correction.at}: flow {flow} is labelled {label['label']}, not {correction.label}"
                )
            if correction.kind in kinds:
                label.update(change)
    return list(changed.values())


def _read(at: str, line: str) -> Correction:
    columns = line.split("\t")
    if len(columns) != 6 or not all(columns):
        raise CorrectionError(f"{at}: six columns with tabs between them expected, found {len(columns)}")
    capture, flows, label, right, kind, evidence = columns
    if kind not in KINDS:
        raise CorrectionError(f"{at}: kind {kind!r}, expected one of {', '.join(KINDS)}")
    if kind == "ends" and right.partition("=")[0] not in ("src", "dst"):
        raise CorrectionError(f"{at}: {right!r}, expected src=ADDRESS or dst=ADDRESS")
    return Correction(
        at=at, capture=capture, flows=_numbers(at, flows), label=label, right=right, kind=kind, evidence=evidence
    )


def _numbers(at: str, text: str) -> tuple[int, ...]:
    """`3,7-9` as 3, 7, 8, 9."""
    numbers: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            numbers += range(int(first), int(last or first) + 1)
    except ValueError:
        raise CorrectionError(f"{at}: flows {text!r}, expected numbers such as 3,7-9") from None
    return tuple(numbers)
