"""Predicates of one bridge: which have a label bit, kept over restarts.

The table is a value of ``ofext.predicates``; this module owns its current version, the file it is kept in, the index
from what flows say to bits, and the order of steps in which a bit that no rule uses any more becomes free again. A bit
is never given to another predicate while a connection may still carry it from the first.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ofext import label
from ofext.errors import DecodeError, EncodeError, MatchConflictError, MatchError, OfextError
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Type
from ofext.openflow.rewrite import lower_message, predicates_of_message, raise_message
from ofext.predicates import Predicate, PredicateTable, TableFull
from switch_dpi.conntrack import Connection
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.vocabulary import Vocabulary

log = logging.getLogger(__name__)

_LOWERED: Final = frozenset({int(Type.EXPERIMENTER), int(Type.FLOW_MOD), int(Type.MULTIPART_REQUEST)}) | {
    int(Type.BUNDLE_ADD_MESSAGE)
}
_CT_LABEL: Final = re.compile(r"ct_label=(0x[0-9a-f]+|\d+)(?:/(0x[0-9a-f]+))?")


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
        self.refused = 0
        """Messages that could not be lowered."""
        self._lock = threading.Lock()
        self._asked: set[Predicate] = set()
        self._unused: frozenset[Predicate] = frozenset()
        self._was_retired: frozenset[int] = frozenset()
        self.table = _load(path)
        self.vocabulary = vocabulary
        self.index = PredicateIndex(self.table, vocabulary)

    def renew(self, vocabulary: Vocabulary) -> None:
        """The engine has another catalogue: other flows may fit."""
        with self._lock:
            self.vocabulary = vocabulary
            self.index = PredicateIndex(self.table, vocabulary)
        self._on_change()

    def lower(self, message: bytes) -> bytes | L7Error:
        """A message from the controller as Open vSwitch understands it; new patterns get a bit first."""
        if message[1] not in _LOWERED or EXPERIMENTER_BYTES not in message:
            return message
        with self._lock:
            try:
                return self._lower(message)
            except OfextError as error:
                self.refused += 1
                return _l7_error(error, message)

    def raise_(self, message: bytes) -> bytes:
        """A message from the switch with L7 fields; one that cannot be read goes through as it is."""
        try:
            return raise_message(message, self.table, edge_zone=self._edge_zone)
        except OfextError as error:
            log.warning("a message of type %d from the bridge was not understood: %s", message[1], error)
            return message

    @property
    def wants_cleaning(self) -> bool:
        """Bits are short, or some are on their way to be free again."""
        return bool(self.table.retired) or 2 * len(self.table.bits) > self.table.capacity

    def retire_unused(self, dumped_flows: str) -> None:
        """Let go of patterns that no rule compares, given the output of ``ovs-ofctl dump-flows``.

        A pattern goes when two dumps in a row do not have it and no message has asked for it in between: dumps have to
        be further apart than a FLOW_MOD takes, or a bundle stays open (10 s in Open vSwitch).
        """
        with self._lock:
            self._retire_all_but(used_predicate_bits(dumped_flows))

    def _retire_all_but(self, used: int) -> None:
        unused = frozenset(
            predicate
            for predicate, number in self.table.bits.items()
            if predicate not in self._asked and not used & label.predicate_bit(number)
        )
        gone = unused & self._unused
        self._unused = unused - gone
        self._asked.clear()
        if gone:
            log.info("predicates without a rule: %s", ", ".join(sorted(str(predicate) for predicate in gone)))
            self._replace(self.table.retain(self.table.bits.keys() - gone))

    def recycle_clean(self, connections: Iterable[Connection]) -> int:
        """Free the retired bits if no connection has one, given a dump younger than the call before.

        Returns the bits that have to be cleared first.
        """
        retired = label.predicate_mask(self.table.retired)
        was_retired, self._was_retired = self._was_retired, self.table.retired
        carried = 0
        for connection in connections:
            carried |= connection.label & retired
        with self._lock:
            if retired and not carried and was_retired == self.table.retired:
                self._replace(self.table.recycle())
                return 0
        return retired

    def distrust_unknown(self, dumped_flows: str, connections: Iterable[Connection]) -> None:
        """Put into quarantine what rules or connections use and the table does not know (its file was lost, or old)."""
        seen = used_predicate_bits(dumped_flows)
        for connection in connections:
            seen |= connection.label & label.PREDICATES_MASK
        unknown = frozenset(label.predicates_in(seen)).difference(self.table.bits.values(), self.table.retired)
        if unknown:
            log.warning("%d label bits are in use for predicates that are not known any more", len(unknown))
            self._replace(PredicateTable(self.table.bits, self.table.retired | unknown, self.table.capacity))

    def _lower(self, message: bytes) -> bytes:
        needed = predicates_of_message(message)
        for predicate in needed:
            if predicate not in self.table.bits:
                self.vocabulary.check(predicate)
        grown = self.table.with_predicates(needed)
        if isinstance(grown, TableFull):
            raise _NoBitError(grown)
        lowered = lower_message(message, grown)
        self._asked.update(needed)
        self._replace(grown)
        return lowered

    def _replace(self, table: PredicateTable) -> None:
        if table is self.table:
            return
        _save(self._path, table)
        self.table = table
        self.index = PredicateIndex(table, self.vocabulary)
        self._on_change()


def used_predicate_bits(dumped_flows: str) -> int:
    """Predicate bits that any ``ct_label`` match in the output of ``ovs-ofctl dump-flows`` compares."""
    used = 0
    for line in dumped_flows.splitlines():
        for value, mask in _CT_LABEL.findall(line):
            used |= int(mask, 16) if mask else int(value, 0) | label.LABEL_MASK
    return used & label.PREDICATES_MASK


class _NoBitError(OfextError):
    def __init__(self, full: TableFull) -> None:
        self.predicate = full.predicate
        super().__init__(
            f"no label bit is free for {full.predicate}: "
            f"{full.capacity} predicates may be installed at a time, {full.retired} are being let go"
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
    offset = error.offset or 0 if isinstance(error, MatchError) else 0
    return L7Error(code=code, offset=offset, data=message[offset : offset + 64], text=text)


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
