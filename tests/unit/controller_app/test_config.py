from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from controller_app.config import Config, load_config, parse_config
from controller_app.errors import ConfigError

HERE = Path("/etc/appsteer/controller.yaml")


def test_an_empty_file_means_the_defaults() -> None:
    assert parse_config("", HERE) == Config()


def test_paths_are_relative_to_the_file() -> None:
    config = parse_config("policy: p.yaml\nstate_dir: /var/lib/appsteer\n", HERE)
    assert config.policy == Path("/etc/appsteer/p.yaml")
    assert config.state_dir == Path("/var/lib/appsteer")


def test_paths_of_tls_are_relative_to_the_file_too() -> None:
    tls = parse_config(
        "openflow: {tls: {private_key: a, certificate: b, authority: /c, names: [S1]}}\n", HERE
    ).openflow.tls
    assert tls is not None
    assert [str(tls.private_key), str(tls.authority), *tls.names] == ["/etc/appsteer/a", "/c", "s1"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("colour: red\n", "2:1", "unknown option 'colour'"),
        ("openflow:\n  prot: 6653\n", "3:3", "unknown option 'openflow.prot'"),
        ("openflow:\n  port: 99999\n", "3:3", "less than or equal to 65535"),
        ("openflow:\n  listen: everywhere\n", "3:3", "everywhere"),
        ("openflow:\n  tls: {certificate: a, authority: b}\n", "3:3", "option 'openflow.tls.private_key' is missing"),
        ("openflow: {tls: {private_key: a, certificate: b, authority: c, x: d}}\n", "2:64", "unknown option"),
        ("northbound: 10.0.0.1:5000\n", "2:1", "not a loopback address"),
        ("northbound: unix:relative\n", "2:1", "must be absolute"),
        ("ports:\n- switch: s1\n  port: 1\n  kind: wall\n", "5:3", "kind"),
        ("ports:\n- switch: s1\n  kind: host\n", "3:3", "'ports.0.port' is missing"),
        ("policy: [\n", "3:1", "not valid YAML"),
        ("- a\n", "1:1", "expected options"),
    ],
)
def test_a_wrong_option_is_named_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("# first line\n" + text, HERE)
    assert str(caught.value).startswith(f"{HERE}:{place}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["a: \x01\n", "a\0b: 1\n", "a: 2001-99-99\n", "[" * 3000])
def test_what_yaml_cannot_read_at_all_is_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, HERE)
    assert str(caught.value).startswith(f"{HERE}: ")
    assert "\n" not in str(caught.value)


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.yaml")


def test_the_documentation_shows_every_option_with_its_default() -> None:
    page = Path(__file__).parents[3] / "docs" / "controller.md"
    text = page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert parse_config(text, HERE) == Config()
    shown = YAML(typ="safe").load(text)
    assert set(shown) == set(Config.model_fields)
    for name, field in Config.model_fields.items():
        if isinstance(field.default, BaseModel):
            assert set(shown[name]) == set(type(field.default).model_fields)
