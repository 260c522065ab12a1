"""The Python modules of the plugins in use: made with a new set, given events, watched, ended with their plugin."""

from __future__ import annotations

import functools
import logging
import sys
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from plugins.module_api import FlowModule
from plugins.pack import Plugin, PluginError
from switch_dpi.engine import Event
from switch_dpi.module_runner import Budget, Runner

log = logging.getLogger(__name__)

WATCH_S: Final = 0.05  # how often overdue calls are looked for

_Key = tuple[str, str]
"""A plugin's name and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleStatus:
    """A module as it is listed."""

    plugin: str
    name: str
    events: int
    dropped: int
    busy_s: float
    reason: str
    """Why it was cut off; empty while it runs."""


class ModuleHost:
    """All modules of an agent. `prepare` and `replace`: one thread at a time; `offer`: engines' threads."""

    def __init__(self, budget: Budget, folder: Path, protocol_keys: Mapping[str, str]) -> None:
        """Modules write below ``folder``; ``protocol_keys`` are keys of protocols by name."""
        self._budget = budget
        self._folder = folder
        self._protocol_keys = protocol_keys
        self._running: dict[_Key, list[Runner]] = {}
        self._prepared: dict[_Key, list[Runner]] = {}
        self._subscribers: Mapping[tuple[str, str], Sequence[Runner]] = {}
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._look_after, name="modules", daemon=True)
        self._watch.start()

    def prepare(self, plugins: Iterable[Plugin], restart: Collection[str] = ()) -> None:
        """Make those that are new, and those of plugins in ``restart`` that were cut off.

        Raises PluginError when one cannot be made; nothing has changed.
        """
        for plugin in plugins:
            key = (plugin.name, plugin.version)
            running = self._running.get(key, ())
            is_lost = plugin.name in restart and any(runner.reason for runner in running)
            if plugin.modules and key not in self._prepared and (not running or is_lost):
                self._prepared[key] = self._make_all(plugin)

    def discard(self) -> None:
        """What was prepared is not needed."""
        for runners in self._prepared.values():
            _close(runners)
        self._prepared = {}

    def replace(self, plugins: Iterable[Plugin]) -> None:
        """Go over to the prepared ones; modules of other plugins end."""
        wanted = {(plugin.name, plugin.version) for plugin in plugins}
        for key in self._prepared.keys() - wanted:
            _close(self._prepared.pop(key))
        kept = {key: runners for key, runners in self._running.items() if key in wanted and key not in self._prepared}
        gone = [runners for key, runners in self._running.items() if key not in kept]
        self._running = kept | self._prepared
        self._prepared = {}
        subscribers: dict[tuple[str, str], list[Runner]] = {}
        for runner in (runner for runners in self._running.values() for runner in runners):
            for wish in runner.wishes:
                subscribers.setdefault(wish, []).append(runner)
        self._subscribers = subscribers
        for runners in gone:
            _close(runners)

    def offer(self, events: Sequence[Event]) -> None:
        """Events of an engine, to those who asked for them. Never waits."""
        subscribers = self._subscribers
        if not subscribers:
            return
        for event in events:
            record = event.record
            keys = {"", record.app_key, record.site, self._protocol_keys.get(record.protocol, "")}
            told = {runner for key in keys for runner in subscribers.get((event.kind, key), ())}
            for runner in told:
                runner.offer(event)

    def status(self) -> list[ModuleStatus]:
        """All of them, those that were cut off as well."""
        return [
            ModuleStatus(
                plugin=plugin,
                name=runner.name,
                events=runner.events,
                dropped=runner.dropped,
                busy_s=runner.busy_s,
                reason=runner.reason,
            )
            for (plugin, _), runners in self._running.items()
            for runner in runners
        ]

    def close(self) -> None:
        """End all."""
        self._stop.set()
        self.discard()
        self.replace(())

    def _make_all(self, plugin: Plugin) -> list[Runner]:
        runners: list[Runner] = []
        try:
            for path, text in plugin.modules:
                self._make(plugin, Path(path), text, runners)
        except PluginError:
            _close(runners)
            raise
        return runners

    def _make(self, plugin: Plugin, path: Path, text: str, runners: list[Runner]) -> None:
        """Import a file, and start a runner for each of its classes."""
        made: list[type[FlowModule]] = []

        def first() -> FlowModule:
            made.extend(_classes(plugin, path, text))
            return made[0](folder)

        folder = self._folder / plugin.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PluginError([f"{folder}: cannot be made for {path}: {error.strerror}"]) from error
        name = f"{plugin.name}/{path.stem}"
        runners.append(Runner(name, str(path), first, self._budget))
        _start(runners[-1], path)
        runners[-1].name = f"{name}.{made[0].__name__}"
        for other in made[1:]:
            make = functools.partial(other, folder)
            runners.append(Runner(f"{name}.{other.__name__}", str(path), make, self._budget))
            _start(runners[-1], path)

    def _look_after(self) -> None:
        while not self._stop.wait(WATCH_S):
            now_s = time.monotonic()
            for runner in [runner for runners in list(self._running.values()) for runner in runners]:
                runner.check(now_s)


def check_syntax(plugin: Plugin) -> list[str]:
    """What is wrong with modules as Python, as ``file:line: what``. Nothing of them is run."""
    found = []
    for path, text in plugin.modules:
        try:
            compile(text, path, "exec")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            found.append(f"{path}:{line}: is not Python: {getattr(error, 'msg', error)}")
        except (RecursionError, MemoryError):
            found.append(f"{path}:1: is nested too deeply")
    return found


def _classes(plugin: Plugin, path: Path, text: str) -> list[type[FlowModule]]:
    module = ModuleType(f"appsteer_plugin.{plugin.name}.{plugin.version}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses and the like look
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, FlowModule) and value.__module__ == module.__name__
    ]
    if not found:
        raise TypeError("there is no subclass of plugins.module_api.FlowModule")
    return found


def _start(runner: Runner, path: Path) -> None:
    if reason := runner.start():
        raise PluginError([f"{path}:1: module {runner.name}: {reason}"])


def _close(runners: Iterable[Runner]) -> None:
    for runner in runners:
        runner.close()
        if runner.module is not None:
            sys.modules.pop(type(runner.module).__module__, None)
