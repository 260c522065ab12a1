"""Plugins as they lie on disk: names, versions, counts, and what is refused before it is looked into."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.pack import MAX_FILE_SIZE, MAX_SIZE, MAX_TABLES, PluginError, packaged, plugins_in, read_plugin

APP = '[[app]]\nid = 1000000\nkey = "one"\n  [[ example ]]\nhost = "a"\napp = ""\n[[app]]\n# [[app]]\n'


def test_a_file_is_a_plugin_named_after_it(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(APP)
    plugin = read_plugin(file)
    assert (plugin.name, plugin.apps, plugin.examples, plugin.files) == ("shop", 2, 1, ((str(file), APP),))
    assert not plugin.is_whole


def test_a_folder_has_data_files_at_two_levels_and_modules(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "apps").mkdir(parents=True)
    for name in ("b.toml", "apps/a.toml", "counter.py", "apps/helper.py", "notes.txt"):
        (folder / name).write_text("")
    plugin = read_plugin(folder)
    assert [Path(name).name for name, _ in plugin.files] == ["b.toml", "a.toml"]
    assert [Path(name).name for name, _ in plugin.modules] == ["counter.py"]


def test_the_version_is_of_the_content_wherever_it_lies(tmp_path: Path) -> None:
    versions = []
    for place, text in (("a", APP), ("b", APP), ("c", APP + "\n")):
        (tmp_path / place / "shop").mkdir(parents=True)
        (tmp_path / place / "shop" / "x.toml").write_text(text)
        versions.append(read_plugin(tmp_path / place / "shop").version)
    assert versions[0] == versions[1] != versions[2]


def test_what_editors_leave_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for name in ("", ".git", "apps"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("a.toml", ".git/x.toml", ".hidden.toml", ".hidden.py"):
        (folder / name).write_text("")
    for name in (".#a.toml", "apps/.#b.toml"):
        (folder / name).symlink_to("nowhere")
    plugin = read_plugin(folder)
    assert ([Path(name).name for name, _ in plugin.files], plugin.modules) == (["a.toml"], ())


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(APP, encoding="utf-8-sig")
    assert (read_plugin(file).files, read_plugin(file).apps) == (((str(file), APP),), 2)


@pytest.fixture
def nobody() -> Iterator[None]:
    """Without root's right to read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    yield
    os.seteuid(user)


def test_what_may_not_be_read_is_named(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    request.getfixturevalue("nobody")
    for path in (folder, folder / "a.toml"):
        with pytest.raises(PluginError, match="cannot be read: Permission denied"):
            read_plugin(path)


def test_what_is_no_plugin_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"a = 1\nb = '\xe9'\n")
    (tmp_path / "large.toml").write_bytes(b" " * (MAX_FILE_SIZE + 1))
    (tmp_path / "packaged.toml").write_text("")
    (tmp_path / "tables.toml").write_text("[[app]]\n" * (MAX_TABLES + 1))
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "many").mkdir()
    for number in range(MAX_SIZE // MAX_FILE_SIZE + 1):
        with (tmp_path / "many" / f"{number}.toml").open("wb") as file:
            file.write(b"#" + b" " * (MAX_FILE_SIZE - 1))
    for name, reason in {
        "empty": "no .toml or .py file",
        "latin.toml": "latin.toml:2: is not UTF-8",
        "large.toml": "is larger than",
        "many": "many: has more than",
        "tables.toml": "has 100001 tables",
        "pipe.toml": "cannot be read: a file was expected",
        "loop.toml": "cannot be read: Too many levels",
        "a\0b.toml": "is no name for a plugin",
        "b\0/a.toml": "is no name for a file of a plugin",
        "missing.toml": "cannot be read: No such file",
        "packaged.toml": "is no name for a plugin",
    }.items():
        with pytest.raises(PluginError, match=reason):
            read_plugin(tmp_path / name)


def test_what_comes_with_appsteer_is_a_whole_set() -> None:
    plugin = packaged()
    assert plugin.is_whole
    assert plugin.apps > 3000
    assert plugin.categories > 40


def test_the_plugins_of_a_folder_come_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("")
    (tmp_path / "a").mkdir()
    for name in ("readme.txt", ".#b.toml", ".hidden.toml"):
        (tmp_path / name).write_text("")
    for name in (".git", "__pycache__"):
        (tmp_path / name).mkdir()
    assert [path.name for path in plugins_in(tmp_path)] == ["a", "b.toml"]
    assert plugins_in(tmp_path / "missing") == []
