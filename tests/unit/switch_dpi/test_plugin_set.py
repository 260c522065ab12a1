"""The set of plugins: what is taken, what is refused and why, and that a refusal changes nothing."""

import dataclasses
from pathlib import Path

import pytest

from plugins.pack import Plugin, PluginError, packaged, packaged_categories, read_plugin
from switch_dpi.plugin_set import Assembled, PluginSet, assemble
from tests.unit.switch_dpi.plugin_files import write

HOST = "wiki.intranet.example.org"


VIDEO = """\
[[app]]
id = 12000
key = "youtube"
name = "YouTube"
category = "video"
domains = ["youtube.com", "google.com"]

[[example]]
host = "www.google.com"
app = "youtube"
"""


def small() -> Plugin:
    """A base that is quickly loaded."""
    categories = packaged_categories()
    return dataclasses.replace(categories, files=(*categories.files, ("plugins/apps/video.toml", VIDEO)))


def app(plugins: PluginSet) -> str | None:
    found = plugins.signatures.lookup(HOST)
    return found.app_key if found else None


def test_a_plugin_is_loaded_and_unloaded(tmp_path: Path) -> None:
    plugins = PluginSet([small()])
    told: list[Assembled] = []
    plugins.on_replace(told.append)
    assert app(plugins) == "example.org"
    plugins.load(write(tmp_path))
    assert app(plugins) == "intranet"
    plugins.unload("intranet")
    assert app(plugins) == "example.org"
    assert [len(assembled.plugins) for assembled in told] == [2, 1]


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        ("1000000", "1000000x", "intranet.toml:2: is not TOML"),
        ('app = "intranet"', "app = [", "intranet.toml:12: is not TOML: Invalid value (at end of document)"),
        ('app = "intranet"', f"app = {'[' * 5000}", "intranet.toml:1: is nested too deeply"),
        ("[[app]]", '[["app"]]', "intranet.toml:1: 'app' should be written as [[app]] tables only"),
        ('["intranet.example.org"]', '["intranet.example.org", 3]', "intranet.toml:8: domains is ["),
        ('"business"', '"busyness"', "intranet.toml:6: category 'busyness' is not in"),
        ('"intranet.example.org"', '"co.uk"', "intranet.toml:8: domain 'co.uk' is a public suffix"),
        ('"intranet.example.org"', '"cloudfront.net"', "intranet.toml:8: domain 'cloudfront.net' serves many"),
        (
            '"intranet.example.org"',
            '"youtube.com"',
            "intranet.toml:8: domain youtube.com of intranet is that of youtube",
        ),
        ("1000000", "-1", "intranet.toml:2: id -1 is not one of applications, 10000 to 8388607"),
        ("1000000", "99999999999999999999", "intranet.toml:2: id 99999999999999999999 is not one of applications"),
        ("1000000", "12000", "intranet.toml:2: id 12000 of intranet is that of app youtube already"),
        ('key = "intranet"', 'key = "youtube"', "intranet.toml:3: key youtube is that of app 12000 already"),
        ('key = "intranet"', 'key = "tls"', "intranet.toml:3: key tls is that of protocol tls already"),
        ('"wiki.intranet', '"wiki.intra', "intranet.toml:11: example wiki.intra.example.org is no application's"),
        ('app = "intranet"', 'apps = "intranet"', "intranet.toml:10: app should be a text"),
    ],
)
def test_a_plugin_with_a_fault_is_refused_by_file_and_line_and_the_old_set_stays(
    tmp_path: Path, good: str, bad: str, reason: str
) -> None:
    plugins = PluginSet([small()])
    plugins.load(write(tmp_path))
    before = plugins.current
    with pytest.raises(PluginError) as caught:
        plugins.load(write(tmp_path, good=good, bad=bad))
    assert reason in str(caught.value)
    assert plugins.current is before
    assert app(plugins) == "intranet"


def test_a_plugin_may_not_take_what_is_anothers_by_its_examples(tmp_path: Path) -> None:
    plugins = PluginSet([small()])
    plugins.load(write(tmp_path))
    taker = write(tmp_path, "taker.toml", good="intranet", bad="wiki.intranet").read_text()
    (tmp_path / "taker.toml").write_text(taker.replace("1000000", "1000001").replace('"wiki.intranet"', '"wiki"'))
    with pytest.raises(PluginError, match=r"intranet.toml:11: example wiki.* is wiki by wiki.intranet.example.org"):
        plugins.load(tmp_path / "taker.toml")


def test_reload_reads_folders_and_what_was_loaded(tmp_path: Path) -> None:
    configured, elsewhere = tmp_path / "configured", tmp_path / "elsewhere"
    configured.mkdir()
    plugins = PluginSet([small()], folders=[configured])
    plugins.start()
    loaded = write(elsewhere)
    plugins.load(loaded)
    write(configured, "other.toml", good="intranet", bad="extranet")
    other = (configured / "other.toml").read_text().replace("1000000", "1000001")
    (configured / "other.toml").write_text(other)
    assert [plugin.name for plugin in plugins.reload().plugins] == ["packaged", "other", "intranet"]
    loaded.unlink()
    with pytest.raises(PluginError, match="cannot be read"):
        plugins.reload()
    assert app(plugins) == "intranet"


def test_at_the_start_a_bad_plugin_is_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", good='"business"', bad='"busyness"')
    write(tmp_path, "b.toml")
    plugins = PluginSet([small()], folders=[tmp_path])
    plugins.start()
    assert [plugin.name for plugin in plugins.current.plugins] == ["packaged", "b"]
    assert len(plugins.refused) == 1
    assert "a.toml:6" in plugins.refused[0]


def test_a_name_counts_once_at_the_start_and_at_a_reload(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    write(first)
    write(second)
    plugins = PluginSet([small()], folders=[first, second])
    plugins.start()
    reason = (
        f"{second / 'intranet.toml'}: intranet is the name of {first / 'intranet.toml'} already; rename one of them"
    )
    assert plugins.refused == (reason,)
    with pytest.raises(PluginError) as caught:
        plugins.reload()
    assert caught.value.problems == (reason,)
    plugins.load(second / "intranet.toml")
    assert [plugin.source for plugin in plugins.reload().plugins[1:]] == [str(second / "intranet.toml")]


def test_what_the_set_is_built_on_stays() -> None:
    plugins = PluginSet([small()])
    for name, reason in (("packaged", "is what the set is built on"), ("nothing", "no plugin is called 'nothing'")):
        with pytest.raises(PluginError, match=reason):
            plugins.unload(name)


def test_without_a_base_it_is_what_comes_with_appsteer() -> None:
    assert PluginSet().current.plugins == (packaged(),)


def test_a_category_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, good='"business"', bad='"ours"')
    category = '[[category]]\nid = 200\nkey = "ours"\nname = "Ours"\nabout = "What we run ourselves."\n'
    path.write_text(category + path.read_text())
    assembled = assemble([small()], [read_plugin(path)])
    found = assembled.signatures.lookup(HOST)
    assert found is not None
    assert found.category == "ours"


def test_an_operator_may_know_better_than_what_comes_with_appsteer(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text().replace("wiki.intranet.example.org", "www.google.com").replace(
        "intranet.example.org", "www.google.com"
    ))  # fmt: skip
    found = assemble([small()], [read_plugin(path)]).signatures.lookup("www.google.com")
    assert found is not None
    assert found.app_key == "intranet"
