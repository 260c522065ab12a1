"""Python modules of plugins: who gets which events, and what becomes of those that break their budget."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import plugins.modules
from plugins.pack import PluginError, packaged_categories, read_plugin
from switch_dpi.module_runner import Budget
from switch_dpi.modules import ModuleHost, ModuleStatus
from switch_dpi.plugin_set import PluginSet
from tests.fakes.agent_engine import FakeEvent, FakeRecord, verdict
from tests.fakes.agent_lab import until

HEAD = "import time\nfrom pathlib import Path\nfrom plugins.module_api import FlowModule\n"
WRITER = """
class Writer(FlowModule):
    subscribes = frozenset({"video", "dns"})
    def flow(self, event):
        with (self.folder / "seen").open("a") as out:
            out.write(event.record.app_key + " ")
    def close(self):
        (self.folder / "closed").touch()
"""
BUDGET = Budget(call_s=1.0, share=0.5, queue=8)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ModuleHost]:
    host = ModuleHost(BUDGET, tmp_path / "state", {"DNS": "dns"})
    yield host
    host.close()


def module(tmp_path: Path, text: str, name: str = "mine.py") -> Path:
    path = tmp_path / name
    path.write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
    return path


def start(host: ModuleHost, *paths: Path) -> None:
    found = [read_plugin(path) for path in paths]
    host.prepare(found)
    host.replace(found)


def dns() -> FakeEvent:
    return FakeEvent(kind="ended", record=FakeRecord(app_key="youtube", protocol="DNS"))


def status(host: ModuleHost) -> ModuleStatus:
    (only,) = host.status()
    return only


def eventually(host: ModuleHost, holds: Callable[[ModuleStatus], bool]) -> ModuleStatus:
    until(lambda: holds(status(host)))
    return status(host)


def test_a_module_gets_the_events_that_it_asked_for(tmp_path: Path, host: ModuleHost) -> None:
    start(host, module(tmp_path, WRITER))
    other = FakeRecord(app_key="games", protocol="TLS")
    new = FakeEvent(kind="new", record=FakeRecord(app_key="video"))
    host.offer([verdict(), FakeEvent(kind="verdict", record=other), new, dns()])
    assert eventually(host, lambda found: found.events == 2).name == "mine/mine.Writer"
    assert (tmp_path / "state" / "mine" / "seen").read_text() == "video youtube "
    assert not status(host).reason
    host.replace(())
    assert (tmp_path / "state" / "mine" / "closed").exists()
    assert host.status() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ValueError('oh')", "ValueError: oh ("),
        ("raise SystemExit(3)", "SystemExit: 3 ("),
        ("while True: pass", "a call took more than 1000 ms"),
        ("time.sleep(1.2)", "a call took"),
        (
            """
            while True:
                try:
                    while True: pass
                except Exception:
                    pass
            """,
            "a call took more than 1000 ms",
        ),
    ],
)
def test_one_that_raises_or_is_slow_is_cut_off_and_the_others_go_on(
    tmp_path: Path, host: ModuleHost, caplog: pytest.LogCaptureFixture, body: str, reason: str
) -> None:
    text = "class Bad(FlowModule):\n    def flow(self, event):\n" + textwrap.indent(textwrap.dedent(body), " " * 8)
    start(host, module(tmp_path, text, "bad.py"), module(tmp_path, WRITER, "good.py"))
    host.offer([verdict()])
    until(lambda: any(found.reason for found in host.status()))
    host.offer([verdict()])
    until(lambda: [found.events for found in host.status() if found.name == "good/good.Writer"] == [2])
    bad, good = host.status()
    assert bad.reason.startswith(reason)
    assert not good.reason
    assert f"module bad/bad.Bad is cut off: {reason}" in caplog.text
    until(lambda: not any(thread.name == "module-bad/bad" for thread in threading.enumerate()))


def test_one_that_takes_too_much_in_all_is_cut_off(tmp_path: Path) -> None:
    host = ModuleHost(Budget(call_s=5.0, share=0.02, queue=8), tmp_path / "state", {})
    start(host, module(tmp_path, "class Busy(FlowModule):\n    def flow(self, event): time.sleep(0.05)\n"))
    while not status(host).reason:
        host.offer([verdict()])
    assert "within 10 s, 2% are allowed" in status(host).reason
    host.close()


def test_the_oldest_events_are_dropped_and_counted_when_a_module_lags(tmp_path: Path, host: ModuleHost) -> None:
    gate = tmp_path / "gate"
    text = f"""
    class Waits(FlowModule):
        def flow(self, event):
            (self.folder / "begun").touch()
            while not Path({str(gate)!r}).exists() and event.record.sport == 0:
                time.sleep(0.001)
            with (self.folder / "seen").open("a") as out:
                out.write(str(event.record.sport) + " ")
    """
    start(host, module(tmp_path, text))
    host.offer([verdict(sport=0)])
    until((tmp_path / "state" / "mine" / "begun").exists)
    host.offer([verdict(sport=sport) for sport in range(1, 12)])
    gate.touch()
    assert eventually(host, lambda found: found.events == 9).dropped == 3
    assert (tmp_path / "state" / "mine" / "seen").read_text() == "0 4 5 6 7 8 9 10 11 "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def (", "mine.py:4: is not Python"),
        ("1 / 0", "mine.py:1: module mine/mine: ZeroDivisionError: division by zero"),
        ("x = 1", "there is no subclass of plugins.module_api.FlowModule"),
        ("class A(FlowModule): pass\n", "Can't instantiate abstract class A with abstract method flow"),
        ("class A(FlowModule):\n    kinds = 3\n    def flow(self, event): ...\n", "kinds is 3, a frozenset of texts"),
        (
            "class A(FlowModule):\n    kinds = {'gone'}\n    def flow(self, event): ...\n",
            "kinds has 'gone', only ended, new",
        ),
        (
            "class A(FlowModule):\n    subscribes = 'dns'\n    def flow(self, event): ...\n",
            "subscribes is 'dns', a froz",
        ),
        (
            "class A(FlowModule):\n    kinds = property(lambda self: 1 / 0)\n    def flow(self, event): ...\n",
            "ZeroDivisionError: division by zero (",
        ),
        ("raise ValueError('one\\ntwo')", "ValueError: one two ("),
        ("(" * 100 + ")" * 100, "mine.py"),
        (
            "class A(FlowModule):\n"
            "    def __init__(self, folder): raise OSError('full')\n"
            "    def flow(self, event): ...\n",
            "OSError: full",
        ),
    ],
)
def test_one_that_cannot_be_made_refuses_its_plugin(tmp_path: Path, host: ModuleHost, text: str, reason: str) -> None:
    plugins_in_use = PluginSet([packaged_categories()], modules=host)
    before = plugins_in_use.current
    with pytest.raises(PluginError) as caught:
        plugins_in_use.load(module(tmp_path, text))
    assert reason in str(caught.value)
    assert "modules.py" not in str(caught.value)
    assert plugins_in_use.current is before
    assert host.status() == []
    plugins_in_use.load(module(tmp_path, WRITER))  # nothing of the refused one is in the way
    assert status(host).name == "mine/mine.Writer"


def test_reload_leaves_running_modules_alone_and_starts_those_cut_off_again(tmp_path: Path, host: ModuleHost) -> None:
    plugins_in_use = PluginSet([packaged_categories()], modules=host)
    plugins_in_use.load(module(tmp_path, WRITER, "good.py"))
    plugins_in_use.load(
        module(tmp_path, "class Bad(FlowModule):\n    def flow(self, event): raise KeyError(1)\n", "bad.py")
    )
    host.offer([verdict()])
    until(lambda: {found.plugin: (found.events, bool(found.reason)) for found in host.status()} == {
        "good": (1, False), "bad": (0, True)
    })  # fmt: skip
    plugins_in_use.reload()
    assert {found.plugin: (found.events, found.reason) for found in host.status()} == {"good": (1, ""), "bad": (0, "")}


def test_a_module_that_was_cut_off_is_in_nobodys_way(tmp_path: Path, host: ModuleHost) -> None:
    """Only its own plugin's load, and a reload, start it again."""
    text = """
    class Once(FlowModule):
        def __init__(self, folder):
            (folder / "made").touch(exist_ok=False)
        def flow(self, event): raise KeyError(1)
    """
    plugins_in_use = PluginSet([packaged_categories()], modules=host)
    plugins_in_use.load(module(tmp_path, text, "once.py"))
    host.offer([verdict()])
    until(lambda: bool(status(host).reason))
    plugins_in_use.load(module(tmp_path, WRITER, "good.py"))
    plugins_in_use.unload("good")
    assert status(host).name == "once/once.Once"
    for change in (plugins_in_use.reload, lambda: plugins_in_use.load(tmp_path / "once.py")):
        with pytest.raises(PluginError, match="FileExistsError"):
            change()


def test_the_copy_that_a_module_forks_ends(tmp_path: Path, host: ModuleHost) -> None:
    text = """
    import os
    class Forks(FlowModule):
        def flow(self, event):
            if child := os.fork():
                (self.folder / "ended").write_text(str(os.waitpid(child, 0)[1]))
    """
    start(host, module(tmp_path, text))
    host.offer([verdict()])
    eventually(host, lambda found: found.events == 1)
    assert (tmp_path / "state" / "mine" / "ended").read_text() == "0"


def test_the_look_up_counter_writes_a_line_a_client_and_minute(tmp_path: Path, host: ModuleHost) -> None:
    start(host, Path(plugins.modules.__file__).with_name("lookup_counter.py"))

    def lookup(src: str, minute: int, names: str | list[str]) -> FakeEvent:
        record = FakeRecord(src=src, app_key="dns", protocol="DNS", metadata={"dns.query": names})
        return FakeEvent(kind="ended", record=record, at_ns=minute * 60 * 10**9)

    host.offer([lookup("10.0.0.1", 5, "a.test"), lookup("10.0.0.1", 5, ["a.test", "b.test"])])
    host.offer([lookup("10.0.0.2", 5, "a.test"), lookup("10.0.0.1", 6, "c.test")])
    eventually(host, lambda found: found.events == 4)
    host.replace(())
    lines = (tmp_path / "state" / "lookup_counter" / "lookups.jsonl").read_text().splitlines()
    assert list(map(json.loads, lines)) == [
        {"at": 300, "client": "10.0.0.1", "lookups": 3, "names": 2},
        {"at": 300, "client": "10.0.0.2", "lookups": 1, "names": 1},
        {"at": 360, "client": "10.0.0.1", "lookups": 1, "names": 1},
    ]


def test_at_the_start_each_module_is_made_once_whatever_else_is_refused(tmp_path: Path, host: ModuleHost) -> None:
    made = """
    class Made(FlowModule):
        def __init__(self, folder):
            super().__init__(folder)
            with (folder / "made").open("a") as out:
                out.write("x")
        def flow(self, event):
            pass
        def close(self):
            (self.folder / "closed").touch()
    """
    (tmp_path / "all").mkdir()
    for name, text in {"a.py": made, "b.py": "1 / 0", "c.py": made}.items():
        module(tmp_path / "all", text, name)
    plugins_in_use = PluginSet([packaged_categories()], [tmp_path / "all"], host)
    plugins_in_use.start()
    assert [plugin.name for plugin in plugins_in_use.current.plugins] == ["packaged", "a", "c"]
    assert "b.py:1: module b/b: ZeroDivisionError" in plugins_in_use.refused[0]
    with pytest.raises(PluginError):
        plugins_in_use.reload()
    assert [(tmp_path / "state" / name / "made").read_text() for name in ("a", "c")] == ["x", "x"]
    assert not list(tmp_path.glob("state/*/closed"))
    assert {found.name for found in host.status()} == {"a/a.Made", "c/c.Made"}
