"""Multipart messages: they come back, in parts that fit, and nothing but DecodeError comes of what is malformed."""

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofext_strategies import replies, requests

from ofext.errors import DecodeError
from ofext.messages import is_l7_message
from ofext.multipart import (
    HEADER_SIZE,
    Multipart,
    Reply,
    Request,
    UnknownStats,
    decode_multipart,
    encode_reply,
    encode_request,
    frame_reply,
    is_l7_multipart,
    parts,
)
from ofext.openflow.header import Framer
from ofext.statistics import AppStats, AppStatsReply, AppStatsRequest, UserStatsReply

versions = st.sampled_from([4, 5, 6])
xids = st.integers(0, 0xFFFFFFFF)


def fault(raw: bytes) -> int | None:
    """Where the decoder sees a fault, None when it sees none."""
    try:
        decode_multipart(raw)
    except DecodeError as error:
        return error.offset
    return None


@given(requests, versions, xids)
def test_requests_come_back(request: Request, version: int, xid: int) -> None:
    raw = encode_request(request, version=version, xid=xid)
    assert is_l7_multipart(raw)
    assert not is_l7_message(raw)
    assert Framer().feed(raw) == [raw]
    assert decode_multipart(raw) == Multipart(version=version, xid=xid, more=False, message=request)


@given(replies, versions, st.booleans())
def test_replies_come_back(reply: Reply, version: int, more: bool) -> None:
    raw = encode_reply(reply, version=version, xid=1, more=more)
    assert decode_multipart(raw) == Multipart(version=version, xid=1, more=more, message=reply)


@settings(max_examples=60)
@given(requests.map(lambda made: encode_request(made, version=5, xid=1)), st.data())
def test_damaged_requests_are_a_message_or_a_decode_error(raw: bytes, data: Any) -> None:
    body = bytearray(raw[HEADER_SIZE:] or b"\0")
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    damaged = raw[:2] + struct.pack("!H", HEADER_SIZE + len(body)) + raw[4:HEADER_SIZE] + body
    found = fault(damaged)
    assert found is None or HEADER_SIZE <= found <= len(damaged)


@given(st.integers(1, 6), st.booleans(), st.binary(max_size=150))
def test_random_bodies_are_a_message_or_a_decode_error(exp_type: int, is_request: bool, body: bytes) -> None:
    raw = frame_reply(exp_type, body, version=5, xid=1, more=False)
    found = fault(raw[:1] + bytes([18 if is_request else 19]) + raw[2:])
    assert found is None or HEADER_SIZE <= found <= len(raw)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=30), st.integers(1, 200))
def test_parts_hold_whole_records_in_order_and_only_the_last_says_no_more(records: list[bytes], limit: int) -> None:
    made = list(parts(records, limit))
    assert b"".join(body for body, _ in made) == b"".join(records)
    assert [more for _, more in made] == [True] * (len(made) - 1) + [False]
    assert all(len(body) <= limit or body in records for body, _ in made)


def test_100_000_applications_go_in_messages_that_fit() -> None:
    apps = tuple(AppStats(app_id=number) for number in range(100_000))
    bodies = list(parts(app.encode() for app in apps))
    raws = [frame_reply(2, body, version=4, xid=1, more=more) for body, more in bodies]
    assert max(map(len, raws)) <= 0xFFFF
    got = [decode_multipart(raw).message for raw in raws]
    assert tuple(app for part in got if isinstance(part, AppStatsReply) for app in part.apps) == apps


def test_an_unknown_kind_of_statistics_is_kept() -> None:
    raw = frame_reply(99, b"abc", version=5, xid=1, more=False)
    assert decode_multipart(raw).message == UnknownStats(exp_type=99, body=b"abc")


def test_a_request_of_several_parts_is_refused_at_its_flags() -> None:
    raw = bytearray(encode_request(AppStatsRequest(), version=5, xid=1))
    raw[11] = 1
    assert fault(bytes(raw)) == 10


def test_a_user_record_that_is_shorter_than_its_numbers_is_refused_at_its_start() -> None:
    body = b"\x00\x10\x02\x00" + bytes(52)
    with pytest.raises(DecodeError) as caught:
        UserStatsReply.decode(body)
    assert caught.value.offset == 0


@pytest.mark.parametrize("raw", [b"", bytes(24), bytes.fromhex("05120018000000010000000000000000000a4c3700000001")])
def test_multiparts_of_others_are_told_apart(raw: bytes) -> None:
    assert not is_l7_multipart(raw)
    with pytest.raises(DecodeError):
        decode_multipart(raw)
