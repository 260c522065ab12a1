"""Catalogue: what the agent's engine knows. The controller asks, the agent answers in one or several parts.

Every part names the catalogue's version; the last one has `more=False`. An application with tags is two TLVs, the
second of which receivers from before there were tags skip.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError
from ofext.wire import Reader

MAX_NAME_SIZE: Final = 255  # bytes: names carry a one-byte size
MAX_PART_SIZE: Final = 60_000  # bytes of a part's body: below the 65,535 of an OpenFlow message, with room for growth


class AppKind(IntEnum):
    """What an App-ID stands for."""

    PROTOCOL = 1
    APPLICATION = 2


class AttributeType(IntEnum):
    """How an attribute's value is written: UTF-8; 1 to 8 bytes big-endian; anything; 4 or 16 bytes of address."""

    STRING = 1
    UINT = 2
    BYTES = 3
    IP = 4


class CatalogueTlv(IntEnum):
    """TLV types of a catalogue."""

    APP = 1
    CATEGORY = 2
    ATTRIBUTE = 3
    TAGS = 7
    """Tags of an application, behind its APP; 4 to 6 are those of a change (`ofext.catalogue_change`)."""


class CatalogueFlags(IntFlag):
    """Flags of a catalogue part."""

    MORE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEntry:
    """An App-ID with its key for policies and its name for people; `kind` is an AppKind or a number unknown here.

    `tags` are keys that `l7_tag` compares with; an agent tells them if it has `Feature.TAGS`.
    """

    app_id: int
    key: str
    name: str
    category: int = 0
    kind: int = AppKind.APPLICATION
    risk: int = 0
    owner: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryEntry:
    """A category with its key for policies and its name for people."""

    category: int
    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeEntry:
    """A metadata attribute; `kind` is an AttributeType or a number unknown here."""

    attribute: int
    name: str
    kind: int
    unit: str = ""


Entry = AppEntry | CategoryEntry | AttributeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRequest:
    """Asks for the catalogue."""

    EXP_TYPE: ClassVar[int] = 2

    def encode(self) -> bytes:
        """The body: empty."""
        return b""

    @staticmethod
    def decode(body: bytes) -> "CatalogueRequest":
        """Reads a body. Raises DecodeError."""
        for _ in Reader(body).tlvs():
            pass
        return CatalogueRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A catalogue, or one part of it when `more` says that others follow."""

    EXP_TYPE: ClassVar[int] = 3

    version: str
    apps: tuple[AppEntry, ...] = ()
    categories: tuple[CategoryEntry, ...] = ()
    attributes: tuple[AttributeEntry, ...] = ()
    more: bool = False

    def encode(self) -> bytes:
        """The body. Raises EncodeError for values that do not fit; big catalogues go through `split` first."""
        head = _head(self.version, CatalogueFlags.MORE if self.more else CatalogueFlags(0))
        return head + b"".join(encode_entry(entry) for entry in _entries(self))

    @staticmethod
    def decode(body: bytes) -> "Catalogue":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        flags, size = reader.fields(_HEAD, "flags and size of the version")
        version = reader.text(size, "catalogue version")
        apps, categories, attributes = collect_entries(reader.tlvs())
        more = bool(flags & CatalogueFlags.MORE)
        return Catalogue(version=version, apps=apps, categories=categories, attributes=attributes, more=more)


def collect_entries(
    tlvs: Iterable[tuple[int, Reader]],
) -> tuple[tuple[AppEntry, ...], tuple[CategoryEntry, ...], tuple[AttributeEntry, ...]]:
    """The entries among TLVs by their kind; others are skipped. Raises DecodeError."""
    apps: list[AppEntry] = []
    categories: list[CategoryEntry] = []
    attributes: list[AttributeEntry] = []
    for kind, value in tlvs:
        match kind:
            case CatalogueTlv.APP:
                apps.append(_decode_app(value))
            case CatalogueTlv.CATEGORY:
                categories.append(_decode_category(value))
            case CatalogueTlv.ATTRIBUTE:
                attributes.append(_decode_attribute(value))
            case CatalogueTlv.TAGS:
                _add_tags(apps, value)
            case _:
                pass
    return tuple(apps), tuple(categories), tuple(attributes)


def split(catalogue: Catalogue, limit: int = MAX_PART_SIZE) -> Iterator[Catalogue]:
    """Parts whose bodies have at most `limit` bytes (but at least one entry); all but the last have `more`."""
    head_size = len(_head(catalogue.version, CatalogueFlags(0)))
    held: list[Entry] = []
    size = head_size
    for entry in _entries(catalogue):
        entry_size = len(encode_entry(entry))
        if held and size + entry_size > limit:
            yield _part(catalogue.version, held, more=True)
            held, size = [], head_size
        held.append(entry)
        size += entry_size
    yield _part(catalogue.version, held, more=False)


def join(parts: Iterable[Catalogue]) -> Catalogue:
    """The whole catalogue of all its parts. Raises DecodeError when versions differ or the last part is missing."""
    got = list(parts)
    if not got or got[-1].more:
        raise DecodeError(0, "a last catalogue part")
    versions = {part.version for part in got}
    if len(versions) > 1:
        raise DecodeError(0, "parts of one catalogue version", repr(sorted(versions)).encode())
    return Catalogue(
        version=got[0].version,
        apps=tuple(entry for part in got for entry in part.apps),
        categories=tuple(entry for part in got for entry in part.categories),
        attributes=tuple(entry for part in got for entry in part.attributes),
    )


def encode_entry(entry: Entry) -> bytes:
    """The TLV of an entry; of an application with tags, its two TLVs. Raises EncodeError."""
    match entry:
        case AppEntry():
            numbers = [entry.app_id, entry.kind, entry.category, entry.risk]
            own = _entry(CatalogueTlv.APP, _APP, numbers, [entry.key, entry.name, entry.owner])
            return own + _encode_tags(entry) if entry.tags else own
        case CategoryEntry():
            return _entry(CatalogueTlv.CATEGORY, _CATEGORY, [entry.category], [entry.key, entry.name])
        case AttributeEntry():
            return _entry(CatalogueTlv.ATTRIBUTE, _ATTRIBUTE, [entry.attribute, entry.kind], [entry.name, entry.unit])


_HEAD = struct.Struct("!HH")  # flags, size of the version
_APP = struct.Struct("!IBBBBBB")  # App-ID, kind, category, risk, sizes of key, name, owner
_TAGGED = struct.Struct("!I")  # App-ID
_CATEGORY = struct.Struct("!BBB")  # category, sizes of key, name
_ATTRIBUTE = struct.Struct("!HBBB")  # attribute, type, sizes of name, unit


def _part(version: str, entries: list[Entry], *, more: bool) -> Catalogue:
    return Catalogue(
        version=version,
        apps=tuple(entry for entry in entries if isinstance(entry, AppEntry)),
        categories=tuple(entry for entry in entries if isinstance(entry, CategoryEntry)),
        attributes=tuple(entry for entry in entries if isinstance(entry, AttributeEntry)),
        more=more,
    )


def _head(version: str, flags: CatalogueFlags) -> bytes:
    raw = wire.text("version", version, MAX_NAME_SIZE)
    return _HEAD.pack(flags, len(raw)) + raw


def _entries(catalogue: Catalogue) -> Iterator[Entry]:
    yield from catalogue.categories
    yield from catalogue.attributes
    yield from catalogue.apps


def _entry(kind: CatalogueTlv, layout: struct.Struct, numbers: list[int], texts: list[str]) -> bytes:
    raw = [wire.text(f"{kind.name.lower()} text", text, MAX_NAME_SIZE) for text in texts]
    fixed = wire.pack(kind.name.lower(), layout, *numbers, *(len(text) for text in raw))
    return wire.tlv(kind, fixed + b"".join(raw))


def _decode_app(value: Reader) -> AppEntry:
    app_id, kind, category, risk, key_size, name_size, owner_size = value.fields(_APP, "an application")
    key, name = value.text(key_size, "key"), value.text(name_size, "name")
    owner = value.text(owner_size, "owner")
    value.finish("an application")
    return AppEntry(app_id=app_id, key=key, name=name, category=category, kind=kind, risk=risk, owner=owner)


def _encode_tags(entry: AppEntry) -> bytes:
    raw = [wire.text("tag", tag, MAX_NAME_SIZE) for tag in entry.tags]
    sized = b"".join(wire.number("size of a tag", len(tag), 1) + tag for tag in raw)
    return wire.tlv(CatalogueTlv.TAGS, wire.pack("tagged application", _TAGGED, entry.app_id) + sized)


def _add_tags(apps: list[AppEntry], value: Reader) -> None:
    """Gives tags to the application that they are of; those of one that did not come before are of nobody."""
    (app_id,) = value.fields(_TAGGED, "an application with tags")
    tags: list[str] = []
    while value.offset < value.end:
        tags.append(value.text(value.number(1, "size of a tag"), "tag"))
    if apps and apps[-1].app_id == app_id:
        apps[-1] = replace(apps[-1], tags=tuple(tags))


def _decode_category(value: Reader) -> CategoryEntry:
    category, key_size, name_size = value.fields(_CATEGORY, "a category")
    key, name = value.text(key_size, "key"), value.text(name_size, "name")
    value.finish("a category")
    return CategoryEntry(category=category, key=key, name=name)


def _decode_attribute(value: Reader) -> AttributeEntry:
    attribute, kind, name_size, unit_size = value.fields(_ATTRIBUTE, "an attribute")
    name, unit = value.text(name_size, "name"), value.text(unit_size, "unit")
    value.finish("an attribute")
    return AttributeEntry(attribute=attribute, name=name, kind=kind, unit=unit)
