"""The Wireshark dissector: tshark reads the same bytes as ofext, and both say the same."""

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ofext_examples import MATCHES, MESSAGES, REPLIES, REQUESTS
from ofext_strategies import errors, l7_matches, messages, replies, requests
from test_ofext_openflow import (
    bundled,
    entry,
    error,
    features,
    flow_mod,
    flow_removed,
    monitor_request,
    packet_in,
    stats_reply,
    stats_request,
)
from test_ofext_openflow import multipart as multipart_message
from test_spec_examples import EXAMPLES

from ofext import multipart, oxm
from ofext.errors import DecodeError
from ofext.fields import FIELD_NAMES, L7Field
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import decode_message, encode_message
from ofext.multipart import decode_multipart, encode_reply, encode_request, is_l7_multipart
from ofext.openflow.header import Type, build
from ofext.oxm import Oxm
from tests.fakes.capture_file import Conversation, write_pcapng
from tests.fakes.tshark import Item, dissect, expert_information, tshark
from tests.fakes.wireshark_agreement import pairs_of_field, said_by_ofext, said_by_wireshark, shown_in

VERSIONS = (4, 5, 6)
EVERY_MESSAGE = [*MESSAGES, *REQUESTS, *REPLIES]
"""Names of examples in the specification."""
ONF = bytes.fromhex("4f4e4600")
"""Another experimenter. Wireshark 4.0 calls every reply of OFPMP_EXPERIMENTER malformed, whoever's it is."""
anything: st.SearchStrategy[Any] = messages | errors | requests | replies
FEW = settings(
    max_examples=2,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""Each example is a capture of many messages and a run of tshark, so there is no looking for a smaller one."""


def capture_of(folder: Path, *messages: bytes, segment_size: int = 1460) -> Path:
    """A capture of one connection with a message, or a part of one, in each segment."""
    conversation = Conversation()
    for message in messages:
        conversation.send(message, segment_size=segment_size)
    path = folder / "capture.pcapng"
    write_pcapng(path, conversation.packets)
    return path


def in_all_versions(*names: str) -> list[bytes]:
    """Examples of the specification in every version of OpenFlow."""
    return [bytes([version]) + EXAMPLES[name][1:] for version in VERSIONS for name in names]


def decoded(raw: bytes) -> Any:
    """What ofext reads. Raises DecodeError."""
    return decode_multipart(raw).message if is_l7_multipart(raw) else decode_message(raw).message


def encoded(message: Any, version: int) -> bytes:
    """A message, a request or a reply of statistics."""
    if isinstance(message, get_args(multipart.Request)):
        return encode_request(message, version=version, xid=1)
    if isinstance(message, get_args(multipart.Reply)):
        return encode_reply(message, version=version, xid=1)
    return encode_message(message, version=version, xid=1)


def test_messages_of_the_spec_are_valid_openflow_and_shown_as_ofext_reads_them(tmp_path: Path) -> None:
    messages = in_all_versions(*MESSAGES, *REQUESTS)
    capture = capture_of(tmp_path, *messages)
    assert expert_information(capture, with_dissector=False) == expert_information(capture) == []
    for raw, message in zip(messages, dissect(capture), strict=True):
        assert said_by_wireshark(message).ordered() == said_by_ofext(decoded(raw)).ordered()


def test_replies_of_statistics_are_as_valid_as_those_of_any_experimenter(tmp_path: Path) -> None:
    messages = in_all_versions(*REPLIES)
    others = [raw[:16] + ONF + raw[20:] for raw in messages]
    of_others = expert_information(capture_of(tmp_path, *others), with_dissector=False)
    capture = capture_of(tmp_path, *messages)
    assert expert_information(capture) == of_others
    for raw, message in zip(messages, dissect(capture), strict=True):
        assert said_by_wireshark(message).ordered() == said_by_ofext(decoded(raw)).ordered()


def test_fields_of_the_spec_are_shown_by_name(tmp_path: Path) -> None:
    capture = capture_of(tmp_path, *(flow_mod(5, fields) for fields in MATCHES.values()))
    assert expert_information(capture, with_dissector=False) == expert_information(capture) == []
    for (name, fields), message in zip(MATCHES.items(), dissect(capture), strict=True):
        assert all(FIELD_NAMES[L7Field(field.field)] in message.shown for field in fields), name


def test_what_the_spec_sends_to_a_switch_is_valid_openflow(tmp_path: Path) -> None:
    lowered = bytearray(flow_mod(5, ()))
    lowered[48:56] = EXAMPLES["lowered"]
    lowered[2:4] = len(lowered).to_bytes(2, "big")
    capture = capture_of(tmp_path, bytes(lowered), EXAMPLES["mark-1.3"])  # whose made-up packet has a window of zero
    for with_dissector in (False, True):
        found = expert_information(capture, with_dissector=with_dissector)
        assert [group for _, group, _, _ in found] == ["Sequence"]


def everywhere(version: int, fields: tuple[Oxm, ...]) -> dict[str, bytes]:
    """All messages that a match may stand in, once or as often as the name says."""
    rule = flow_mod(version, fields)
    messages = {
        "1 rule": rule,
        "1 bundled": bundled(version, rule),
        "1 quoted": error(version, rule),
        "1 removed": flow_removed(version, fields),
        "1 packet": packet_in(version, fields),
        "1 asked for": stats_request(version, fields),
        "1 aggregate": stats_request(version, fields, 2),
        "2 statistics": stats_reply(version, fields, fields),
    }
    if version > 4:
        brief = bytes.fromhex("0008000400000063")
        update = entry(24, fields, event=2) + brief
        messages["2 monitors"] = monitor_request(version, fields)
        messages["1 update"] = multipart_message(version, Type.MULTIPART_REPLY, 16, update)
    if version > 5:
        messages["1 newer"] = multipart_message(version, Type.MULTIPART_REPLY, 17, entry(8, fields))
        messages["1 newer asked for"] = stats_request(version, fields, 17)
    return messages


def test_matches_are_found_in_every_message_that_has_them(tmp_path: Path) -> None:
    fields = (oxm.ct_zone(7), oxm.l7_app_id(0x14002711), oxm.l7_state(0, 1), oxm.l7_sni("*.example.com"))
    messages = {(version, name): raw for version in VERSIONS for name, raw in everywhere(version, fields).items()}
    shown = dissect(capture_of(tmp_path, *messages.values()))
    for (version, name), message in zip(messages, shown, strict=True):
        assert message.values("oxm") == ["1", "3", "4"] * int(name[0]), (version, name)
        assert message.values("sni") == ["*.example.com"] * int(name[0]), (version, name)
        assert not is_malformed(message), (version, name)


def test_what_tables_can_match_on_is_shown(tmp_path: Path) -> None:
    ids = [bytes((0xFF, 0xFF, field << 1, 4)) + EXPERIMENTER_BYTES for field in L7Field]
    replies = [features(Type.MULTIPART_REPLY, version, bytes.fromhex("80000004"), *ids) for version in VERSIONS]
    for message in dissect(capture_of(tmp_path, *replies)):
        assert message.values("oxm") == [str(int(field)) for field in L7Field] * 6


@FEW
@given(some=st.lists(anything, min_size=20, max_size=60), version=st.sampled_from(VERSIONS))
def test_both_decoders_agree_on_any_message(tmp_path: Path, some: list[Any], version: int) -> None:
    capture = capture_of(tmp_path, *(encoded(message, version) for message in some))
    for message, shown in zip(some, dissect(capture), strict=True):
        assert said_by_wireshark(shown).ordered() == said_by_ofext(message).ordered()


@FEW
@given(some=st.lists(l7_matches(), min_size=10, max_size=40), version=st.sampled_from(VERSIONS))
def test_both_decoders_agree_on_any_match(tmp_path: Path, some: list[tuple[Oxm, ...]], version: int) -> None:
    capture = capture_of(tmp_path, *(flow_mod(version, fields) for fields in some))
    for fields, shown in zip(some, dissect(capture), strict=True):
        ours = [field for field in fields if oxm.is_l7(field)]
        items = [item for item in shown.items if item.name == "appsteer.oxm"]
        assert [shown_in(item) for item in items] == [pairs_of_field(field) for field in ours]
        assert not is_malformed(shown)


@FEW
@given(data=st.data())
def test_both_decoders_refuse_the_same_messages(tmp_path: Path, data: st.DataObject) -> None:
    raw = [_damaged(data.draw) for _ in range(60)]
    shown = dissect(capture_of(tmp_path, *raw))
    for message, item in zip(raw, shown, strict=True):
        assert is_malformed(item) == _is_refused(message), message.hex()


def _damaged(draw: st.DrawFn) -> bytes:
    """A message with some bytes of its body changed, or cut off."""
    raw = bytearray(encoded(draw(anything), 5))
    head = 24 if raw[1] in (Type.MULTIPART_REQUEST, Type.MULTIPART_REPLY) else 16
    body = len(raw) - head
    if body:
        for _ in range(draw(st.integers(0, 3))):
            raw[head + draw(st.integers(0, body - 1))] = draw(st.integers(0, 255))
        del raw[head + draw(st.integers(0, body)) :]
    raw[2:4] = len(raw).to_bytes(2, "big")
    return bytes(raw)


def is_malformed(item: Item) -> bool:
    """Whether something was flagged; values of match fields are judged where they are lowered, not by the decoder."""
    return any(
        child.name == "appsteer.malformed" or (child.name != "appsteer.oxm" and is_malformed(child))
        for child in item.items
    )


def _is_refused(raw: bytes) -> bool:
    try:
        decoded(raw)
    except DecodeError:
        return True
    return False


@pytest.mark.parametrize("segment_size", [3, 700, 65_000])
def test_messages_are_found_however_they_are_cut_into_segments(segment_size: int, tmp_path: Path) -> None:
    stream = b"".join(EXAMPLES[name] for name in EVERY_MESSAGE)
    shown = dissect(capture_of(tmp_path, stream, segment_size=segment_size))
    expected = [said_by_ofext(decoded(EXAMPLES[name])).ordered() for name in EVERY_MESSAGE]
    assert [said_by_wireshark(message).ordered() for message in shown] == expected


@FEW
@given(noise=st.lists(st.binary(min_size=1, max_size=300), min_size=20, max_size=100), data=st.data())
def test_no_bytes_break_the_dissector(tmp_path: Path, noise: list[bytes], data: st.DataObject) -> None:
    kinds, versions = st.sampled_from([1, 4, 10, 11, 14, 18, 19, 34]), st.sampled_from(VERSIONS)
    hostile = [
        build(data.draw(versions), data.draw(kinds), 1, body[: len(body) // 2] + EXPERIMENTER_BYTES + body)
        for body in noise
    ]
    stream = [*hostile, *map(_cut_or_torn, noise), EXAMPLES["hello-agent"]]
    shown = tshark("-r", capture_of(tmp_path, *stream), "-V", "-O", "appsteer")
    assert "Version of the agent: 0.1" in shown  # it came to the end
    assert "Lua" not in shown


def _cut_or_torn(noise: bytes) -> bytes:
    """An example of the specification in which noise takes the place of the end of the body."""
    names = [*EVERY_MESSAGE]
    raw = EXAMPLES[names[noise[0] % len(names)]]
    kept = min(len(raw), 24 + len(noise) % 40)
    torn = raw[:kept] + noise
    return torn[:2] + len(torn).to_bytes(2, "big") + torn[4:]
