"""Experimenter messages and errors: they come back, and nothing but DecodeError comes of what is malformed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofext_strategies import batches, catalogue, errors, flow_events, messages, messages_of_tlvs

from ofext import catalogue as catalogues
from ofext import events, hello, wire
from ofext.catalogue import AppEntry, Catalogue, CategoryEntry
from ofext.config import ConfigSet, EventConfig
from ofext.errors import DecodeError, EncodeError
from ofext.events import EventKind, FlowEvent, FlowEvents, encode_batches
from ofext.hello import AgentInfo, Hello
from ofext.messages import (
    Envelope,
    ErrorCode,
    L7Error,
    Message,
    Unknown,
    decode_body,
    decode_message,
    encode_message,
    frame_body,
    is_l7_message,
)

EVENT = FlowEvent(
    kind=EventKind.NEW,
    flow_id=1,
    at_ns=3,
    first_seen_ns=1,
    last_seen_ns=2,
    src="192.0.2.1",
    dst="198.51.100.2",
    sport=40000,
    dport=443,
    l4=6,
)
FLOW_TLV, TIMES_TLV = wire.tlv(1, bytes(24)), wire.tlv(3, bytes(24))
versions = st.sampled_from([4, 5, 6])


def fault(decode: Callable[[int, bytes], object], kind: int, data: bytes) -> int:
    """Where the decoder sees a fault, 0 when it sees none."""
    try:
        decode(kind, data)
    except DecodeError as error:
        return error.offset
    return 0


@given(messages | errors, versions, st.integers(0, 0xFFFFFFFF))
def test_messages_come_back(message: Message | L7Error, version: int, xid: int) -> None:
    raw = encode_message(message, version=version, xid=xid)
    assert is_l7_message(raw)
    assert int.from_bytes(raw[2:4], "big") == len(raw)
    assert decode_message(raw) == Envelope(version=version, xid=xid, message=message)


@settings(max_examples=60)
@given(messages | errors)
def test_a_cut_message_is_a_decode_error_at_every_length(message: Message | L7Error) -> None:
    raw = encode_message(message, version=5, xid=1)
    for size in range(len(raw)):
        with pytest.raises(DecodeError):
            decode_message(raw[:size])


@settings(max_examples=60)
@given(messages)
def test_a_cut_body_is_a_message_or_a_decode_error(message: Message) -> None:
    body = message.encode()
    for size in range(len(body)):
        assert 0 <= fault(decode_body, message.EXP_TYPE, body[:size]) <= size


@given(st.integers(1, 12), st.binary(max_size=120))
def test_random_bodies_are_a_message_or_a_decode_error(exp_type: int, body: bytes) -> None:
    assert 0 <= fault(decode_body, exp_type, body) <= len(body)


@given(messages, st.data())
def test_damaged_bodies_are_a_message_or_a_decode_error(message: Message, data: Any) -> None:
    body = bytearray(message.encode() or b"\0")
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert 0 <= fault(decode_body, message.EXP_TYPE, bytes(body)) <= len(body)


@given(st.binary(max_size=60))
def test_random_errors_are_an_error_or_a_decode_error(data: bytes) -> None:
    assert 0 <= fault(L7Error.decode, 1, data) <= len(data)


@given(messages_of_tlvs, st.integers(200, 0xFFFF), st.binary(max_size=20))
def test_unknown_tlvs_at_the_end_are_skipped(message: Message, kind: int, value: bytes) -> None:
    body = message.encode() + wire.tlv(kind, value)
    assert decode_body(message.EXP_TYPE, body) == message


@given(flow_events(), st.integers(200, 0xFFFF), st.binary(max_size=20))
def test_unknown_tlvs_of_an_event_are_skipped(event: FlowEvent, kind: int, value: bytes) -> None:
    record = events.encode_event(event) + wire.tlv(kind, value)
    record = len(record).to_bytes(2, "big") + record[2:]
    body = FlowEvents(sequence=1).encode()[:-2] + b"\0\1" + record
    assert FlowEvents.decode(body).events == (event,)


def test_an_unknown_type_is_kept() -> None:
    raw = frame_body(99, b"abc", version=4, xid=2)
    assert decode_message(raw) == Envelope(version=4, xid=2, message=Unknown(exp_type=99, body=b"abc"))


def test_offsets_in_a_message_count_from_its_start() -> None:
    raw = frame_body(Hello.EXP_TYPE, b"\0\0", version=4, xid=1)
    with pytest.raises(DecodeError) as caught:
        decode_message(raw)
    assert caught.value.offset == 16
    assert "version bitmap" in caught.value.expected
    answer = L7Error.about(caught.value)
    assert (answer.code, answer.offset, answer.data) == (ErrorCode.MALFORMED, 16, b"\0\0")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(16),
        bytes.fromhex("0404001000000001000023200000000100000000"),
        bytes.fromhex("04010010000000010001000000000a4c37"),
    ],
)
def test_messages_of_others_are_told_apart(raw: bytes) -> None:
    assert not is_l7_message(raw)
    with pytest.raises(DecodeError):
        decode_message(raw)


def test_an_agent_is_told_from_a_controller_by_its_tlvs() -> None:
    assert decode_body(1, Hello().encode()) == Hello(agent=None)
    assert decode_body(1, Hello(agent=AgentInfo()).encode()) == Hello(agent=AgentInfo())


def test_the_highest_common_version_is_taken() -> None:
    assert hello.negotiate({1, 2}, {2, 3}) == 2
    assert hello.negotiate({1}, {2}) is None


def big_catalogue(apps: int) -> Catalogue:
    entries = [
        AppEntry(app_id=0x14000000 + n, key=f"app-{n}", name=f"Application {n}", category=1) for n in range(apps)
    ]
    return Catalogue(version="1", apps=tuple(entries), categories=(CategoryEntry(category=1, key="c", name="C"),))


def test_a_catalogue_of_10_000_applications_goes_in_parts_that_fit() -> None:
    whole = big_catalogue(10_000)
    parts = list(catalogues.split(whole))
    assert len(parts) > 1
    sizes = [len(encode_message(part, version=4, xid=1)) for part in parts]
    assert max(sizes) <= 0xFFFF
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    received = [decode_body(Catalogue.EXP_TYPE, part.encode()) for part in parts]
    assert catalogues.join(part for part in received if isinstance(part, Catalogue)) == whole


@given(catalogue, st.integers(1, 400))
def test_parts_of_any_size_make_the_whole(whole: Catalogue, limit: int) -> None:
    parts = list(catalogues.split(whole, limit))
    assert catalogues.join(parts) == replace(whole, more=False)
    assert all(len(part.encode()) <= limit or entries_of(part) <= 1 for part in parts)
    assert all(entries_of(part) for part in parts) or len(parts) == 1


def entries_of(part: Catalogue) -> int:
    return len(part.apps) + len(part.categories) + len(part.attributes)


def test_parts_that_do_not_belong_together_are_refused() -> None:
    first, *_, last = catalogues.split(big_catalogue(100), 500)
    for parts in ([], [first], [first, replace(last, version="2")]):
        with pytest.raises(DecodeError):
            catalogues.join(parts)


def test_no_attributes_differ_from_all_attributes() -> None:
    none, every = EventConfig(attributes=frozenset()), EventConfig(attributes=None)
    assert ConfigSet.decode(ConfigSet(config=none).encode()).config == none
    assert ConfigSet.decode(ConfigSet(config=every).encode()).config == every


@given(batches, st.integers(0, 1000))
def test_batches_are_numbered_through(batch: FlowEvents, limit: int) -> None:
    made = list(encode_batches(batch.events, sequence=10, dropped=3, limit=limit))
    got = [FlowEvents.decode(body) for body in made]
    assert tuple(event for part in got for event in part.events) == batch.events
    expected = 10
    for part in got:
        assert (part.sequence, part.dropped) == (expected, 3)
        assert len(part.encode()) <= limit or len(part.events) == 1
        expected += len(part.events)


def test_10_000_events_go_in_messages_that_fit() -> None:
    bodies = list(encode_batches([EVENT] * 10_000, sequence=0, dropped=0))
    assert sum(len(FlowEvents.decode(body).events) for body in bodies) == 10_000
    assert all(len(frame_body(FlowEvents.EXP_TYPE, body, version=5, xid=0)) <= 0xFFFF for body in bodies)


def test_metadata_that_does_not_fit_is_left_out_and_said() -> None:
    many = replace(EVENT, metadata=tuple((1, bytes(2048)) for _ in range(64)))
    record = events.encode_event(many)
    assert len(record) <= events.MAX_EVENT_SIZE
    (event,) = FlowEvents.decode(next(encode_batches([many], sequence=0, dropped=0))).events
    assert event.truncated
    assert 10 < len(event.metadata) < 64


@pytest.mark.parametrize(
    "wrong",
    [
        replace(EVENT, src="nowhere"),
        replace(EVENT, dst="2001:db8::1"),
        replace(EVENT, sport=65536),
        replace(EVENT, kind=256),
        replace(EVENT, app_id=-1),
        replace(EVENT, bytes_c2s=1 << 64),
        replace(EVENT, evidence="\ud800"),
        replace(EVENT, end_reason=256),
        replace(EVENT, metadata=((65536, b""),)),
    ],
)
def test_events_that_do_not_fit_are_refused(wrong: FlowEvent) -> None:
    with pytest.raises(EncodeError):
        events.encode_event(wrong)


@pytest.mark.parametrize("text", ["x" * 5000, "€" * 342, "x" + "𝄞" * 256])
def test_a_text_that_does_not_fit_is_cut_and_said(text: str) -> None:
    record = next(encode_batches([replace(EVENT, evidence=text)], sequence=0, dropped=0))
    (event,) = FlowEvents.decode(record).events
    assert event.truncated
    assert text.startswith(event.evidence)
    assert 1020 < len(event.evidence.encode()) <= 1024


def test_a_text_that_just_fits_is_whole() -> None:
    event = replace(EVENT, path="€" * 341)
    assert FlowEvents.decode(FlowEvents(sequence=0, events=(event,)).encode()).events == (event,)


@pytest.mark.parametrize(("kept", "missing"), [(b"", "addresses"), (FLOW_TLV, "times"), (TIMES_TLV, "addresses")])
def test_an_event_without_addresses_or_times_is_refused(kept: bytes, missing: str) -> None:
    record = (4 + len(kept)).to_bytes(2, "big") + b"\1\0" + kept
    with pytest.raises(DecodeError, match=missing):
        FlowEvents.decode(FlowEvents(sequence=0).encode()[:-2] + b"\0\1" + record)


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 8])
def test_a_tlv_of_an_event_has_exactly_its_size(kind: int) -> None:
    for size in (0, 100):
        tlvs = FLOW_TLV + TIMES_TLV + wire.tlv(kind, bytes(size))
        record = (4 + len(tlvs)).to_bytes(2, "big") + b"\1\0" + tlvs
        with pytest.raises(DecodeError, match=f"bytes in TLV {kind}"):
            FlowEvents.decode(FlowEvents(sequence=0).encode()[:-2] + b"\0\1" + record)


@pytest.mark.parametrize("kind", [4, 5, 6])
def test_a_tlv_of_a_hello_has_exactly_its_size(kind: int) -> None:
    for size in (0, 5):
        with pytest.raises(DecodeError):
            decode_body(Hello.EXP_TYPE, Hello().encode() + wire.tlv(kind, bytes(size)))


@pytest.mark.parametrize(
    "wrong",
    [
        Hello(agent=AgentInfo(agent_version="x" * 256)),
        Catalogue(version="é" * 128),
        Catalogue(version="1", categories=(CategoryEntry(category=1, key="x" * 256, name=""),)),
        L7Error(code=1, text="x" * 256),
    ],
)
def test_a_text_that_is_too_long_is_refused(wrong: Message | L7Error) -> None:
    with pytest.raises(EncodeError, match="at most 255 bytes"):
        encode_message(wrong, version=4, xid=0)


def test_a_message_that_is_too_big_is_refused() -> None:
    with pytest.raises(EncodeError):
        encode_message(FlowEvents(sequence=0, events=(EVENT,) * 2000), version=4, xid=0)
