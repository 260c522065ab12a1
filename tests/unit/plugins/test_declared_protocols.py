"""Protocols declared in data files: the guide's example, taken from the guide, and those that come with AppSteer."""

import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ofext.catalogue import AppKind
from plugins.lint import lint_plugin
from plugins.loader import signature_files
from switch_dpi._native import Engine, EngineOptions, FlowRecord, Replay, SignatureError, Signatures, catalogue
from switch_dpi.native_engine import wire_catalogue
from switch_dpi.replay import replay

GUIDE = Path(__file__).parents[3] / "docs" / "signatures.md"
CLIENT, SERVER = (bytes([10, 0, 0, 1]), 50_123), (bytes([10, 0, 0, 2]), 39_877)
EXPECTED = {
    "pumpnet.unit": 17,
    "pumpnet.station": "west-gate",
    "pumpnet.pressure": 400,
    "pumpnet.gateway": "192.0.2.7",
}

Message = tuple[bool, bytes]
"""Whether the server says it, and what."""


def block(kind: str) -> str:
    """The first block of a kind in the guide."""
    found = re.search(rf"^```{kind}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None, kind
    return found[1]


@pytest.fixture(scope="module")
def file() -> tuple[str, str]:
    return ("pumpnet.toml", block("toml"))


@pytest.fixture(scope="module")
def signatures(file: tuple[str, str]) -> Signatures:
    return Signatures.load([*signature_files(), file])


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """The hex dump of the guide."""
    said: list[Message] = []
    for line in block("hexdump").splitlines():
        found = re.match(r"(client|server|      )  [0-9a-f]{4}  ((?:[0-9a-f]{2} )+)", line)
        assert found is not None, line
        if found[1].strip():
            said.append((found[1] == "server", b""))
        is_reply, payload = said[-1]
        said[-1] = (is_reply, payload + bytes.fromhex(found[2]))
    return said


def ipv4(protocol: int, is_reply: bool, payload: bytes) -> bytes:
    ends = (SERVER[0], CLIENT[0]) if is_reply else (CLIENT[0], SERVER[0])
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    return b"\2" * 12 + b"\x08\x00" + header + b"".join(ends) + payload


def udp_frames(messages: list[Message]) -> Iterator[bytes]:
    for is_reply, payload in messages:
        ports = (SERVER[1], CLIENT[1]) if is_reply else (CLIENT[1], SERVER[1])
        yield ipv4(17, is_reply, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload)


def tcp_frames(messages: list[Message], size: int) -> Iterator[bytes]:
    """A connection whose segments carry `size` bytes."""
    sequences = {False: 1000, True: 7000}

    def segment(is_reply: bool, flags: int, payload: bytes) -> bytes:
        ports = (SERVER[1], CLIENT[1]) if is_reply else (CLIENT[1], SERVER[1])
        header = struct.pack("!HHIIBBHHH", *ports, sequences[is_reply], 0, 0x50, flags, 512, 0, 0)
        sequences[is_reply] += len(payload) + (flags & 2) // 2
        return ipv4(6, is_reply, header + payload)

    yield segment(False, 2, b"")
    yield segment(True, 0x12, b"")
    for is_reply, payload in messages:
        for at in range(0, len(payload), size):
            yield segment(is_reply, 0x18, payload[at : at + size])


def capture(path: Path, frames: Iterator[bytes]) -> Path:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, frame in enumerate(frames):
        data += struct.pack("<IIII", 100, at, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def only_record(path: Path, signatures: Signatures) -> FlowRecord:
    (record,) = Replay(str(path), signatures, EngineOptions(max_inspected_packets=1000))
    return record


def test_the_guides_example_is_found_over_udp_at_any_port(
    tmp_path: Path, signatures: Signatures, messages: list[Message]
) -> None:
    record = only_record(capture(tmp_path / "u.pcap", udp_frames(messages)), signatures)
    assert (record.app_key, record.protocol, record.app_id) == ("pumpnet", "Pump Network", 0x14000000 + 9500)
    assert (record.path, record.category, record.confidence) == ("eth.ip.udp.pumpnet", "industrial", 99)
    assert record.evidence == "pattern 1 (pumpnet.toml, offset 0, 4 bytes)"
    assert record.metadata == EXPECTED


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_guides_example_is_found_over_tcp_however_it_is_cut(
    tmp_path: Path, signatures: Signatures, messages: list[Message], size: int
) -> None:
    record = only_record(capture(tmp_path / "t.pcap", tcp_frames(messages, size)), signatures)
    assert (record.app_key, record.path, record.state & 1) == ("pumpnet", "eth.ip.tcp.pumpnet", 1)
    assert record.metadata == EXPECTED


def test_without_its_file_it_is_unknown(tmp_path: Path, messages: list[Message]) -> None:
    record = only_record(capture(tmp_path / "u.pcap", udp_frames(messages)), Signatures.load(signature_files()))
    assert (record.app_key, record.metadata) == ("unknown", {})


def test_replay_takes_the_file_with_an_option(tmp_path: Path, file: tuple[str, str], messages: list[Message]) -> None:
    app = typer.Typer()
    app.command()(replay)
    path = tmp_path / file[0]
    path.write_text(file[1], encoding="utf-8")
    pcap = capture(tmp_path / "u.pcap", udp_frames(messages))
    result = CliRunner().invoke(app, ["--with", str(path), "--json", str(pcap)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["metadata"] == EXPECTED
    path.write_text(file[1].replace("9500", "12"), encoding="utf-8")
    result = CliRunner().invoke(app, ["--with", str(path), str(pcap)])
    assert result.exit_code == 2
    assert f"{path}:2: id 12 is not one of declared protocols, 9000 to 9999" in result.stderr


def test_the_catalogue_has_it_and_its_attributes(signatures: Signatures) -> None:
    known = catalogue(signatures)
    (app,) = (app for app in known.apps if app.key == "pumpnet")
    assert (app.is_protocol, app.name, app.category) == (True, "Pump Network", "industrial")
    attributes = {a.name: (a.type, a.unit) for a in known.attributes if a.name.startswith("pumpnet.")}
    assert attributes["pumpnet.pressure"] == ("uint", "cbar")
    assert attributes["pumpnet.gateway"] == ("string", "")
    assert all(a.id >= 0x8000 for a in known.attributes if a.name.startswith("pumpnet."))
    assert len({a.id for a in known.attributes}) == len(known.attributes)
    wire = wire_catalogue(known)
    assert {a.name for a in wire.attributes} >= set(EXPECTED)
    assert [entry.kind for entry in wire.apps if entry.key == "pumpnet"] == [AppKind.PROTOCOL]
    assert known.version != catalogue(Signatures.load(signature_files())).version


def test_metadata_ids_are_those_of_the_catalogue(signatures: Signatures, messages: list[Message]) -> None:
    engine = Engine(signatures)
    for at, frame in enumerate(udp_frames(messages)):
        engine.feed(frame, at_ns=at + 1)
    (ended,) = engine.finish()
    names = {a.id: a.name for a in catalogue(signatures).attributes}
    values = {names[attribute]: value for attribute, value in ended.record.metadata_ids}
    assert values["pumpnet.pressure"] == (400).to_bytes(2)
    assert values["pumpnet.station"] == b"west-gate"


def test_a_file_that_breaks_a_rule_is_refused_by_line(file: tuple[str, str]) -> None:
    name, text = file
    for good, bad, expected in [
        ("02 01", "0201f", f"{name}:11: bytes: 5 hexadecimal digits are not whole bytes"),
        ('"pumpnet.unit" = 17', '"pumpnet.unit" = 18', "should have pumpnet.unit = 18, but has"),
        ('"504e0381', '"504e0281', "counter-example"),
    ]:
        assert good in text
        with pytest.raises(SignatureError, match=re.escape(expected)):
            Signatures.load([*signature_files(), (name, text.replace(good, bad))])


def test_what_comes_with_appsteer_is_well_formed_and_warns_of_nothing() -> None:
    assert Signatures.load(signature_files()).warnings == []
    keys = {app.key for app in catalogue(Signatures.load(signature_files())).apps if app.is_protocol}
    assert keys >= {"nsq", "beanstalkd", "osc"}


def test_the_lint_names_the_top_of_a_protocol(file: tuple[str, str]) -> None:
    name, text = file
    assert lint_plugin([file], {"industrial": 33}) == []
    broken = text.replace("id = 9500", "id = 12").replace("transports", "transport", 1)
    found = {str(finding) for finding in lint_plugin([(name, broken)], {})}
    assert found == {
        f"{name}:1: transports is missing",
        f"{name}:2: id 12 is not one of declared protocols, 9000 to 9999",
        f"{name}:5: category 'industrial' is not in categories.toml",
        f"{name}:6: transport is not a known field",
    }
