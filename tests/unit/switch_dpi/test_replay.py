"""`appsteer replay`: output, exit codes, and files that are missing or broken."""

import json
import struct
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from plugins.loader import signature_files
from switch_dpi import flows
from switch_dpi._native import CaptureError, EngineOptions, Replay, Signatures
from switch_dpi.replay import replay

FLOW = "pcap src sport dst dport l4 vlan packets bytes packets_c2s packets_s2c bytes_c2s bytes_s2c first_seen duration"
VERDICT = "app_id app protocol path category risk state verdict_packet confidence evidence flow_id metadata"
FIELDS = f"{FLOW} {VERDICT}".split(" ")
REQUEST = b'GET / HTTP/1.1\r\nHost: www.youtube.com\r\nUser-Agent: a"b\r\n\r\n'

app = typer.Typer()
app.command()(replay)


def tcp_frame(payload: bytes, sport: int) -> bytes:
    tcp = struct.pack("!HHIIBBHHH", sport, 8000, 1, 1, 0x50, 0x18, 1, 0, 0) + payload
    ip = struct.pack("!BBHHHBBH4B4B", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, 10, 0, 0, 1, 10, 0, 0, 2)
    return b"\2" * 12 + b"\x08\x00" + ip + tcp


def pcap(*packets: tuple[float, bytes]) -> bytes:
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at_s, data in packets:
        out += struct.pack("<IIII", int(at_s), round(at_s % 1 * 1e6), len(data), len(data)) + data
    return out


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "two.pcap"
    path.write_bytes(
        pcap((100.5, tcp_frame(REQUEST, 1)), (101.75, tcp_frame(b"\xff\xfe" * 9, 2)), (102.5, tcp_frame(b"", 1)))
    )
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_json_has_one_object_a_flow_with_exactly_the_fields(capture: Path) -> None:
    result = run(capture, "--json")
    assert result.exit_code == 0
    first, second = sorted(map(json.loads, result.stdout.splitlines()), key=lambda record: record["sport"])
    assert list(first) == FIELDS
    assert (first["pcap"], first["src"], first["sport"], first["dst"]) == ("two.pcap", "10.0.0.1", 1, "10.0.0.2")
    assert (first["first_seen"], first["duration"], first["packets"]) == (100.5, 2.0, 2)
    assert (first["app"], first["protocol"], first["path"]) == ("YouTube", "HTTP", "eth.ip.tcp.http.youtube")
    assert (first["category"], first["state"], first["verdict_packet"]) == ("video", "final", 1)
    assert first["risk"] == 20
    assert first["evidence"].startswith("http.host=www.youtube.com matches youtube.com (HTTP request line, offset 0, ")
    assert first["metadata"]["http.user_agent"] == 'a"b'
    assert (second["app"], second["protocol"], second["state"], second["app_id"]) == (None, None, "gave_up", 0x14000000)


def test_records_can_go_to_a_file(capture: Path, tmp_path: Path) -> None:
    result = run(capture, "--json", "--output", tmp_path / "out.jsonl")
    assert (result.exit_code, result.stdout) == (0, "")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_without_json_there_are_a_table_and_a_summary(capture: Path) -> None:
    result = run(capture)
    assert "HTTP · YouTube" in result.stdout
    assert "2 flows, 1 recognised; 3 packets" in result.stdout


def test_missing_and_broken_files_are_named_and_the_others_go_on(capture: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pcap").write_text("not a capture")
    (tmp_path / "cut.pcap").write_bytes(capture.read_bytes()[:-5])
    result = run(tmp_path / "no.pcap", tmp_path / "text.pcap", tmp_path / "cut.pcap", capture, "--json")
    assert result.exit_code == 1
    assert {json.loads(line)["pcap"] for line in result.stdout.splitlines()} == {"cut.pcap", "two.pcap"}
    errors = result.stderr.splitlines()
    assert len(errors) == 3
    for error, (name, reason) in zip(
        errors,
        [("no.pcap", "No such file"), ("text.pcap", "neither pcap nor pcapng"), ("cut.pcap", "at byte ")],
        strict=True,
    ):
        assert name in error
        assert reason in error


def test_a_wrong_option_is_refused_by_name(capture: Path) -> None:
    for wrong in (0, -1, 10**20):
        result = run(capture, "--max-flows", wrong)
        assert result.exit_code == 2
        assert "--max-flows" in result.stderr
    result = run(capture, "--idle-timeout-tcp", "nan")
    assert (result.exit_code, "idle_timeout_tcp_s" in result.stderr) == (2, True)


def test_the_table_shows_ipv6_ends_whole(tmp_path: Path) -> None:
    path = tmp_path / "six.pcap"
    tcp = tcp_frame(REQUEST, 1)[34:]
    ends = bytes.fromhex("fe80" + "00" * 13 + "01") + bytes.fromhex("fe80" + "00" * 13 + "02")
    path.write_bytes(
        pcap((1.0, b"\2" * 12 + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + ends + tcp))
    )
    assert "[fe80::1]:1  [fe80::2]:8000" in run(path).stdout


def test_a_capture_file_is_not_overwritten_by_the_output(capture: Path) -> None:
    before = capture.read_bytes()
    result = run(capture, "-o", capture)
    assert (result.exit_code, "--output" in result.stderr) == (2, True)
    assert capture.read_bytes() == before


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk_is_told_in_a_sentence(capture: Path, options: list[str]) -> None:
    result = run(capture, "-o", "/dev/full", *options)
    assert (result.exit_code, result.stderr) == (1, "appsteer replay: /dev/full: No space left on device\n")


def test_a_name_that_is_not_utf_8_does_not_stop_the_others(capture: Path) -> None:
    result = run("no\udcff.pcap", capture, "--json")
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 2)
    assert "not UTF-8" in result.stderr


def test_records_come_one_by_one_from_python(capture: Path) -> None:
    replayed = Replay(str(capture), Signatures.load(signature_files()), EngineOptions())
    assert sorted(record.app for record in replayed) == ["Unknown", "YouTube"]
    assert (replayed.packets, replayed.truncated_at) == (3, None)
    assert list(replayed) == []


def test_flows_come_in_a_loop_with_what_comes_with_appsteer(capture: Path) -> None:
    found = {(flow.sport, flow.app, flow.path) for flow in flows.replay(capture)}
    assert found == {(1, "YouTube", "eth.ip.tcp.http.youtube"), (2, "Unknown", "eth.ip.tcp")}
    assert {flow.app for flow in flows.replay(str(capture), threads=2)} == {"YouTube", "Unknown"}
    with pytest.raises(CaptureError, match="no such"):
        flows.replay("no such.pcap")


def test_what_can_be_read_of_a_broken_file_comes_before_its_error(capture: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(capture.read_bytes() + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 64)
    replayed = Replay(str(broken), Signatures.load(signature_files()), EngineOptions())
    assert {next(replayed).sport, next(replayed).sport} == {1, 2}
    with pytest.raises(CaptureError, match=r"broken\.pcap: at byte \d+"):
        next(replayed)


def many_hosts(path: Path) -> Path:
    """Requests and answers of more flows than one thread would be given at a time."""
    frames = []
    for number in range(3000):
        frames.append((100 + number / 1000, tcp_frame(REQUEST, 1 + number % 7)))
        source = struct.pack("!4B", 10, 1, number >> 8, number & 255)
        frames[-1] = (frames[-1][0], frames[-1][1][:26] + source + frames[-1][1][30:])
    path.write_bytes(pcap(*frames))
    return path


def test_with_threads_the_records_are_the_same_in_another_order(tmp_path: Path) -> None:
    path = many_hosts(tmp_path / "many.pcap")
    alone, shared = (run(path, "--json", "--threads", count) for count in (1, 3))
    assert (alone.exit_code, shared.exit_code) == (0, 0)
    one, other = (list(map(json.loads, result.stdout.splitlines())) for result in (alone, shared))
    assert len({record["flow_id"] for record in other}) == len(one) == 3000
    for record in one + other:
        del record["flow_id"]
        record.pop("first_packet", None)  # from verdicts of the same server that an engine has seen before
    ordered = [sorted(records, key=lambda record: record["src"]) for records in (one, other)]
    assert ordered[0] == ordered[1]


def test_threads_give_records_or_lines(tmp_path: Path) -> None:
    replayed = Replay(str(many_hosts(tmp_path / "many.pcap")), Signatures.load(signature_files()), threads=2)
    assert sum(1 for _ in replayed) == 3000
    assert (replayed.packets, replayed.stats()["flows"], replayed.truncated_at) == (3000, 3000, None)
    replayed = Replay(str(tmp_path / "many.pcap"), Signatures.load(signature_files()), threads=2)
    next(replayed)
    with pytest.raises(RuntimeError, match="either records or JSON lines"):
        replayed.json_lines("many.pcap")


def test_threads_tell_of_a_broken_file_after_its_records(capture: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(capture.read_bytes() + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 64)
    result = run(broken, "--json", "--threads", 2)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 2)
    assert "broken.pcap: at byte" in result.stderr


def test_a_number_of_threads_that_nobody_has_is_refused(capture: Path) -> None:
    for wrong in (0, 65):
        result = run(capture, "--threads", wrong)
        assert (result.exit_code, "--threads" in result.stderr) == (2, True)
        with pytest.raises(ValueError, match=f"threads is {wrong}, but should be 1 to 64"):
            Replay(str(capture), Signatures.load(signature_files()), threads=wrong)
