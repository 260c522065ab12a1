"""Predicates of one bridge: which have a label bit, kept over restarts, and who still needs them.

The table is a value of ``ofext.predicates``; this module owns its current version, the file it is kept in, the index
from what flows say to bits, and the order of steps in which a bit that nothing compares any more becomes free again:

1. A look: what is on its way to the switch is noted, then the switch's rules are listed. A predicate that neither has,
   and that no message has asked for since, loses its bit: no rule has it, and none can come.
2. The bit is taken out of the connections (``switch_dpi.reclaim``).
3. When no connection has it and no mark with it is on its way, it is free.

So a bit never means two things. The switch's own tables are what counts, whoever changed them and why.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ofext import label, oxm
from ofext.errors import MAX_FOUND_SIZE, DecodeError, EncodeError, MatchConflictError, MatchError, OfextError
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Type
from ofext.openflow.rewrite import lower_message, predicates_of_message, raise_message
from ofext.predicates import Predicate, PredicateTable, TableFull
from switch_dpi.conntrack import Connection
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.references import LEFT_BEHIND_S, References
from switch_dpi.room import Room
from switch_dpi.shim.bundles import bundle_ended
from switch_dpi.shim.gate import PutOff
from switch_dpi.vocabulary import Vocabulary

log = logging.getLogger(__name__)

MAX_MISUNDERSTOOD_TOLD: Final = 10  # log lines; who sends one such message may send a million

_LOWERED: Final = frozenset({int(Type.EXPERIMENTER), int(Type.FLOW_MOD), int(Type.MULTIPART_REQUEST)}) | {
    int(Type.BUNDLE_ADD_MESSAGE)
}
_ENDS_BUNDLES: Final = frozenset({int(Type.EXPERIMENTER), int(Type.BUNDLE_CONTROL)})


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the switch's rules has begun; ``held`` are the predicates that messages then held."""

    held: frozenset[Predicate]


class PredicateStore:
    """The current table of a bridge; also the gate through which messages with L7 matches go.

    The relay's thread lowers and raises, the loop cleans up; one lock keeps the changes apart.
    """

    def __init__(
        self, path: Path, edge_zone: int, vocabulary: Vocabulary, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._path = path
        self._edge_zone = edge_zone
        self._on_change = on_change
        self.room = Room()
        """How far it is with a rule for which no bit is free."""
        self.refused = 0
        """Messages that could not be lowered."""
        self.misunderstood = 0
        """Messages of the switch that could not be raised."""
        self.rules: Mapping[Predicate, int] = {}
        """How many rules of the switch compare each predicate, as of the last look."""
        self._lock = threading.Lock()
        self._references = References()
        self._asked: set[Predicate] = set()
        self.table = _load(path)
        self.vocabulary = vocabulary
        self.index = PredicateIndex(self.table, vocabulary)

    def renew(self, vocabulary: Vocabulary) -> None:
        """The engine has another catalogue: other flows may fit."""
        with self._lock:
            self.vocabulary = vocabulary
            self.index = PredicateIndex(self.table, vocabulary)
        self._on_change()

    def begin_session(self) -> None:
        """The bridge has connected anew."""
        now_s = time.monotonic()
        with self._lock:
            self._references = References(self._references.held(now_s), now_s + LEFT_BEHIND_S)
            self.room.forget()

    @property
    def is_making_room(self) -> bool:
        """A message that was put off waits for a bit still."""
        return self.room.is_being_made

    def lower(self, message: bytes) -> bytes | L7Error | PutOff:
        """A message from the controller as Open vSwitch understands it; predicates of rules that come get a bit first.

        What is to be known of its arrival is asked by an ECHO_REQUEST behind it; see :meth:`answered`.
        """
        if message[1] in _ENDS_BUNDLES and bundle_ended(message) is not None:
            with self._lock:
                return message + self._references.note(message, ())
        if message[1] not in _LOWERED or EXPERIMENTER_BYTES not in message:
            return message
        try:
            return self._lower(message)
        except OfextError as error:
            if isinstance(error, _NoBitError) and self.room.wants_to_begin(time.monotonic()):
                return self._put_off(message[0])
            self.refused += 1
            return _l7_error(error, message)

    def answered(self, message: bytes) -> bytes | None:
        """Of an ECHO_REPLY of the switch to a question from here: what to send to it next. None for others."""
        with self._lock:
            if not self._references.is_answer(message):
                return None
            following = self._references.answer(message)
            read_up_to = self._references.answered_up_to
        self.room.has_read(read_up_to)
        return following

    def raise_(self, message: bytes) -> bytes:
        """A message from the switch with L7 fields; one that cannot be read goes through as it is."""
        try:
            return raise_message(message, self.table, edge_zone=self._edge_zone)
        except OfextError as error:
            self.misunderstood += 1
            level = logging.WARNING if self.misunderstood <= MAX_MISUNDERSTOOD_TOLD else logging.DEBUG
            log.log(level, "a message of type %d from the bridge was not understood: %s", message[1], error)
            return message

    @property
    def wants_cleaning(self) -> bool:
        """Bits are short, or some are on their way to be free again."""
        return bool(self.table.retired) or 2 * len(self.table.bits) > self.table.capacity

    def begin_look(self) -> Look:
        """Before the switch's rules are listed. One look at a time."""
        with self._lock:
            self._asked.clear()
            return Look(self._references.held(time.monotonic()))

    def end_look(self, look: Look, rules: Mapping[int, int], *, retire: bool) -> None:
        """After it: how many rules compare each bit. With ``retire`` what nothing needs any more loses its bit."""
        with self._lock:
            self.rules = {predicate: rules.get(number, 0) for predicate, number in self.table.bits.items()}
            unused = {each for each, count in self.rules.items() if not count} - look.held - self._asked
            if retire and unused:
                log.info("predicates without a rule: %s", ", ".join(sorted(map(str, unused))))
                self._replace(self.table.retain(self.table.bits.keys() - unused))

    def recycle(self, cleared: frozenset[int]) -> None:
        """These retired bits are in no connection and in no mark on its way: they are free."""
        with self._lock:
            self._replace(self.table.recycle(cleared))

    def distrust_unknown(self, rules: Mapping[int, int], connections: Iterable[Connection]) -> None:
        """Put into quarantine what rules or connections use and the table does not know (its file was lost, or old)."""
        seen = set(rules)
        for connection in connections:
            seen.update(label.predicates_in(connection.label))
        unknown = frozenset(seen).difference(self.table.bits.values(), self.table.retired)
        if unknown:
            log.warning("%d label bits are in use for predicates that are not known any more", len(unknown))
            with self._lock:
                self._replace(PredicateTable(self.table.bits, self.table.retired | unknown, self.table.capacity))

    def _put_off(self, version: int) -> PutOff:
        with self._lock:
            number, question = self._references.ask(version)
            self.room.begin(number)
            return PutOff(question)

    def _lower(self, message: bytes) -> bytes:
        with self._lock:
            needed = predicates_of_message(message, self._check)
            grown = self.table.with_predicates(needed)
            if isinstance(grown, TableFull):
                raise _NoBitError(grown, len(self._references.held(time.monotonic())))
            lowered = lower_message(message, grown)
            self._asked.update(needed)
            self.room.forget()
            self._replace(grown)
            return lowered + self._references.note(lowered, needed) if needed else lowered

    def _check(self, predicate: Predicate) -> None:
        """One that has a bit was right when it came; the catalogue may have changed since."""
        if predicate not in self.table.bits:
            self.vocabulary.check(predicate)

    def _replace(self, table: PredicateTable) -> None:
        if table is self.table:
            return
        _save(self._path, table)
        self.table = table
        self.index = PredicateIndex(table, self.vocabulary)
        self._on_change()


class _NoBitError(OfextError):
    def __init__(self, full: TableFull, held: int) -> None:
        super().__init__(
            f"no label bit is free for {full.predicate}: of {full.capacity} {full.capacity - full.retired} belong to "
            f"predicates that rules compare (or messages on their way, {held}), and {full.retired} are being let go"
        )


def _l7_error(error: OfextError, message: bytes) -> L7Error:
    """What the controller is told of a message that was not lowered."""
    text = str(error).encode()[:255].decode(errors="ignore")
    if isinstance(error, DecodeError):
        return L7Error(code=ErrorCode.MALFORMED, offset=error.offset, data=error.found, text=text)
    code = ErrorCode.MATCH_VALUE
    if isinstance(error, _NoBitError):
        code = ErrorCode.PREDICATES_FULL
    elif isinstance(error, MatchConflictError):
        code = ErrorCode.MATCH_CONFLICT
    elif isinstance(error, EncodeError):
        code = ErrorCode.MALFORMED
    if isinstance(error, MatchError) and error.offset is not None:
        size = oxm.HEADER_SIZE + message[error.offset + oxm.HEADER_SIZE - 1]
        found = message[error.offset : error.offset + min(size, MAX_FOUND_SIZE)]
        return L7Error(code=code, offset=error.offset, data=found, text=text)
    return L7Error(code=code, data=message[:MAX_FOUND_SIZE], text=text)


def _load(path: Path) -> PredicateTable:
    """The table that was kept, or an empty one when there is none or it cannot be read."""
    try:
        return PredicateTable.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return PredicateTable()
    except (OSError, UnicodeDecodeError, DecodeError) as error:
        log.warning("%s cannot be used (%s); all bits stay in quarantine until no connection has one", path, error)
        return PredicateTable(retired=frozenset(range(label.PREDICATE_CAPACITY)))


def _save(path: Path, table: PredicateTable) -> None:
    """Write beside the file and rename, so that a crash leaves the old table or the new one.

    No fsync: a table that is older than the switch's rules is found out by :meth:`PredicateStore.distrust_unknown`.
    """
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(table.to_json(), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        log.warning("predicates cannot be kept: %s", error)
        with contextlib.suppress(OSError):
            beside.unlink()
