"""What a controller may do with plugins: names out of the configured folders, if it may at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ofext.plugin_swap import PluginSwap, SwapCommand
from plugins.pack import PluginError, packaged_categories
from switch_dpi.module_runner import Budget
from switch_dpi.modules import ModuleHost
from switch_dpi.plugin_desk import FolderPlugins, NotPermittedError
from switch_dpi.plugin_set import PluginSet
from tests.unit.switch_dpi.plugin_files import write

LOAD = PluginSwap(command=SwapCommand.LOAD, name="intranet")
UNLOAD = PluginSwap(command=SwapCommand.UNLOAD, name="intranet")
RELOAD = PluginSwap(command=SwapCommand.RELOAD)


def desk(folder: Path, *, may_swap: bool = True) -> FolderPlugins:
    """Over a folder of plugins and nothing else but the categories."""
    modules = ModuleHost(Budget(call_s=1.0, share=0.5, queue=10), folder / "modules", {})
    folders = [folder / "plugins"]
    return FolderPlugins(PluginSet([packaged_categories()], folders, modules), modules, folders, may_swap=may_swap)


def names(plugins: FolderPlugins) -> list[str]:
    return [plugin.name for plugin in plugins.stats().plugins]


def test_plugins_of_the_folder_come_and_go_by_name(tmp_path: Path) -> None:
    plugins = desk(tmp_path)
    write(tmp_path / "plugins")
    plugins.swap(LOAD)
    assert names(plugins) == ["packaged", "intranet"]
    assert [plugin.apps for plugin in plugins.stats().plugins] == [0, 1]
    plugins.swap(UNLOAD)
    assert names(plugins) == ["packaged"]
    plugins.swap(RELOAD)
    assert names(plugins) == ["packaged", "intranet"]


@pytest.mark.parametrize("name", ["elsewhere", "../elsewhere", "/etc/passwd", ".", "packaged", "intranet.toml"])
def test_what_is_not_in_the_folder_by_this_name_is_refused(tmp_path: Path, name: str) -> None:
    plugins = desk(tmp_path)
    write(tmp_path / "plugins")
    write(tmp_path, "elsewhere.toml")
    for command in (SwapCommand.LOAD, SwapCommand.UNLOAD):
        with pytest.raises(PluginError, match="no plugin is called"):
            plugins.swap(PluginSwap(command=command, name=name))
    assert names(plugins) == ["packaged"]


def test_a_plugin_that_is_not_right_changes_nothing(tmp_path: Path) -> None:
    plugins = desk(tmp_path)
    write(tmp_path / "plugins", good='"business"', bad='"busyness"')
    with pytest.raises(PluginError, match="busyness"):
        plugins.swap(LOAD)
    assert names(plugins) == ["packaged"]


def test_the_configuration_may_forbid_it_all(tmp_path: Path) -> None:
    plugins = desk(tmp_path, may_swap=False)
    write(tmp_path / "plugins")
    for swap in (LOAD, UNLOAD, RELOAD):
        with pytest.raises(NotPermittedError, match="by_controller"):
            plugins.swap(swap)
