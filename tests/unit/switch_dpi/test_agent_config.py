"""The agent's configuration file: what is taken, what is refused and where."""

from pathlib import Path

import pytest

from switch_dpi.agent_cli import reference
from switch_dpi.config import AgentConfig, load_config, parse_config
from switch_dpi.errors import ConfigError, SwitchDpiError
from switch_dpi.shim.secure import check_files

FILE = Path("agent.yaml")
ROOT = Path(__file__).parents[3]


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    return [str(problem) for problem in caught.value.problems]


def test_short_file_gets_every_default() -> None:
    config = parse_config("controller: {address: c}\nbridges: [{name: s1}, {name: s2}]\n", FILE)
    first, second = config.plans
    assert (first.tap_port, first.listen) == ("tap-s1", ("127.0.0.1", 0))
    assert (first.edge_zone, first.service_zone, second.edge_zone, second.service_zone) == (100, 101, 102, 103)
    assert config.controller.port == 6653


def test_unknown_option_is_named_with_its_place_and_the_likely_one() -> None:
    text = "controller: {address: c}\nbridges:\n  - name: s1\n    tapport: x\n"
    assert refused(text) == ["agent.yaml:4:5: bridges[0].tapport: unknown option; did you mean tap_port?"]


def test_all_problems_are_listed_in_the_order_of_the_file() -> None:
    found = refused("controller: {port: 0, address: c}\nbridges:\n  - {listen: here}\nlog_level: loud\n")
    assert [line.split(": ")[1] for line in found] == [
        "controller.port",
        "bridges[0].name",
        "bridges[0].listen",
        "log_level",
    ]


@pytest.mark.parametrize(
    ("bridges", "place", "option"),
    [
        ("[{name: a}, {name: a}]", "2:", "bridges[1].name"),
        ("[{name: a, edge_zone: 7}, {name: b, service_zone: 7}]", "2:", "bridges[1].service_zone"),
        ("[{name: a, edge_zone: 7, service_zone: 7}]", "2:", "bridges[0].service_zone"),
        ("[{name: a, tap_port: t}, {name: b, tap_port: t}]", "2:", "bridges[1].tap_port"),
        ("[{name: a}, {name: b, tap_port: a}]", "2:", "bridges[1].tap_port"),
        ("[{name: a, listen: '127.0.0.1:1'}, {name: b, listen: '127.0.0.1:1'}]", "2:", "bridges[1].listen"),
    ],
)
def test_what_two_bridges_cannot_share_is_refused(bridges: str, place: str, option: str) -> None:
    found = refused(f"controller: {{address: c}}\nbridges: {bridges}\n")
    assert any(line.startswith(f"agent.yaml:{place}") and f" {option}: " in line for line in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "a: [\n",
        "controller: {address: c}\ncontroller: {address: d}\n",
        "a: \x07\n",
        "[" * 5000,
        "nice: 2001-99-99\n",
        "nice: !!bool x\n",
        "nice: !!int ''\n",
    ],
)
def test_file_that_is_no_mapping_is_refused_with_a_place(text: str) -> None:
    assert refused(text)[0].startswith("agent.yaml:")


def test_option_that_a_merge_key_brings_is_refused_where_it_is_merged() -> None:
    found = refused("controller:\n  <<: {adress: c}\nbridges: [{name: s1}]\n")
    assert found[-1] == "agent.yaml:2:3: controller.adress: unknown option; did you mean address?"


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("controller: {address: a..b}\nbridges: [{name: s1}]\n", "controller.address"),
        ('controller: {address: "a\\0b"}\nbridges: [{name: s1}]\n', "controller.address"),
        ("controller: {address: c}\nbridges: [{name: s1, listen: 'a..b:80'}]\n", "bridges[0].listen"),
        ("controller: {address: c}\nbridges: [{name: -x}]\n", "bridges[0].name"),
        ("controller: {address: c}\nbridges: [{name: ..}]\n", "bridges[0].name"),
        ('controller: {address: c}\nbridges: [{name: s1}]\nstate_dir: "/a\\0"\n', "state_dir"),
        ("controller: {address: c}\nbridges: [{name: s1}]\nengine: {max_flows: 1_0000000000}\n", "engine.max_flows"),
        (
            "controller: {address: c}\nbridges: [{name: s1}]\nengine: {inspect_timeout_s: .inf}\n",
            "engine.inspect_timeout_s",
        ),
    ],
)
def test_value_that_the_system_or_the_engine_would_refuse_later_is_refused_here(text: str, option: str) -> None:
    assert [line.split(": ")[1] for line in refused(text)] == [option]


def test_missing_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(Path("/nowhere/agent.yaml"))


def test_tap_of_a_long_bridge_name_fits_an_interface_name() -> None:
    config = parse_config("controller: {address: c}\nbridges: [{name: bridge-of-rack7}]\n", FILE)
    assert len(config.plans[0].tap_port) <= 15


def test_reference_is_a_legal_file_and_describes_every_option() -> None:
    assert isinstance(parse_config(reference(), FILE), AgentConfig)
    for name, field in AgentConfig.model_fields.items():
        assert f"# {field.description}" in reference(), name


def test_documentation_has_the_reference() -> None:
    assert reference() in (ROOT / "docs" / "agent.md").read_text(encoding="utf-8")


TLS = "{private_key: a.key, certificate: a.crt, authority: ca.crt"


def test_tls_is_off_unless_it_is_asked_for() -> None:
    config = parse_config("controller: {address: c}\nbridges: [{name: s1}]\n", FILE)
    assert (config.controller.tls, config.ovs.tls) == (None, None)


def test_tls_options_are_taken() -> None:
    text = f"controller: {{address: c, tls: {TLS}, name: ctl}}}}\nbridges: [{{name: s1}}]\n"
    text += f"ovs: {{tls: {TLS}, names: [s1], switch: {TLS}}}}}}}\n"
    config = parse_config(text, FILE)
    assert config.controller.tls is not None
    assert (config.controller.tls.name, config.controller.tls.check_name) == ("ctl", True)
    assert config.ovs.tls is not None
    assert config.ovs.tls.switch is not None


@pytest.mark.parametrize(
    ("tls", "found"),
    [
        ("{certificate: a, authority: b}", "controller.tls.private_key: required, but absent"),
        (
            "{private_key: a, certificate: a, authority: b, nam: c}",
            "controller.tls.nam: unknown option; did you mean name?",
        ),
        ("{private_key: a, certificate: a, authority: b, name: ''}", "controller.tls.name: string should have"),
        ("{private_key: a, certificate: a, authority: b, name: a..b}", "controller.tls.name: expected a host name"),
        ("true", "controller.tls: input should be a valid dictionary"),
    ],
)
def test_wrong_tls_option_is_named_with_its_place(tls: str, found: str) -> None:
    lines = refused(f"controller:\n  address: c\n  tls: {tls}\nbridges: [{{name: s1}}]\n")
    assert any(line.startswith("agent.yaml:3:") and found in line for line in lines), lines


def test_files_that_cannot_be_used_are_told_before_the_agent_starts() -> None:
    config = parse_config(f"controller: {{address: c, tls: {TLS}}}}}\nbridges: [{{name: s1}}]\n", FILE)
    with pytest.raises(SwitchDpiError, match=r"^controller.tls: ca.crt: cannot be read: No such file"):
        check_files(config)
