"""Valid OpenFlow messages to begin from: every type of 1.3 to 1.5 in both directions, and the extension's own.

The extension's messages and fields are read from its golden files, so a new one is fuzzed as soon as it has an example.
"""

from __future__ import annotations

import functools
import re
import struct
from pathlib import Path
from typing import Final

from ofext import label, lowering, oxm
from ofext.openflow import basic
from ofext.openflow.header import build
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable

VERSIONS: Final = (4, 5, 6)
EDGE_ZONE: Final = 7
GOLDEN: Final = Path(__file__).parents[2] / "golden" / "ofext"

IPV4: Final = Oxm(oxm.CLASS_OPENFLOW_BASIC, 5, False, b"\x08\x00")
IN_PORT: Final = Oxm(oxm.CLASS_OPENFLOW_BASIC, 0, False, b"\0\0\0\1")
L7: Final = (IPV4, oxm.l7_app_id(0x14002711), oxm.l7_state(0, 1), oxm.l7_sni("*.example.com"))
MATCHES: Final = (
    L7,
    (oxm.l7_app_id(0x14000000, 0xFF000000), oxm.l7_category(9)),
    (
        oxm.ct_label(5 << label.EPOCH_SHIFT, label.EPOCH_MASK),
        oxm.l7_http_host("intranet"),
        oxm.l7_dns_query("*.example.net"),
    ),
    (oxm.l7_app_id(1), oxm.ct_mark(2)),  # claims the same bits
    (IPV4, oxm.ct_mark(5, 0xFF), oxm.ct_label(5, label.LABEL_MASK)),
    (IN_PORT,),
    (),
)
GOTO: Final = bytes.fromhex("0001000805000000")
OUTPUT: Final = struct.pack("!HHIH6x", 0, 16, 3, 0xFFFF)
FRAME: Final = bytes(range(64))
PORT: Final = struct.pack("!I4x6s2x16sII8I", 3, bytes(6), b"port", 0, 4, *range(8))
EMPTY_BOTH_WAYS: Final = (20, 21)
"""Types that have no body: barriers."""


def known_table() -> PredicateTable:
    """Bits for the patterns of the matches, in the order in which a new store gives them."""
    table = PredicateTable()
    for fields in MATCHES:
        grown = table.with_predicates(lowering.predicates_of(fields))
        assert isinstance(grown, PredicateTable)
        table = grown
    return table


@functools.cache
def from_controller(version: int) -> tuple[bytes, ...]:
    """One or several messages of each type that a controller sends."""
    made = [basic.hello([version]), *_both_ways(version)]
    for kind in (5, 7, 26):  # FEATURES, GET_CONFIG and GET_ASYNC requests
        made.append(build(version, kind, kind))
    made.append(build(version, 9, 9, struct.pack("!HH", 0, 128)))
    made.append(build(version, 15, 15, struct.pack("!HBxI", 0, 0, 1) + _bucket(version)))
    made.append(build(version, 16, 16, bytes(32)))
    made.append(build(version, 17, 17, struct.pack("!B3xI", 1, 0)))
    made.append(build(version, 24, 24, struct.pack("!I4xQ", 1, 0)))
    made.append(build(version, 28, 28, bytes(24) if version == 4 else struct.pack("!HHI", 0, 8, 3)))
    if version > 4:  # with the kinds of events for a slave and for others
        kinds = struct.pack("!HHIII", 0xFFFE, 16, 0x000A4C37, 7, 6) + struct.pack(
            "!HHIII", 0xFFFF, 16, 0x000A4C37, 7, 14
        )
        made.append(build(version, 28, 28, struct.pack("!HHI", 0, 8, 3) + kinds))
    made.append(build(version, 29, 29, struct.pack("!HHI", 0, 1, 1) + struct.pack("!HHIII", 1, 16, 100, 10, 0)))
    made += [packet_out(version), build(version, 22, 22, bytes(8))]
    rules = [flow_mod(version, fields) for fields in (*MATCHES, *map(oxm.walk, example_fields()))]
    made += [*rules, *(bundled(version, rule) for rule in rules), bundled(5, bundled(version, rules[0]))]
    made += [bundled(version, packet_out(version))]
    made += [bundle_control(version, request) for request in (0, 2, 4, 6)]
    for fields in MATCHES:
        made += [multipart(version, 18, kind, _stats_request(fields)) for kind in (1, 2, 17)]
        made.append(multipart(version, 18, 16, bytes(16) + oxm.encode_match(fields)))
    made.append(multipart(version, 18, 12, table_features()))
    made += [multipart(version, 18, kind, b"") for kind in (0, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18)]
    made.append(multipart(version, 18, 0xFFFF, bytes.fromhex("000a4c3700000001") + bytes(8)))
    return (*made, *extension(version))


@functools.cache
def from_switch(version: int) -> tuple[bytes, ...]:
    """One or several messages of each type that a switch sends."""
    table = known_table()
    lowered = [lowering.lower(fields, table) for fields in MATCHES if fields is not MATCHES[3]]
    made = [basic.hello([4, 5, 6]), *_both_ways(version)]
    made.append(build(version, 6, 6, struct.pack("!QIBB2xII", 1, 256, 254, 0, 0x4F, 0)))
    made.append(build(version, 8, 8, struct.pack("!HH", 0, 128)))
    made.append(build(version, 12, 0, bytes(8) + PORT))
    made.append(build(version, 25, 24, struct.pack("!I4xQ", 1, 0)))
    made.append(build(version, 27, 26, bytes(24)))
    made += [build(version, kind, 0, bytes(24)) for kind in (23, 30, 31, 32, 35)]
    made += [bundle_control(version, reply) for reply in (1, 5, 7)]
    for fields in (*lowered, (oxm.ct_zone(EDGE_ZONE), oxm.ct_mark(5), oxm.ct_label(0x49))):
        made += [flow_removed(version, fields), packet_in(version, fields)]
        made += [stats_reply(version, kind, fields, fields) for kind in (1, 16, 17)]
        made.append(error(version, flow_mod(version, fields)))
        made.append(error(version, bundled(version, flow_mod(version, fields))))
    made += [multipart(version, 19, kind, bytes(64)) for kind in (0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)]
    made += [error(version, bundle_control(version, 6)), error(version, FRAME)]
    made.append(multipart(version, 19, 12, table_features() * 2))
    return (*made, *extension(version))


@functools.cache
def extension(version: int) -> tuple[bytes, ...]:
    """The examples of `ofext/SPEC.md` that are whole messages, in another OpenFlow version."""
    found = []
    for path in sorted(GOLDEN.glob("*.hex")):
        raw = _read(path)
        if raw[:1] in (b"\4", b"\5", b"\6") and int.from_bytes(raw[2:4], "big") == len(raw):
            found.append(bytes([version]) + raw[1:])
    return tuple(found)


@functools.cache
def example_fields() -> tuple[bytes, ...]:
    """The examples of `ofext/SPEC.md` that are fields."""
    return tuple(_read(path) for path in sorted(GOLDEN.glob("oxm-*.hex")))


@functools.cache
def needles() -> tuple[bytes, ...]:
    """Bytes that make the shim look closer, and the fields of the extension."""
    fields = [field.encode() for fields in MATCHES for field in fields]
    return (*fields, *example_fields(), oxm.ct_zone(EDGE_ZONE).encode(), bytes.fromhex("000a4c37"), b"ONF\0")


def flow_mod(version: int, fields: tuple[Oxm, ...]) -> bytes:
    """A FLOW_MOD that adds (1.3 §7.3.4.1)."""
    return build(
        version,
        14,
        14,
        bytes(16)
        + struct.pack("!BBHHHIIIHH", 0, 0, 0, 0, 10, *[0xFFFFFFFF] * 3, 0, 0)
        + oxm.encode_match(fields)
        + GOTO,
    )


def packet_out(version: int) -> bytes:
    """A PACKET_OUT with one output."""
    head = struct.pack("!IIH6x", 0xFFFFFFFF, 0xFFFFFFFD, len(OUTPUT))
    if version == 6:
        head = struct.pack("!IH2x", 0xFFFFFFFF, len(OUTPUT)) + oxm.encode_match([IN_PORT])
    return build(version, 13, 13, head + OUTPUT + FRAME)


def bundled(version: int, inner: bytes, bundle: int = 1) -> bytes:
    """A message added to a bundle, in 1.3 by ONF extension 230."""
    body = struct.pack("!IHH", bundle, 0, 1) + inner
    if version == 4:
        return build(4, 4, 34, b"ONF\0" + struct.pack("!I", 2301) + body)
    return build(version, 34, 34, body)


def bundle_control(version: int, request: int, bundle: int = 1) -> bytes:
    """Opens, closes, commits or discards a bundle, or answers that."""
    body = struct.pack("!IHH", bundle, request, 1)
    return build(4, 4, 33, b"ONF\0" + struct.pack("!I", 2300) + body) if version == 4 else build(version, 33, 33, body)


def multipart(version: int, direction: int, kind: int, body: bytes, flags: int = 0) -> bytes:
    """A multipart request (18) or reply (19)."""
    return build(version, direction, 18, struct.pack("!HH4x", kind, flags) + body)


def stats_reply(version: int, kind: int, *matches: tuple[Oxm, ...]) -> bytes:
    """Flow statistics or flow monitor updates."""
    before = {16: 24, 17: 8}.get(kind, 24 if version == 6 else 48)
    entries = []
    for fields in matches:
        match = oxm.encode_match(fields)
        size = before + len(match) + len(GOTO)
        entries.append(struct.pack("!HH", size, 0) + bytes(before - 4) + match + GOTO)
    return multipart(version, 19, kind, b"".join(entries))


def table_features() -> bytes:
    """What one table can: matches on two fields, a next table, an action (1.3 §7.3.5.5)."""
    ids = bytes.fromhex("80000004 80000a02")
    properties = [(kind, ids) for kind in (8, 10, 12)] + [(2, b"\1"), (6, struct.pack("!HH", 0, 4))]
    body = b""
    for kind, value in properties:
        entry = struct.pack("!HH", kind, 4 + len(value)) + value
        body += entry.ljust(oxm.padded(len(entry)), b"\0")
    return struct.pack("!HB5x32s", 64 + len(body), 1, b"table") + bytes(24) + body


def flow_removed(version: int, fields: tuple[Oxm, ...]) -> bytes:
    """A FLOW_REMOVED."""
    return build(version, 11, 0, bytes(16 if version == 6 else 40) + oxm.encode_match(fields))


def packet_in(version: int, fields: tuple[Oxm, ...]) -> bytes:
    """A PACKET_IN with a frame."""
    return build(version, 10, 0, bytes(16) + oxm.encode_match(fields) + bytes(2) + FRAME)


def error(version: int, quoted: bytes) -> bytes:
    """An ERROR about a message."""
    return build(version, 1, 14, struct.pack("!HH", 4, 5) + quoted)


def _read(path: Path) -> bytes:
    return bytes.fromhex(re.sub(r"[;#].*", "", path.read_text()))


def _both_ways(version: int) -> list[bytes]:
    nicira = struct.pack("!II", 0x2320, 16) + struct.pack("!I", 2)
    made = [basic.echo_request(version, 2, b"there?"), build(version, 3, 3, b"there?"), build(version, 4, 4, nicira)]
    return [*made, *(build(version, kind, 20) for kind in EMPTY_BOTH_WAYS)]


def _stats_request(fields: tuple[Oxm, ...]) -> bytes:
    return struct.pack("!B3xII4xQQ", 0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0) + oxm.encode_match(fields)


def _bucket(version: int) -> bytes:
    if version == 6:
        return struct.pack("!HHI", 8 + len(OUTPUT), len(OUTPUT), 0) + OUTPUT
    return struct.pack("!HHII4x", 16 + len(OUTPUT), 0, 0xFFFFFFFF, 0xFFFFFFFF) + OUTPUT
