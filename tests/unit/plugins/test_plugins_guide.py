"""The examples of docs/plugins.md do what the guide says, with the engine's own events."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plugins.loader import signature_files
from plugins.pack import read_plugin
from switch_dpi._native import Engine, Signatures
from switch_dpi.module_runner import Budget
from switch_dpi.modules import ModuleHost
from switch_dpi.plugins_cli import plugins

GUIDE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The first block of a kind in the guide."""
    found = re.search(rf"^```{kind}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None, kind
    return found[1]


def tcp(sport: int, dport: int, payload: bytes, *, reply: bool = False) -> bytes:
    """TCP in IPv4 in Ethernet, 10.0.0.1 to 10.0.0.2, or back."""
    ends = [(bytes([10, 0, 0, 1]), sport), (bytes([10, 0, 0, 2]), dport)]
    (src, src_port), (dst, dst_port) = reversed(ends) if reply else ends
    segment = src_port.to_bytes(2) + dst_port.to_bytes(2) + b"\0\0\0\1\0\0\0\1\x50\x18\x10\0\0\0\0\0" + payload
    header = b"\x45\0" + (20 + len(segment)).to_bytes(2) + b"\0\0\0\0\x40\6\0\0"
    return b"\2" * 12 + b"\x08\0" + header + src + dst + segment


@pytest.mark.parametrize("command", ["lint", "test"])
def test_the_data_file_holds(tmp_path: Path, command: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(block("toml"), encoding="utf-8")
    result = CliRunner().invoke(plugins, [command, str(path)])
    assert (result.exit_code, "1 application, 1 category, 1 example" in result.stdout) == (0, True), result.output


def test_each_item_of_the_data_file_is_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(block("toml"), encoding="utf-8")
    for kind, value in {
        "host": "wiki.intranet.example.org",
        "certificate": "Intranet Gateway",
        "alpn": "intranet/2",
        "user_agent": "IntranetSync/1.0",
        "address": "10.20.30.40",
    }.items():
        result = CliRunner().invoke(plugins, ["lookup", "--by", kind, value, "--with", str(path), "--json"])
        assert json.loads(result.stdout)["app"] == "Intranet", (kind, result.output)


def test_the_module_writes_its_alarms(tmp_path: Path) -> None:
    path = tmp_path / "alarm.py"
    path.write_text(block("python"), encoding="utf-8")
    host = ModuleHost(Budget(call_s=5.0, share=1.0, queue=64), tmp_path / "modules", {})
    found = [read_plugin(path)]
    host.prepare(found)
    host.replace(found)
    engine = Engine(Signatures.load(signature_files()))
    hosts = {2000: b"www.example.org", 3000: b"www.youtube.com"}
    for sport, name in hosts.items():
        host.offer(engine.feed(tcp(sport, 80, b"GET / HTTP/1.1\r\nHost: " + name + b"\r\n\r\n"), at_ns=sport))
    host.offer(engine.feed(tcp(1000, 2222, b"SSH-2.0-OpenSSH_9.6\r\n"), at_ns=4000))
    host.offer(engine.feed(tcp(1000, 2222, b"SSH-2.0-OpenSSH_9.2\r\n", reply=True), at_ns=5000))
    host.offer(engine.finish())
    host.close()
    assert (tmp_path / "modules" / "alarm" / "alarms").read_text() == "10.0.0.1 > 10.0.0.2\n" * 2


def test_the_commands_print_what_the_guide_shows() -> None:
    command, *expected = block("console").splitlines()
    assert command.startswith("$ appsteer plugins ")
    result = CliRunner().invoke(plugins, shlex.split(command)[3:])
    assert result.stdout.splitlines() == expected
