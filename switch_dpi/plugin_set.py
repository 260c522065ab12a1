"""The plugins in use: every change makes a whole new set beside the old one, checks it, and only then takes its place.

A change is: read, lint, the plugin's own examples, collisions with the others (and their examples), replacement.
Whatever fails leaves the old set, and says why.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugins.lint import lint_plugin
from plugins.pack import Plugin, PluginError, packaged, plugin_name, plugins_in, read_plugin
from switch_dpi._native import SignatureError, Signatures
from switch_dpi.modules import ModuleHost, check_syntax

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """Plugins that go together, and what the engine made of them."""

    plugins: tuple[Plugin, ...]
    signatures: Signatures

    def plugin(self, name: str) -> Plugin | None:
        """The plugin of this name."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)


def lint_findings(plugin: Plugin, base: Sequence[Plugin]) -> list[str]:
    """Faults of a plugin by itself, as ``file:line: what``; categories may also be those of ``base``."""
    return [str(finding) for finding in lint_plugin(plugin.files, _categories(base))] + check_syntax(plugin)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a plugin, each as ``file:line: what``."""

    faults: list[str]
    """Why it is refused."""
    warnings: list[str]
    """What its author should know."""


def report(plugin: Plugin, base: Sequence[Plugin]) -> Report:
    """Faults of a plugin by itself, else the first collision with ``base``; warnings where there are no faults."""
    if found := lint_findings(plugin, base):
        return Report(found, [])
    try:
        signatures = _load([*base, plugin])
    except PluginError as error:
        return Report(list(error.problems), [])
    return Report([], _own(signatures.warnings, [plugin]))


def failed_examples(plugin: Plugin, base: Sequence[Plugin]) -> list[str]:
    """The plugin's own examples that do not hold among ``base``, else why they do not go together."""
    try:
        return _own(_load([*base, plugin]).failed_examples(), [plugin])
    except PluginError as error:
        return list(error.problems)


def assemble(base: Sequence[Plugin], added: Iterable[Plugin]) -> Assembled:
    """``added`` plugins, each checked, on top of ``base``. Raises PluginError.

    Examples of all ``added`` ones have to hold; those of ``base`` only by itself: who adds a plugin may know better.
    """
    added, together = list(added), list(base)
    for plugin in added:
        if findings := lint_findings(plugin, together):
            raise PluginError(findings)
        together.append(plugin)
    signatures = _load(together)
    if failed := _own(signatures.failed_examples(), added or base):
        raise PluginError(failed)
    return Assembled(plugins=tuple(together), signatures=signatures)


class PluginSet:
    """What an engine runs with. Calls may come from any thread; one change at a time."""

    def __init__(
        self, base: Sequence[Plugin] = (), folders: Sequence[Path] = (), modules: ModuleHost | None = None
    ) -> None:
        """``base`` cannot be unloaded; packaged plugins when empty. Raises PluginError when that alone is refused."""
        self._base = tuple(base) or (packaged(),)
        self._modules = modules
        self._folders = tuple(folders)
        self._given: dict[str, Path] = {}  # those loaded by path, by name
        self._lock = threading.Lock()
        self._on_replace: list[Callable[[Assembled], None]] = []
        self.current = assemble(self._base, ())
        self.refused: tuple[str, ...] = ()
        """Why plugins of the folders were left out when they were read last."""

    @property
    def signatures(self) -> Signatures:
        """The set as the engine has it."""
        return self.current.signatures

    def on_replace(self, call: Callable[[Assembled], None]) -> None:
        """Be called with each new set, in the thread that brought it."""
        self._on_replace.append(call)

    def is_base(self, name: str) -> bool:
        """It is neither replaced nor unloaded."""
        return any(plugin.name == name for plugin in self._base)

    def without(self, name: str) -> list[Plugin]:
        """The plugins in use but for one, into whose place another is to come."""
        return [plugin for plugin in self.current.plugins if plugin.name != name or self.is_base(name)]

    def with_plugin(self, plugin: Plugin) -> Assembled:
        """What the set would be with a plugin; nothing is changed. Raises PluginError."""
        return assemble(self._base, [*self.without(plugin.name)[len(self._base) :], plugin])

    def load(self, path: Path) -> Assembled:
        """Add a plugin, or replace the one of its name. Raises PluginError."""
        with self._changing():
            plugin = read_plugin(path)
            self._refuse_base(plugin.name)
            assembled = self._prepared(self.with_plugin(plugin), restart={plugin.name})
            self._given.pop(plugin.name, None)
            self._given[plugin.name] = path.absolute()
            return self._take(assembled)

    def unload(self, name: str) -> Assembled:
        """Leave a plugin out. One of a configured folder is back at the next :meth:`reload`. Raises PluginError."""
        with self._changing():
            self._refuse_base(name)
            if self.current.plugin(name) is None:
                known = ", ".join(plugin.name for plugin in self.current.plugins)
                raise PluginError([f"no plugin is called {name!r}; there are {known}"])
            assembled = self._prepared(assemble(self._base, self.without(name)[len(self._base) :]))
            self._given.pop(name, None)
            return self._take(assembled)

    def reload(self) -> Assembled:
        """Read all files anew: the folders' plugins and those that were loaded by path. Raises PluginError."""
        with self._changing():
            found: dict[str, Plugin] = {}
            for plugin in map(read_plugin, self._paths()):
                _refuse_second(plugin, found)
                found[plugin.name] = plugin
            assembled = self._prepared(assemble(self._base, found.values()), restart=found.keys())
            self.refused = ()
            return self._take(assembled)

    def start(self) -> None:
        """Read the folders for the first time: a plugin that is refused is left out and named, the others count."""
        with self._lock:
            together = self.current
            refused: list[str] = []
            for path in self._paths():
                try:
                    plugin = read_plugin(path)
                    _refuse_second(plugin, {plugin.name: plugin for plugin in together.plugins})
                    added = [*together.plugins[len(self._base) :], plugin]
                    together = self._prepared(assemble(self._base, added))
                except PluginError as error:
                    refused += error.problems
                    log.warning("plugin %s is left out: %s", path, error)
            self.refused = tuple(refused)
            self._take(self._prepared(together))

    def _prepared(self, assembled: Assembled, restart: Collection[str] = ()) -> Assembled:
        """With its modules made; ``restart``: plugins whose cut-off modules are made again. Raises PluginError."""
        if self._modules is not None:
            self._modules.prepare(assembled.plugins, restart)
        return assembled

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time; of one that fails nothing is left."""
        with self._lock:
            try:
                yield
            finally:
                if self._modules is not None:
                    self._modules.discard()

    def _paths(self) -> list[Path]:
        """Those loaded by path come after the folders', and count for theirs of the same name."""
        try:
            found = [path for folder in self._folders for path in plugins_in(folder)]
        except OSError as error:
            raise PluginError([f"{error.filename}: cannot be read: {error.strerror}"]) from error
        return [path for path in found if plugin_name(path) not in self._given] + list(self._given.values())

    def _take(self, assembled: Assembled) -> Assembled:
        self.current = assembled
        if self._modules is not None:
            self._modules.replace(assembled.plugins)
        for call in self._on_replace:
            call(assembled)
        added = ", ".join(f"{plugin.name} {plugin.version}" for plugin in assembled.plugins)
        log.info("plugins in use: %s", added)
        return assembled

    def _refuse_base(self, name: str) -> None:
        if self.is_base(name):
            raise PluginError([f"{name} is what the set is built on: it is neither replaced nor unloaded"])


def _refuse_second(plugin: Plugin, known: Mapping[str, Plugin]) -> None:
    if (first := known.get(plugin.name)) is not None:
        source = first.source or "what comes with AppSteer"
        raise PluginError([f"{plugin.source}: {plugin.name} is the name of {source} already; rename one of them"])


def _load(plugins: Iterable[Plugin]) -> Signatures:
    try:
        return Signatures.load([file for plugin in plugins for file in plugin.files])
    except SignatureError as error:
        raise PluginError([str(error)]) from error


def _own(texts: Iterable[str], plugins: Iterable[Plugin]) -> list[str]:
    """Those about files of ``plugins``."""
    own = tuple(f"{name}:" for plugin in plugins for name, _ in plugin.files)
    return [text for text in texts if text.startswith(own)]


def _categories(plugins: Iterable[Plugin]) -> dict[str, int]:
    files = (text for plugin in plugins if plugin.categories for _, text in plugin.files if "[[category]]" in text)
    tables = (table for text in files for table in tomllib.loads(text).get("category", ()))
    return {table["key"]: table["id"] for table in tables}
