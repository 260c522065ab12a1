"""Plugins as a controller may exchange them: by name, out of the configured folders, where that is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ofext.plugin_swap import PluginSwap, SwapCommand
from ofext.statistics import MAX_NAME_SIZE, MAX_REASON_SIZE, ModuleState, ModuleStats, PluginStats, PluginStatsReply
from plugins.pack import PluginError, plugin_name, plugins_in
from switch_dpi.errors import SwitchDpiError
from switch_dpi.modules import ModuleHost
from switch_dpi.plugin_set import PluginSet


class NotPermittedError(SwitchDpiError):
    """The agent's configuration does not let a controller do this."""


class PluginDesk(Protocol):
    """What a controller may do with plugins."""

    @property
    def may_swap(self) -> bool:
        """The configuration allows it."""
        ...

    def swap(self, asked: PluginSwap) -> None:
        """Load, unload or reload. Raises NotPermittedError, or PluginError; then everything is as before."""
        ...

    def stats(self) -> PluginStatsReply:
        """What is in use."""
        ...


class FolderPlugins:
    """The plugins of some folders, for controllers."""

    def __init__(self, plugins: PluginSet, modules: ModuleHost, folders: Sequence[Path], *, may_swap: bool) -> None:
        self._plugins = plugins
        self._modules = modules
        self._folders = tuple(folders)
        self._may_swap = may_swap

    @property
    def may_swap(self) -> bool:
        """The configuration allows it."""
        return self._may_swap

    def swap(self, asked: PluginSwap) -> None:
        """See :class:`PluginDesk`."""
        if not self._may_swap:
            raise NotPermittedError("plugins.by_controller is off in the agent's configuration")
        if asked.command == SwapCommand.RELOAD:
            self._plugins.reload()
            return
        path = self._path_of(asked.name)
        if asked.command == SwapCommand.LOAD:
            self._plugins.load(path)
        else:
            self._plugins.unload(asked.name)

    def stats(self) -> PluginStatsReply:
        """See :class:`PluginDesk`."""
        return PluginStatsReply(
            plugins=tuple(
                PluginStats(
                    name=_cut(plugin.name, MAX_NAME_SIZE),
                    version=_cut(plugin.version, MAX_NAME_SIZE),
                    is_base=self._plugins.is_base(plugin.name),
                    apps=plugin.apps,
                    categories=plugin.categories,
                    protocols=plugin.protocols,
                    modules=len(plugin.modules),
                )
                for plugin in self._plugins.current.plugins
            ),
            modules=tuple(
                ModuleStats(
                    plugin=_cut(module.plugin, MAX_NAME_SIZE),
                    name=_cut(module.name, MAX_NAME_SIZE),
                    state=ModuleState.CUT_OFF if module.reason else ModuleState.RUNNING,
                    reason=_cut(module.reason, MAX_REASON_SIZE),
                    events=module.events,
                    dropped=module.dropped,
                    busy_us=round(1e6 * module.busy_s),
                )
                for module in self._modules.status()
            ),
            refused=tuple(_cut(text, MAX_REASON_SIZE) for text in self._plugins.refused),
        )

    def _path_of(self, name: str) -> Path:
        """The plugin of this name in the folders; what is elsewhere does not count. Raises PluginError."""
        try:
            paths = [path for folder in self._folders for path in plugins_in(folder) if plugin_name(path) == name]
        except OSError as error:
            raise PluginError([f"{error.filename}: cannot be read: {error.strerror}"]) from error
        if not paths:
            raise PluginError([f"no plugin is called {name!r} in the agent's folders"])
        return paths[0]


def _cut(text: str, size: int) -> str:
    return text.encode(errors="replace")[:size].decode(errors="ignore")
