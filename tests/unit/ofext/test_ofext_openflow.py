"""Whole OpenFlow messages: framing, hello, lowering and raising matches, marks."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ofext_strategies import l7_matches, table_for

from ofext import label, lowering, oxm
from ofext.errors import DecodeError, EncodeError, MatchError
from ofext.fields import MASKABLE_FIELDS, L7Field
from ofext.ids import EXPERIMENTER_ID
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build, read_header
from ofext.openflow.marks import L4, Connection, frame, mark_packet_out
from ofext.openflow.rewrite import lower_message, predicates_of_message, raise_message
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable

VERSIONS = (4, 5, 6)
MATCH = (oxm.ct_zone(7), oxm.l7_app_id(0x14002711), oxm.l7_state(0, 1), oxm.l7_sni("*.example.com"))
TABLE = table_for(*MATCH)
LOWERED = lowering.lower(MATCH, TABLE)
GOTO = bytes.fromhex("0001000805000000")

version = st.sampled_from(VERSIONS)


def flow_mod(of_version: int, fields: tuple[Oxm, ...], command: int = 0) -> bytes:
    before = bytearray(range(40))
    before[17] = command
    return build(of_version, Type.FLOW_MOD, 5, bytes(before) + oxm.encode_match(fields) + GOTO)


def multipart(of_version: int, direction: int, kind: int, body: bytes, flags: int = 0) -> bytes:
    return build(of_version, direction, 6, struct.pack("!HH4x", kind, flags) + body)


def stats_request(of_version: int, fields: tuple[Oxm, ...], kind: int = 1) -> bytes:
    return multipart(of_version, Type.MULTIPART_REQUEST, kind, bytes(range(32)) + oxm.encode_match(fields))


def monitor_request(of_version: int, fields: tuple[Oxm, ...]) -> bytes:
    entry = bytes(range(16)) + oxm.encode_match(fields)
    return multipart(of_version, Type.MULTIPART_REQUEST, 16, entry + entry)


def bundled(of_version: int, inner: bytes) -> bytes:
    properties = bytes(8)
    if of_version == 4:
        onf = struct.pack("!IIIHH", 0x4F4E4600, 2301, 1, 0, 1)
        return build(of_version, Type.EXPERIMENTER, 5, onf + inner + properties)
    return build(of_version, Type.BUNDLE_ADD_MESSAGE, 5, struct.pack("!IHH", 1, 0, 1) + inner + properties)


def entry(before: int, fields: tuple[Oxm, ...], event: int = 0) -> bytes:
    """An entry of a reply: its size, `before` bytes up to the match, an instruction."""
    match = oxm.encode_match(fields)
    return struct.pack("!HH", before + len(match) + len(GOTO), event) + bytes(range(before - 4)) + match + GOTO


def stats_reply(of_version: int, *matches: tuple[Oxm, ...], flags: int = 0) -> bytes:
    before = 24 if of_version == 6 else 48
    body = b"".join(entry(before, fields) for fields in matches)
    return multipart(of_version, Type.MULTIPART_REPLY, 1, body, flags)


def flow_removed(of_version: int, fields: tuple[Oxm, ...]) -> bytes:
    before = bytes(range(16 if of_version == 6 else 40))
    return build(of_version, Type.FLOW_REMOVED, 5, before + oxm.encode_match(fields))


def packet_in(of_version: int, fields: tuple[Oxm, ...]) -> bytes:
    return build(of_version, Type.PACKET_IN, 5, bytes(16) + oxm.encode_match(fields) + bytes(2) + b"frame")


def error(of_version: int, quoted: bytes) -> bytes:
    return build(of_version, Type.ERROR, 5, struct.pack("!HH", 4, 5) + quoted)


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_a_stream_cut_anywhere_gives_the_same_messages(bodies: list[bytes], data: Any) -> None:
    messages = [build(4, 2, number, body) for number, body in enumerate(bodies)]
    stream = b"".join(messages)
    framer = Framer()
    got = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += framer.feed(stream[:size])
        stream = stream[size:]
    assert got == messages


def test_a_length_below_the_header_is_a_decode_error() -> None:
    with pytest.raises(DecodeError):
        Framer().feed(bytes.fromhex("0400000700000000"))


def test_a_hello_says_its_versions() -> None:
    message = basic.hello([4, 6])
    assert message.hex() == "060000100000000000010008" + "00000050"
    assert basic.hello_versions(message) == {4, 6}
    assert basic.negotiate([5, 6], message) == 6
    assert basic.negotiate([5], message) is None


def test_a_hello_without_a_bitmap_means_all_versions_below() -> None:
    assert basic.hello_versions(build(4, Type.HELLO, 0)) == {1, 2, 3, 4}


@given(st.binary(max_size=40))
def test_random_hellos_are_versions_or_a_decode_error(data: bytes) -> None:
    try:
        basic.hello_versions(build(4, Type.HELLO, 0, data))
    except DecodeError:
        return


@pytest.mark.parametrize("element", ["00020000", "00020003", "00010009"])
def test_a_hello_element_of_an_impossible_size_is_a_decode_error(element: str) -> None:
    with pytest.raises(DecodeError, match="an element size"):
        basic.hello_versions(build(4, Type.HELLO, 0, bytes.fromhex(element)))


def test_an_echo_is_answered_with_its_data() -> None:
    assert basic.echo_reply(basic.echo_request(5, 9, b"data")) == build(5, Type.ECHO_REPLY, 9, b"data")


def test_an_error_quotes_64_bytes() -> None:
    message = basic.error(5, 9, 1, 2, bytes(100))
    assert read_header(message).size == 12 + 64


DOWN = [flow_mod, stats_request, lambda of_version, fields: bundled(of_version, flow_mod(of_version, fields))]


@pytest.mark.parametrize("of_version", VERSIONS)
@pytest.mark.parametrize("make", DOWN, ids=["flow_mod", "stats", "bundle"])
def test_messages_from_the_controller_are_lowered(make: Any, of_version: int) -> None:
    message = make(of_version, MATCH)
    needed = () if make is stats_request else lowering.predicates_of(MATCH)
    assert predicates_of_message(message) == needed
    lowered = lower_message(message, TABLE)
    assert lowered == make(of_version, LOWERED)
    assert read_header(lowered).size == len(lowered)


@pytest.mark.parametrize(("of_version", "kind"), [(4, 2), (5, 2), (6, 2), (6, 17)])
def test_aggregate_and_newer_statistics_requests_are_lowered(of_version: int, kind: int) -> None:
    assert lower_message(stats_request(of_version, MATCH, kind), TABLE) == stats_request(of_version, LOWERED, kind)


@pytest.mark.parametrize("of_version", [5, 6])
def test_flow_monitor_requests_are_lowered(of_version: int) -> None:
    assert lower_message(monitor_request(of_version, MATCH), TABLE) == monitor_request(of_version, LOWERED)


@pytest.mark.parametrize("of_version", VERSIONS)
@pytest.mark.parametrize("make", [*DOWN, packet_in, flow_removed, stats_reply])
def test_messages_without_l7_are_the_same_object(make: Any, of_version: int) -> None:
    message = make(of_version, (oxm.ct_mark(5), oxm.ct_label(5, label.LABEL_MASK)))
    assert lower_message(message, TABLE) is message
    assert raise_message(message, TABLE, edge_zone=7) is message


def test_l7_in_other_messages_goes_through() -> None:
    groups = multipart(4, Type.MULTIPART_REQUEST, 6, oxm.encode_match(MATCH))
    assert lower_message(groups, TABLE) is groups
    other = bundled(5, build(5, Type.PACKET_OUT, 1, oxm.encode_match(MATCH)))
    assert lower_message(other, TABLE) is other


@pytest.mark.parametrize("command", [1, 2, 3, 4], ids=["modify", "modify_strict", "delete", "delete_strict"])
def test_what_only_selects_rules_needs_no_bit(command: int) -> None:
    message = flow_mod(5, MATCH, command)
    assert predicates_of_message(message) == ()
    assert lower_message(message, TABLE) == flow_mod(5, LOWERED, command)
    nowhere = lowering.lower(MATCH, PredicateTable(), asks=True)
    assert lower_message(message, PredicateTable()) == flow_mod(5, nowhere, command)


@pytest.mark.parametrize("of_version", VERSIONS)
@pytest.mark.parametrize("is_bundled", [False, True])
def test_a_refused_field_is_told_with_its_place_in_the_message(of_version: int, is_bundled: bool) -> None:
    message = flow_mod(of_version, (*MATCH, oxm.l7_state(1)))
    message = bundled(of_version, message) if is_bundled else message
    with pytest.raises(MatchError) as caught:
        lower_message(message, TABLE)
    offset = caught.value.offset
    assert offset is not None
    assert oxm.decode_oxm(message, offset)[0] == oxm.l7_state(1)
    assert offset > message.index(oxm.l7_state(0, 1).encode())


def features(direction: int, of_version: int, *ids: bytes) -> bytes:
    """Features of two tables: what can be matched on, what can be left out, what can be set, an instruction."""
    properties = b"".join(_feature(kind, b"".join(ids)) for kind in (8, 10, 12)) + _feature(0, b"\0\1\0\4")
    table = struct.pack("!HB", 64 + len(properties), 3) + bytes(61) + properties
    return multipart(of_version, direction, 12, table + table)


def _feature(kind: int, body: bytes) -> bytes:
    size = 4 + len(body)
    return struct.pack("!HH", kind, size) + body + bytes(-size % 8)


@pytest.mark.parametrize("of_version", VERSIONS)
def test_tables_say_that_they_match_on_l7_fields(of_version: int) -> None:
    plain = features(Type.MULTIPART_REPLY, of_version, bytes.fromhex("80000004"), bytes.fromhex("ffff000600000001"))
    raised = raise_message(plain, PredicateTable())
    for field in L7Field:
        head = oxm.l7_field(field, bytes(4)).encode()[:3]
        masked = bytes((0xFF, 0xFF, field << 1 | (field in MASKABLE_FIELDS)))
        assert raised.count(masked) >= 2
        assert raised.count(head) >= 2
    assert read_header(raised).size == len(raised)
    assert lower_message(raised[:1] + bytes([Type.MULTIPART_REQUEST]) + raised[2:], PredicateTable()) == features(
        Type.MULTIPART_REQUEST, of_version, bytes.fromhex("80000004"), bytes.fromhex("ffff000600000001")
    )


@pytest.mark.parametrize(
    "body", ["0040", "0048" + 62 * "00" + "0008000300000000", "0048" + 62 * "00" + "0008000900000000"]
)
def test_table_features_of_impossible_sizes_are_a_decode_error(body: str) -> None:
    with pytest.raises(DecodeError):
        raise_message(multipart(5, Type.MULTIPART_REPLY, 12, bytes.fromhex(body)), PredicateTable())


@pytest.mark.parametrize("of_version", VERSIONS)
def test_flow_statistics_are_raised(of_version: int) -> None:
    other = (oxm.ct_mark(5),)
    reply = stats_reply(of_version, other, LOWERED, LOWERED, flags=1)
    assert raise_message(reply, TABLE) == stats_reply(of_version, other, MATCH, MATCH, flags=1)


def test_newer_flow_statistics_are_raised() -> None:
    lowered, raised = (multipart(6, Type.MULTIPART_REPLY, 17, entry(8, fields)) for fields in (LOWERED, MATCH))
    assert raise_message(lowered, TABLE) == raised


@pytest.mark.parametrize("of_version", [5, 6])
def test_flow_monitor_updates_are_raised(of_version: int) -> None:
    brief = struct.pack("!HHI", 8, 4, 99)
    lowered, raised = (
        multipart(of_version, Type.MULTIPART_REPLY, 16, entry(24, fields, event=2) + brief)
        for fields in (LOWERED, MATCH)
    )
    assert raise_message(lowered, TABLE) == raised


@pytest.mark.parametrize("of_version", VERSIONS)
def test_flow_removed_is_raised(of_version: int) -> None:
    assert raise_message(flow_removed(of_version, LOWERED), TABLE) == flow_removed(of_version, MATCH)


@pytest.mark.parametrize("of_version", VERSIONS)
@pytest.mark.parametrize("make", DOWN, ids=["flow_mod", "stats", "bundle"])
def test_the_message_that_an_error_quotes_is_raised(make: Any, of_version: int) -> None:
    lowered, original = make(of_version, LOWERED), make(of_version, MATCH)
    assert raise_message(error(of_version, lowered), TABLE) == error(of_version, original)
    cut = error(of_version, lowered[:64])
    assert raise_message(cut, TABLE) is cut


@pytest.mark.parametrize("of_version", VERSIONS)
def test_a_packet_of_the_edge_zone_gets_l7_fields(of_version: int) -> None:
    own = (oxm.ct_zone(7), oxm.ct_mark(5), oxm.ct_label(label.Label(state=1, category=9).pack()))
    message = packet_in(of_version, own)
    described = (*own, oxm.l7_app_id(5), oxm.l7_category(9), oxm.l7_state(1))
    assert raise_message(message, TABLE, edge_zone=7) == packet_in(of_version, described)
    assert raise_message(message, TABLE, edge_zone=8) is message
    assert raise_message(message, TABLE) is message


@pytest.mark.parametrize("size", [0, 7, 0xFFFF])
def test_statistics_of_an_impossible_size_are_a_decode_error(size: int) -> None:
    reply = stats_reply(5, LOWERED)
    with pytest.raises(DecodeError, match="an entry size"):
        raise_message(reply[:16] + size.to_bytes(2, "big") + reply[18:], TABLE)


def test_a_packet_in_without_room_stays_as_it_is() -> None:
    message = packet_in(5, (oxm.ct_zone(7),))
    full = build(5, Type.PACKET_IN, 5, message[8:] + bytes(0xFFFF - len(message)))
    assert raise_message(full, TABLE, edge_zone=7) is full


def test_statistics_that_outgrow_a_message_become_several() -> None:
    longest = (oxm.l7_sni(".".join(["a" * 60] * 4)), oxm.l7_http_host("b" * 250))
    table = table_for(*longest)
    lowered = lowering.lower(longest, table)
    reply = stats_reply(5, *[lowered] * 500)
    raised = Framer().feed(raise_message(reply, table))
    assert len(raised) > 1
    assert [message[11] for message in raised] == [1] * (len(raised) - 1) + [0]
    whole = b"".join(message[16:] for message in raised)
    assert whole == entry(48, longest) * 500


def test_a_message_that_outgrows_its_length_is_refused() -> None:
    fields = (oxm.l7_state(1),)
    message = flow_mod(5, fields)
    full = build(5, Type.FLOW_MOD, 5, message[8:] + bytes(0xFFF8 - len(message)))
    with pytest.raises(EncodeError):
        lower_message(full, PredicateTable())


@given(l7_matches(), version)
def test_raising_a_reply_undoes_lowering_a_flow_mod(fields: tuple[Oxm, ...], of_version: int) -> None:
    table = table_for(*fields)
    lowered = lower_message(flow_mod(of_version, fields), table)
    match, _ = oxm.decode_match(lowered, 48)
    raised, _ = oxm.decode_match(raise_message(flow_removed(of_version, match), table), 24 if of_version == 6 else 48)
    assert set(raised) == set(fields)


@given(st.binary(max_size=200), st.integers(0, 40), version)
def test_random_messages_raise_nothing_else(data: bytes, kind: int, of_version: int) -> None:
    seeds = oxm.l7_state(1).encode() + LOWERED[-1].encode()
    message = build(of_version, kind, 1, data + seeds)
    for rewrite in (lower_message, raise_message):
        try:
            rewrite(message, TABLE)
        except (DecodeError, EncodeError, MatchError):
            continue


@given(version, st.data())
def test_cut_and_damaged_messages_raise_nothing_else(of_version: int, data: Any) -> None:
    makers = [*DOWN, monitor_request, flow_removed, stats_reply, packet_in]
    made = data.draw(st.sampled_from(makers))(of_version, data.draw(st.sampled_from([MATCH, LOWERED])))
    message = bytearray(made[: data.draw(st.integers(8, len(made)))])
    for _ in range(data.draw(st.integers(0, 3))):
        message[data.draw(st.integers(2, len(message) - 1))] = data.draw(st.integers(0, 255))
    for rewrite in (lower_message, raise_message):
        try:
            rewrite(bytes(message), TABLE)
        except (DecodeError, EncodeError, MatchError):
            continue


@pytest.mark.parametrize(
    "call",
    [lambda data: lower_message(data, TABLE), lambda data: raise_message(data, TABLE), basic.echo_reply, read_header],
)
def test_a_message_without_a_header_is_a_decode_error(call: Any) -> None:
    with pytest.raises(DecodeError):
        call(b"\x04\x0e\x00")


def test_a_multipart_message_without_its_header_is_a_decode_error() -> None:
    with pytest.raises(DecodeError, match="a multipart header"):
        lower_message(build(5, Type.MULTIPART_REQUEST, EXPERIMENTER_ID, b"\0\1"), TABLE)


TCP = Connection(src="192.0.2.1", dst="198.51.100.2", sport=40000, dport=443, l4=L4.TCP)


def ones_complement(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@pytest.mark.parametrize("l4", [L4.TCP, L4.UDP, L4.ICMP])
def test_checksums_of_an_ipv4_mark_are_right(l4: L4) -> None:
    made = frame(Connection(src="192.0.2.1", dst="198.51.100.2", sport=40000, dport=2048, l4=l4))
    network, transport = made[14:34], made[34:]
    pseudo = network[12:20] + bytes([0, l4]) + len(transport).to_bytes(2, "big")
    assert ones_complement(network) == 0xFFFF
    assert ones_complement(transport if l4 == L4.ICMP else pseudo + transport) == 0xFFFF


@pytest.mark.parametrize("l4", [L4.TCP, L4.UDP, L4.ICMPV6])
def test_checksums_of_an_ipv6_mark_are_right(l4: L4) -> None:
    made = frame(Connection(src="2001:db8::1", dst="2001:db8::2", sport=40000, dport=128 << 8, l4=l4))
    network, transport = made[14:54], made[54:]
    pseudo = network[8:40] + len(transport).to_bytes(4, "big") + bytes([0, 0, 0, l4])
    assert ones_complement(pseudo + transport) == 0xFFFF


@pytest.mark.parametrize(
    "wrong",
    [
        {"l4": 132},
        {"src": "2001:db8::1"},
        {"src": "nowhere"},
        {"sport": 65536},
        {"vlan": 4096},
    ],
)
def test_connections_that_cannot_be_marked_are_refused(wrong: dict[str, Any]) -> None:
    parts: dict[str, Any] = {"src": TCP.src, "dst": TCP.dst, "sport": 1, "dport": 2, "l4": 6, "vlan": 0} | wrong
    with pytest.raises(EncodeError):
        frame(Connection(**parts))


@pytest.mark.parametrize(
    "wrong", [{"zone": 65536}, {"app_id": 1 << 32}, {"label": 2, "label_mask": 1}, {"label_mask": 1 << 128}]
)
def test_marks_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    parts = {"zone": 1, "app_id": 1, "label": 0, "label_mask": 7} | wrong
    with pytest.raises(EncodeError):
        mark_packet_out(5, 1, connection=TCP, **parts)


def test_a_mask_of_zero_leaves_the_label_alone() -> None:
    made = mark_packet_out(4, 1, zone=1, connection=TCP, app_id=5, label=0, label_mask=0)
    assert oxm.ct_mark(5).encode() in made
    assert oxm.ct_label(0).encode()[:3] not in made
