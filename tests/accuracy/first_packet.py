"""What was said at a flow's first packet, against what the same flow was found to be in the end.

Judged are the flows whose own bytes gave the verdict: a flow that stayed a guess confirms nothing. A guess is right
when all that it names, protocol and application, is in the verdict.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

DECILES = 10


@dataclass(slots=True)
class Tally:
    """Guesses of one source, or of one decile of confidence."""

    guesses: int = 0
    right: int = 0
    confidence_sum: int = 0

    def add(self, *, right: bool, confidence: int) -> None:
        """Counts one guess; confidence in hundredths."""
        self.guesses += 1
        self.right += right
        self.confidence_sum += confidence

    @property
    def precision(self) -> float:
        """Share of the guesses that were right, 0 to 1."""
        return self.right / self.guesses if self.guesses else 0.0

    @property
    def mean_confidence(self) -> float:
        """What the guesses claimed of themselves, 0 to 1."""
        return self.confidence_sum / self.guesses / 100 if self.guesses else 0.0


@dataclass(slots=True)
class FirstPackets:
    """Coverage, precision and calibration of the guesses."""

    verdicts: int = 0
    unconfirmed: int = 0
    unknown_later: int = 0
    all: Tally = field(default_factory=Tally)
    by_source: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_decile: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def coverage(self) -> float:
        """Share of the flows with a verdict that had a guess at their first packet, 0 to 1."""
        return self.all.guesses / self.verdicts if self.verdicts else 0.0


def judge(records: Iterable[Mapping[str, Any]]) -> FirstPackets:
    """Over the records of a replay."""
    found = FirstPackets()
    for record in records:
        guess = record.get("first_packet")
        if record["state"] == "guessed":
            found.unconfirmed += guess is not None
        elif record["protocol"] is None and record["app"] is None:
            found.unknown_later += guess is not None
        else:
            found.verdicts += 1
            if guess is not None:
                _count(found, guess, right=is_right(guess, record))
    return found


def is_right(guess: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether all that the guess names came true; a look-up is one whatever it asks about."""
    named = ("protocol",) if _is_look_up(guess, record) else ("protocol", "app")
    return all(guess.get(name) in (None, record[name]) for name in named)


def _is_look_up(guess: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """The flow asks for a name, and the guess names no application."""
    return "dns.query" in record.get("metadata", {}) and guess.get("app") == guess.get("protocol")


def _count(found: FirstPackets, guess: Mapping[str, Any], *, right: bool) -> None:
    confidence = int(guess["confidence"])
    decile = min(confidence // DECILES, DECILES - 1)
    for tally in (found.all, found.by_source[guess["from"]], found.by_decile[decile]):
        tally.add(right=right, confidence=confidence)
