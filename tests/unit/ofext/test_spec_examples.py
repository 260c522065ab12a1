"""Holds codec, SPEC.md and golden files together: the same bytes, and the same value out of them."""

import re
from pathlib import Path

import pytest
from ofext_examples import (
    MATCHES,
    MESSAGES,
    OPENFLOW_VERSION,
    PREDICATES,
    RAW,
    REPLIES,
    REQUESTS,
    UNLOWERED,
    XID,
)

import ofext
from ofext import lowering, oxm
from ofext.messages import Envelope, decode_message, encode_message
from ofext.multipart import Multipart, decode_multipart, encode_reply, encode_request

SPEC = Path(ofext.__file__).with_name("SPEC.md")
PARTS = sorted(SPEC.with_name("spec").glob("*.md"))
GOLDEN = Path(__file__).parents[2] / "golden" / "ofext"


def read_hex(text: str) -> bytes:
    """Hexadecimal digits; everything after a `;` or `#` is for people."""
    return bytes.fromhex("".join(re.sub(r"[;#].*", "", line) for line in text.splitlines()))


def spec_examples() -> dict[str, bytes]:
    """The code blocks of SPEC.md and of its parts that are marked `hex NAME`."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (SPEC, *PARTS))
    blocks = re.findall(r"^```hex ([\w.-]+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return {name: read_hex(block) for name, block in blocks}


def golden(name: str) -> bytes:
    return read_hex((GOLDEN / f"{name}.hex").read_text(encoding="utf-8"))


EXAMPLES = spec_examples()


def test_spec_and_golden_files_have_all_examples() -> None:
    names = set(MESSAGES) | set(REQUESTS) | set(REPLIES) | set(MATCHES) | set(RAW)
    assert set(EXAMPLES) == names
    assert {path.stem for path in GOLDEN.glob("*.hex")} == names


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_the_spec_is_read_and_written(name: str) -> None:
    message = MESSAGES[name]
    expected = Envelope(version=OPENFLOW_VERSION, xid=XID, message=message)
    assert decode_message(EXAMPLES[name]) == expected
    assert encode_message(message, version=OPENFLOW_VERSION, xid=XID) == EXAMPLES[name] == golden(name)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_multipart_request_of_the_spec_is_read_and_written(name: str) -> None:
    request = REQUESTS[name]
    expected = Multipart(version=OPENFLOW_VERSION, xid=XID, more=False, message=request)
    assert decode_multipart(EXAMPLES[name]) == expected
    assert encode_request(request, version=OPENFLOW_VERSION, xid=XID) == EXAMPLES[name] == golden(name)


@pytest.mark.parametrize("name", REPLIES)
def test_a_multipart_reply_of_the_spec_is_read_and_written(name: str) -> None:
    reply = REPLIES[name]
    expected = Multipart(version=OPENFLOW_VERSION, xid=XID, more=False, message=reply)
    assert decode_multipart(EXAMPLES[name]) == expected
    assert encode_reply(reply, version=OPENFLOW_VERSION, xid=XID) == EXAMPLES[name] == golden(name)


@pytest.mark.parametrize("name", MATCHES)
def test_a_field_of_the_spec_is_read_and_written(name: str) -> None:
    assert oxm.walk(EXAMPLES[name]) == MATCHES[name]
    assert oxm.encode_fields(MATCHES[name]) == EXAMPLES[name] == golden(name)


@pytest.mark.parametrize("name", RAW)
def test_what_a_switch_is_sent_is_that_of_the_spec(name: str) -> None:
    assert RAW[name] == EXAMPLES[name] == golden(name)


def test_the_lowered_match_of_the_spec_is_raised() -> None:
    fields, _ = oxm.decode_match(EXAMPLES["lowered"])
    assert lowering.raise_(fields, PREDICATES) == UNLOWERED
