"""`appsteer plugins` without an agent: look-up, lint, test, diff."""

import json
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from switch_dpi.plugins_cli import plugins
from tests.unit.switch_dpi.plugin_files import write


def run(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(plugins, [str(argument) for argument in arguments], input=given)


def http_capture(path: Path, hosts: list[str], agent: str = "test") -> Path:
    """A capture with one HTTP request a host."""
    packets = b""
    for number, host in enumerate(hosts):
        request = f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n\r\n".encode()
        tcp = (40_000 + number).to_bytes(2) + b"\0\x50" + b"\0\0\0\1\0\0\0\1\x50\x18\x10\0\0\0\0\0" + request
        ip = b"\x45\0" + (20 + len(tcp)).to_bytes(2) + b"\0\0\0\0\x40\6\0\0" + bytes([10, 0, 0, 1, 10, 0, 0, 2])
        frame = b"\2" * 12 + b"\x08\0" + ip + tcp
        packets += struct.pack("<IIII", 1, number, len(frame), len(frame)) + frame
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + packets)
    return path


def test_lookup_answers_with_an_object_a_host() -> None:
    result = run("lookup", "WWW.YouTube.com", "www.no-such-shop.co.uk", "localhost", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"host": "WWW.YouTube.com", "app": "YouTube", "category": "video", "entry": "youtube.com", "generic": False},
        {
            "host": "www.no-such-shop.co.uk",
            "app": "no-such-shop.co.uk",
            "category": "unknown",
            "entry": None,
            "generic": True,
        },
        {"host": "localhost", "app": None, "category": None, "entry": None, "generic": False},
    ]


@pytest.mark.parametrize("host", ["www.кц.рф", "WWW.xn--j1ay.xn--p1ai."])
def test_an_entry_is_shown_as_its_file_has_it(host: str) -> None:
    assert json.loads(run("lookup", host, "--json").stdout)["entry"] == "кц.рф"


@pytest.mark.parametrize(
    ("by", "value", "app", "entry"),
    [
        ("certificate", "*.c.youtube.com", "YouTube", "youtube.com"),
        ("certificate", "anynet relay", "AnyDesk", "anynet relay"),
        ("alpn", "apns-pack-v1", "Apple push notifications", "apns-pack-v1"),
        ("user_agent", "Spotify/8.6.0 iOS/15.1 (iPhone12,1)", "Spotify", "spotify/"),
        (
            "tls_fingerprint",
            "t13d880900_fcb5b95cb75a_b0d3b4ac2a14",
            "SoftEther VPN",
            "t13d880900_fcb5b95cb75a_b0d3b4ac2a14",
        ),
        ("address", "149.154.167.50", "Telegram", "149.154.160.0/20"),
        ("address", "2001:67c:4e8:f002::a", "Telegram", "2001:67c:4e8::/48"),
        ("user_agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", None, None),
        ("address", "youtube.com", None, None),
    ],
)
def test_lookup_by_another_value(by: str, value: str, app: str | None, entry: str | None) -> None:
    answer = json.loads(run("lookup", "--by", by, value, "--json").stdout)
    assert (answer[by], answer["app"], answer["entry"], answer["generic"]) == (value, app, entry, False)


def test_lookup_by_what_is_not_known_is_refused() -> None:
    assert run("lookup", "--by", "port", "443").exit_code == 2


def test_an_operators_user_agent_and_network_are_linted_tried_and_compared(tmp_path: Path) -> None:
    lines = 'user_agents = ["IntranetSync/"]\nnetworks = ["10.20.0.0/16"]\n\n'
    given = ('user_agent = "IntranetSync/2"', 'address = "10.20.0.9"')
    examples = "".join(f'[[example]]\n{value}\napp = "intranet"\n' for value in given)
    good = write(tmp_path, good="[[example]]", bad=f"{lines}{examples}\n[[example]]")
    assert run("lint", str(good)).exit_code == 0
    assert run("test", str(good)).exit_code == 0
    taken = write(tmp_path, "taken.toml", good="[[example]]", bad='user_agents = ["spotify/"]\n\n[[example]]')
    assert "user agent spotify/ of intranet is that of spotify already" in run("lint", str(taken)).stdout
    broad = write(tmp_path, "broad.toml", good="[[example]]", bad='alpn = ["h2"]\n\n[[example]]')
    assert "ALPN 'h2' is offered by many applications" in run("lint", str(broad)).stdout
    capture = http_capture(tmp_path / "web.pcap", ["192.0.2.1", "192.0.2.2"], agent="IntranetSync/2")
    changes = [
        json.loads(line) for line in run("diff", "packaged", str(good), str(capture), "--json").stdout.splitlines()
    ]
    assert [(change["old"]["app"], change["new"]["app"]) for change in changes] == [("http", "intranet")] * 2
    assert changes[0]["new"]["evidence"].startswith("http.user_agent=IntranetSync/2 matches intranetsync/ (")


def test_lookup_reads_hosts_from_standard_input_and_adds_plugins(tmp_path: Path) -> None:
    result = run("lookup", "-", "--with", write(tmp_path), given="intranet.example.org\n\nyoutube.com\n")
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
        ["intranet.example.org", "Intranet", "intranet"],
        ["youtube.com", "YouTube", "youtube"],
    ]


def test_lookup_takes_bytes_that_are_no_text_and_shows_no_control_characters() -> None:
    result = CliRunner().invoke(plugins, ["lookup", "-", "--json"], input=b"\xff\xfe.com\r\nyoutube.com\n")
    assert [json.loads(line)["app"] for line in result.stdout.splitlines()] == [None, "YouTube"]
    assert run("lookup", "\udcff.com", "--json").exit_code == 0
    shown = run("lookup", "\x1b[31mred.com", "two\nlines.com").stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["host", r"\x1b[31mred.com", r"two\nlines.com"]


def test_one_that_cannot_be_read_does_not_keep_the_others_from_being_checked(tmp_path: Path) -> None:
    good, missing = write(tmp_path), tmp_path / "missing.toml"
    clash = write(tmp_path, "clash.toml", good='"intranet.example.org"', bad='"youtube.com"')
    result = run("lint", missing, clash, good)
    assert (result.exit_code, f"{missing}: cannot be read: No such file" in result.stderr) == (2, True)
    assert f"{clash}:8:" in result.stdout
    assert f"{good}: no fault; 1 application, 1 example\n" in result.stdout
    result = run("lint", good, "--with", clash)
    assert (result.exit_code, f"{clash}:8:" in result.stderr) == (2, True)


PROTOCOL = """
[[protocol]]
id = 9500
key = "pumpnet"
name = "Pump Network"
category = "industrial"
transports = ["udp"]

[[protocol.pattern]]
bytes = [{ text = "PUMP" }]
confidence = 95

[[protocol.field]]
name = "pumpnet.unit"
type = "uint"
unit = "bar"
offset = 4
size = 1

[[protocol.example]]
title = "one"
transport = "udp"
messages = [{ direction = "originator", text = "PUMPA" }]
"""


def test_the_example_of_a_declared_protocol_that_does_not_hold_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "pumpnet.toml"
    path.write_text(PROTOCOL)
    assert run("test", path).exit_code == 0
    path.write_text(PROTOCOL.replace('"PUMPA"', '"DUMPA"'))
    result = run("test", path)
    assert (result.exit_code, f'{path}:20: example "one" of pumpnet should be claimed' in result.stdout) == (1, True)


def test_lint_tells_what_is_no_fault_but_worth_knowing(tmp_path: Path) -> None:
    path = tmp_path / "pumpnet.toml"
    path.write_text(PROTOCOL)
    result = run("lint", path)
    assert (result.exit_code, result.stdout) == (
        0,
        f"{path}:11: confidence 95 is lowered to 90: the pattern fixes 32 bits over UDP (no fault)\n"
        f"{path}: no fault; 1 protocol\n",
    )


def test_ports_are_checked_before_the_engine_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "pumpnet.toml"
    for ports in ("[70000, -1]", '"4711"', '["4711"]'):
        path.write_text(PROTOCOL.replace('transports = ["udp"]', f'transports = ["udp"]\nports = {ports}'))
        assert f"{path}:8: ports is " in run("lint", path).stdout
        assert run("test", path).exit_code == 1


@pytest.mark.parametrize("text", ['"Pump Network"', '"pumpnet.unit"', '"bar"'])
def test_names_too_long_to_travel_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pumpnet.toml"
    path.write_text(PROTOCOL.replace(text, f'{text[:-1]}{"x" * 255}"'))
    line = PROTOCOL[: PROTOCOL.index(text)].count("\n") + 1
    result = run("lint", path)
    assert (result.exit_code, result.stdout.startswith(f"{path}:{line}: ")) == (1, True)
    assert " bytes, at most 255 are expected" in result.stdout


def test_lint_and_test_name_faults_and_exit_with_one(tmp_path: Path) -> None:
    good = write(tmp_path / "good")
    assert run("lint", good).exit_code == run("test", good).exit_code == 0
    clash = write(tmp_path / "clash", good='"intranet.example.org"', bad='"youtube.com"')
    result = run("lint", good, clash)
    assert result.exit_code == 1
    assert f"{clash}:8: domain youtube.com of intranet is that of youtube already" in result.stdout
    failing = write(tmp_path / "failing", good="wiki.intranet", bad="wiki")
    result = run("test", failing)
    assert (result.exit_code, result.stdout) == (
        1,
        f"{failing}:11: example wiki.example.org is no application's, expected intranet\n",
    )


def test_what_cannot_be_read_exits_with_two(tmp_path: Path) -> None:
    for arguments in (["lint", tmp_path / "missing"], ["diff", "packaged", tmp_path / "missing", tmp_path / "x.pcap"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "cannot be read" in result.stderr
    result = run("diff", "packaged", "packaged", tmp_path / "x.pcap")
    assert (result.exit_code, "x.pcap" in result.stderr) == (2, True)


def test_diff_lists_the_flows_that_change(tmp_path: Path) -> None:
    capture = http_capture(tmp_path / "web.pcap", ["www.youtube.com", "wiki.intranet.example.org"])
    plugin = write(tmp_path)
    result = run("diff", "packaged", plugin, capture, "--json")
    assert result.exit_code == 1
    (change,) = map(json.loads, result.stdout.splitlines())
    assert (change["pcap"], change["sport"]) == ("web.pcap", 40_001)
    assert (change["old"]["app"], change["new"]["app"], change["new"]["category"]) == (
        "example.org",
        "intranet",
        "business",
    )
    assert "1 flow changes" in run("diff", plugin, "packaged", capture).stdout
    result = run("diff", plugin, plugin, capture)
    assert (result.exit_code, result.stdout) == (0, "no flow changes\n")


def test_diff_names_captures_that_are_cut_off_or_missing_and_reads_the_others(tmp_path: Path) -> None:
    capture, cut = (http_capture(tmp_path / name, ["wiki.intranet.example.org"] * 2) for name in ("a.pcap", "cut.pcap"))
    cut.write_bytes(cut.read_bytes()[:-1])
    result = run("diff", "packaged", write(tmp_path), tmp_path / "none.pcap", cut, capture, "--json")
    assert result.exit_code == 2
    assert [json.loads(line)["pcap"] for line in result.stdout.splitlines()] == ["cut.pcap", "a.pcap", "a.pcap"]
    missing, truncated = result.stderr.splitlines()
    assert missing.startswith(f"{tmp_path / 'none.pcap'}: No such file")
    assert truncated.startswith(f"{cut}: cut off in the record at byte ")


@pytest.mark.parametrize("command", ["lookup", "lint", "test", "diff"])
def test_every_command_has_help(command: str) -> None:
    assert run(command, "--help").exit_code == 0
