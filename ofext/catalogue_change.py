"""CatalogueChange: what came to the catalogue and what went, from one version to the next (SPEC.md §3.9).

An id never comes to stand for something else: an entry that changed keeps its id, an id that went is not given again.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import ClassVar, Final, TypeVar

from ofext import wire
from ofext.catalogue import (
    MAX_NAME_SIZE,
    MAX_PART_SIZE,
    AppEntry,
    AttributeEntry,
    Catalogue,
    CatalogueFlags,
    CategoryEntry,
    Entry,
    collect_entries,
    encode_entry,
)
from ofext.errors import DecodeError
from ofext.wire import Reader


class GoneTlv(IntEnum):
    """TLV types of ids that went; entries that came or changed have those of a catalogue."""

    APP = 4
    CATEGORY = 5
    ATTRIBUTE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueChange:
    """From version `before` to `version`: entries that are new or changed, and ids that went.

    One part of it when `more` says that others follow.
    """

    EXP_TYPE: ClassVar[int] = 12

    before: str
    version: str
    apps: tuple[AppEntry, ...] = ()
    categories: tuple[CategoryEntry, ...] = ()
    attributes: tuple[AttributeEntry, ...] = ()
    gone_apps: frozenset[int] = field(default_factory=frozenset)
    gone_categories: frozenset[int] = field(default_factory=frozenset)
    gone_attributes: frozenset[int] = field(default_factory=frozenset)
    more: bool = False

    def encode(self) -> bytes:
        """The body. Raises EncodeError; big changes go through `split` first."""
        return _head(self) + b"".join(_pieces(self))

    @staticmethod
    def decode(body: bytes) -> "CatalogueChange":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        flags, before_size, size = reader.fields(_HEAD, "flags and sizes of two versions")
        before = reader.text(before_size, "the version before")
        version = reader.text(size, "the version after")
        gone: dict[int, set[int]] = {kind: set() for kind in GoneTlv}
        rest: list[tuple[int, Reader]] = []
        for kind, value in reader.tlvs():
            if kind in gone:
                (number,) = value.rest_fields(_GONE[kind], "an id that went")
                gone[kind].add(number)
            else:
                rest.append((kind, value))
        apps, categories, attributes = collect_entries(rest)
        return CatalogueChange(
            before=before,
            version=version,
            apps=apps,
            categories=categories,
            attributes=attributes,
            gone_apps=frozenset(gone[GoneTlv.APP]),
            gone_categories=frozenset(gone[GoneTlv.CATEGORY]),
            gone_attributes=frozenset(gone[GoneTlv.ATTRIBUTE]),
            more=bool(flags & CatalogueFlags.MORE),
        )


def difference(old: Catalogue, new: Catalogue) -> CatalogueChange:
    """What changes from one whole catalogue to another."""
    apps, gone_apps = _compared(old.apps, new.apps, lambda entry: entry.app_id)
    categories, gone_categories = _compared(old.categories, new.categories, lambda entry: entry.category)
    attributes, gone_attributes = _compared(old.attributes, new.attributes, lambda entry: entry.attribute)
    return CatalogueChange(
        before=old.version,
        version=new.version,
        apps=apps,
        categories=categories,
        attributes=attributes,
        gone_apps=gone_apps,
        gone_categories=gone_categories,
        gone_attributes=gone_attributes,
    )


def applied(catalogue: Catalogue, change: CatalogueChange) -> Catalogue:
    """The catalogue after a whole change. Raises DecodeError when it is a change of another version."""
    if change.before != catalogue.version:
        raise DecodeError(0, f"a change of catalogue {catalogue.version!r}", change.before.encode())
    return Catalogue(
        version=change.version,
        apps=_merged(catalogue.apps, change.apps, change.gone_apps, lambda entry: entry.app_id),
        categories=_merged(
            catalogue.categories, change.categories, change.gone_categories, lambda entry: entry.category
        ),
        attributes=_merged(
            catalogue.attributes, change.attributes, change.gone_attributes, lambda entry: entry.attribute
        ),
    )


def split(change: CatalogueChange, limit: int = MAX_PART_SIZE) -> Iterator[bytes]:
    """Bodies of at most `limit` bytes (but at least one entry); all but the last say that more follow."""
    head_size = len(_head(change))
    held: list[bytes] = []
    size = head_size
    for piece in _pieces(change):
        if held and size + len(piece) > limit:
            yield _head(replace(change, more=True)) + b"".join(held)
            held, size = [], head_size
        held.append(piece)
        size += len(piece)
    yield _head(replace(change, more=False)) + b"".join(held)


def join(parts: Iterable[CatalogueChange]) -> CatalogueChange:
    """The whole change of all its parts. Raises DecodeError when versions differ or the last part is missing."""
    got = list(parts)
    if not got or got[-1].more:
        raise DecodeError(0, "a last part of a catalogue change")
    if len({(part.before, part.version) for part in got}) > 1:
        raise DecodeError(0, "parts of one catalogue change", got[-1].version.encode())
    return CatalogueChange(
        before=got[0].before,
        version=got[0].version,
        apps=tuple(entry for part in got for entry in part.apps),
        categories=tuple(entry for part in got for entry in part.categories),
        attributes=tuple(entry for part in got for entry in part.attributes),
        gone_apps=frozenset[int]().union(*(part.gone_apps for part in got)),
        gone_categories=frozenset[int]().union(*(part.gone_categories for part in got)),
        gone_attributes=frozenset[int]().union(*(part.gone_attributes for part in got)),
    )


_HEAD = struct.Struct("!HHH")  # flags, sizes of the two versions
_GONE: Final[Mapping[int, struct.Struct]] = {
    GoneTlv.APP: struct.Struct("!I"),
    GoneTlv.CATEGORY: struct.Struct("!B"),
    GoneTlv.ATTRIBUTE: struct.Struct("!H"),
}

_AnyEntry = TypeVar("_AnyEntry", bound=Entry)


def _head(change: CatalogueChange) -> bytes:
    before = wire.text("before", change.before, MAX_NAME_SIZE)
    version = wire.text("version", change.version, MAX_NAME_SIZE)
    flags = CatalogueFlags.MORE if change.more else CatalogueFlags(0)
    return _HEAD.pack(flags, len(before), len(version)) + before + version


def _pieces(change: CatalogueChange) -> Iterator[bytes]:
    """TLVs: first what went, so that a receiver of limited room has some."""
    gone = (
        (GoneTlv.APP, change.gone_apps),
        (GoneTlv.CATEGORY, change.gone_categories),
        (GoneTlv.ATTRIBUTE, change.gone_attributes),
    )
    for kind, numbers in gone:
        for number in sorted(numbers):
            yield wire.tlv(kind, wire.pack("gone", _GONE[kind], number))
    entries: tuple[Entry, ...] = (*change.categories, *change.attributes, *change.apps)
    yield from map(encode_entry, entries)


def _compared(
    old: Iterable[_AnyEntry], new: Iterable[_AnyEntry], id_of: Callable[[_AnyEntry], int]
) -> tuple[tuple[_AnyEntry, ...], frozenset[int]]:
    """Entries that are new or other than before, and ids that went."""
    before = {id_of(entry): entry for entry in old}
    after = {id_of(entry): entry for entry in new}
    changed = tuple(entry for number, entry in after.items() if before.get(number) != entry)
    return changed, frozenset(before.keys() - after.keys())


def _merged(
    entries: Iterable[_AnyEntry],
    changed: Iterable[_AnyEntry],
    gone: frozenset[int],
    id_of: Callable[[_AnyEntry], int],
) -> tuple[_AnyEntry, ...]:
    kept = {id_of(entry): entry for entry in entries if id_of(entry) not in gone}
    kept.update((id_of(entry), entry) for entry in changed)
    return tuple(kept.values())
