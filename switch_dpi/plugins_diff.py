"""Recorded traffic classified with two sets of signatures: the flows that are not found as the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from switch_dpi._native import CaptureError, EngineOptions, FlowRecord, Replay, Signatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a flow was found as."""

    app: str
    """Key of the application or protocol; of an unknown site its registrable domain."""
    protocol: str
    category: str
    evidence: str

    def is_same(self, other: Verdict) -> bool:
        """Whatever the evidence."""
        return (self.app, self.protocol, self.category) == (other.app, other.protocol, other.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A flow that the two sets do not agree on; None: the set has no such flow (in a tunnel that it did not open)."""

    capture: str
    flow: FlowRecord
    old: Verdict | None
    new: Verdict | None


def differences(
    old: Signatures, new: Signatures, captures: Iterable[Path], options: EngineOptions, failures: list[str]
) -> Iterator[Change]:
    """Changes as they are found, capture by capture. What cannot be read of a capture is added to ``failures``."""
    for capture in captures:
        try:
            before, after = (Replay(str(capture), known, options) for known in (old, new))
            yield from _in_capture(capture, before, after)
        except CaptureError as error:
            failures.append(str(error))
        except UnicodeEncodeError:
            failures.append(f"{str(capture)!r}: the name is not UTF-8")
        else:
            if after.truncated_at is not None:
                failures.append(f"{capture}: cut off in the record at byte {after.truncated_at}")


def _in_capture(capture: Path, old: Iterator[FlowRecord], new: Iterator[FlowRecord]) -> Iterator[Change]:
    """Both replays in step, so that only flows which one of them has ended earlier are held."""
    waiting: tuple[dict[int, FlowRecord], dict[int, FlowRecord]] = ({}, {})
    sides = [(0, iter(old)), (1, iter(new))]
    while sides:
        for side, records in list(sides):
            record = next(records, None)
            if record is None:
                sides.remove((side, records))
                continue
            other = waiting[1 - side].pop(record.flow_id, None)
            if other is None:
                waiting[side][record.flow_id] = record
            else:
                before, after = (record, other) if side == 0 else (other, record)
                yield from _change(capture, before, after)
    for record in waiting[0].values():
        yield Change(capture=capture.name, flow=record, old=_verdict(record), new=None)
    for record in waiting[1].values():
        yield Change(capture=capture.name, flow=record, old=None, new=_verdict(record))


def _change(capture: Path, before: FlowRecord, after: FlowRecord) -> Iterator[Change]:
    old, new = _verdict(before), _verdict(after)
    if not old.is_same(new):
        yield Change(capture=capture.name, flow=after, old=old, new=new)


def _verdict(record: FlowRecord) -> Verdict:
    return Verdict(
        app=record.site or record.app_key,
        protocol=record.protocol,
        category=record.category,
        evidence=record.evidence,
    )
