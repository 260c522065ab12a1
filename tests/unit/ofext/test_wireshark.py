"""The Wireshark dissector: tshark reads the same bytes as ofext, and both say the same."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ofext_examples import MATCHES, MESSAGES
from ofext_strategies import errors, l7_matches, messages
from test_spec_examples import EXAMPLES

from ofext import oxm
from ofext.errors import DecodeError
from ofext.messages import L7Error, Message, decode_message, encode_message
from ofext.openflow.header import Type, build
from ofext.oxm import Oxm
from tests.fakes.capture_file import Conversation, write_pcapng
from tests.fakes.tshark import dissect, expert_information, tshark
from tests.fakes.wireshark_agreement import said_by_ofext, said_by_wireshark

VERSIONS = (4, 5, 6)
FEW = settings(
    max_examples=4,
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


def flow_mod(version: int, *fields: Oxm) -> bytes:
    """A FLOW_MOD that adds a rule without instructions."""
    return build(version, Type.FLOW_MOD, 7, bytes(40) + oxm.encode_match(fields))


def malformed(capture: Path) -> list[tuple[str, str, str]]:
    """What tshark calls malformed, with this project's dissector."""
    return [found for found in expert_information(capture) if found[0] in ("Malformed", "Undecoded")]


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_of_the_spec_are_valid_openflow_and_shown_as_ofext_reads_them(version: int, tmp_path: Path) -> None:
    messages = [bytes([version]) + EXAMPLES[name][1:] for name in MESSAGES]
    capture = capture_of(tmp_path, *messages)
    assert expert_information(capture, with_dissector=False) == malformed(capture) == []
    shown = dissect(capture)
    assert len(shown) == len(messages)
    for raw, message in zip(messages, shown, strict=True):
        assert said_by_wireshark(message).ordered() == said_by_ofext(decode_message(raw).message).ordered()


@pytest.mark.parametrize("version", VERSIONS)
def test_fields_of_the_spec_are_shown_by_name(version: int, tmp_path: Path) -> None:
    capture = capture_of(tmp_path, *(flow_mod(version, *fields) for fields in MATCHES.values()))
    shown = dissect(capture)
    for name, fields in MATCHES.items():
        message = shown.pop(0)
        assert message.values("oxm") == [str(field.field) for field in fields], name
        assert oxm.FIELD_NAMES[fields[0].field] in message.shown


@FEW
@given(some=st.lists(messages | errors, min_size=10, max_size=40), version=st.sampled_from(VERSIONS))
def test_both_decoders_agree_on_any_message(tmp_path: Path, some: list[Message | L7Error], version: int) -> None:
    raw = [encode_message(message, version=version, xid=1) for message in some]
    capture = capture_of(tmp_path, *raw)
    for message, shown in zip(some, dissect(capture), strict=True):
        assert said_by_wireshark(shown).ordered() == said_by_ofext(message).ordered()


@FEW
@given(some=st.lists(l7_matches(), min_size=10, max_size=40), version=st.sampled_from(VERSIONS))
def test_fields_of_any_match_are_found(tmp_path: Path, some: list[tuple[Oxm, ...]], version: int) -> None:
    capture = capture_of(tmp_path, *(flow_mod(version, *fields) for fields in some))
    for fields, shown in zip(some, dissect(capture), strict=True):
        ours = [field for field in fields if oxm.is_l7(field)]
        assert shown.values("oxm") == [str(field.field) for field in ours]


@FEW
@given(data=st.data())
def test_both_decoders_refuse_the_same_messages(tmp_path: Path, data: st.DataObject) -> None:
    raw = [_damaged(data.draw) for _ in range(40)]
    shown = dissect(capture_of(tmp_path, *raw))
    for message, item in zip(raw, shown, strict=True):
        is_malformed = any("Malformed" in line.shown or line.name == "appsteer.malformed" for line in item.walk())
        assert is_malformed == _is_refused(message), message.hex()


def _damaged(draw: st.DrawFn) -> bytes:
    """A message with some bytes of its body changed, or cut off."""
    raw = bytearray(encode_message(draw(messages | errors), version=5, xid=1))
    body = len(raw) - 16
    if body:
        for _ in range(draw(st.integers(0, 3))):
            raw[16 + draw(st.integers(0, body - 1))] = draw(st.integers(0, 255))
        del raw[16 + draw(st.integers(0, body)) :]
    raw[2:4] = len(raw).to_bytes(2, "big")
    return bytes(raw)


def _is_refused(raw: bytes) -> bool:
    try:
        decode_message(raw)
    except DecodeError:
        return True
    return False


@pytest.mark.parametrize("segment_size", [1, 7, 64, 700, 65_000])
def test_messages_are_found_however_they_are_cut_into_segments(segment_size: int, tmp_path: Path) -> None:
    stream = b"".join(EXAMPLES[name] for name in MESSAGES)
    shown = dissect(capture_of(tmp_path, stream, segment_size=segment_size))
    expected = [said_by_ofext(decode_message(EXAMPLES[name]).message).ordered() for name in MESSAGES]
    assert [said_by_wireshark(message).ordered() for message in shown] == expected


@FEW
@given(noise=st.lists(st.binary(min_size=1, max_size=300), min_size=20, max_size=100), data=st.data())
def test_no_bytes_break_the_dissector(tmp_path: Path, noise: list[bytes], data: st.DataObject) -> None:
    kinds = st.sampled_from([1, 4, 10, 11, 14, 18, 19, 34])
    hostile = [
        build(
            data.draw(st.sampled_from(VERSIONS)), data.draw(kinds), 1, body[: len(body) // 2] + b"\0\x0a\x4c\x37" + body
        )
        for body in noise
    ]
    shown = tshark("-r", capture_of(tmp_path, *hostile), "-V", "-O", "appsteer")
    assert shown.count("AppSteer, ") == len(hostile)
    assert "Lua" not in shown
