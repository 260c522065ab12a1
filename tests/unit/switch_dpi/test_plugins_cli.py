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


def http_capture(path: Path, hosts: list[str]) -> Path:
    """A capture with one HTTP request a host."""
    packets = b""
    for number, host in enumerate(hosts):
        request = f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test\r\n\r\n".encode()
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


def test_lookup_reads_hosts_from_standard_input_and_adds_plugins(tmp_path: Path) -> None:
    result = run("lookup", "-", "--with", write(tmp_path), given="intranet.example.org\n\nyoutube.com\n")
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
        ["intranet.example.org", "Intranet", "intranet"],
        ["youtube.com", "YouTube", "youtube"],
    ]


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
    assert "1 flows change" in run("diff", plugin, "packaged", capture).stdout
    result = run("diff", plugin, plugin, capture)
    assert (result.exit_code, result.stdout) == (0, "no flow changes\n")


@pytest.mark.parametrize("command", ["lookup", "lint", "test", "diff"])
def test_every_command_has_help(command: str) -> None:
    assert run(command, "--help").exit_code == 0
