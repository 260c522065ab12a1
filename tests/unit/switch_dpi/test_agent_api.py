"""The agent's API over a unix socket: the set is changed while engines run, and the controller is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from typer.testing import CliRunner, Result

from switch_dpi.config import AgentConfig, parse_config
from switch_dpi.errors import SwitchDpiError
from switch_dpi.native_engine import NativeEngine
from switch_dpi.northbound import agent_pb2 as pb
from switch_dpi.northbound import agent_pb2_grpc as rpc
from switch_dpi.northbound.client import connect
from switch_dpi.northbound.server import MAX_HOSTS, serving
from switch_dpi.plugins_cli import plugins
from tests.unit.switch_dpi.plugin_files import write
from tests.unit.switch_dpi.test_plugins_cli import http_capture


def config_in(folder: Path, more: str = "") -> AgentConfig:
    text = f"""
controller: {{address: c}}
bridges: [{{name: s1}}]
state_dir: {folder / "state"}
plugins: {{folders: [{folder / "plugins"}], address: "unix:{folder / "agent.sock"}"{more}}}
"""
    return parse_config(text, folder / "agent.yaml")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[NativeEngine]:
    config = config_in(tmp_path)
    engine = NativeEngine(config)
    with serving(config.plugins.address, engine):
        yield engine
    engine.modules.close()


@pytest.fixture
def address(tmp_path: Path, engine: NativeEngine) -> str:
    del engine  # runs
    return f"unix:{tmp_path / 'agent.sock'}"


def run(address: str, *arguments: object) -> Result:
    return CliRunner().invoke(plugins, [*map(str, arguments), "--agent", address])


def test_load_show_list_reload_unload(tmp_path: Path, address: str, engine: NativeEngine) -> None:
    before = engine.facts.catalogue
    ids = {app.key: app.app_id for app in before.apps}
    renewed: list[str] = []
    engine.facts.on_renewed.append(lambda: renewed.append(engine.facts.catalogue.version))
    path = write(tmp_path)
    assert "intranet" in run(address, "load", path).stdout
    listed = json.loads(run(address, "list", "--json").stdout)
    assert [(p["name"], p["apps"], p["examples"], p["is_base"]) for p in listed["plugins"]][1:] == [
        ("intranet", 1, 1, False)
    ]
    assert listed["catalogue_version"] == engine.facts.catalogue.version == renewed[0] != before.version
    after = {app.key: app.app_id for app in engine.facts.catalogue.apps}
    assert after.pop("intranet") == 0x14000000 + 1_000_000
    assert after == ids
    assert "adds:  intranet" in run(address, "show", "intranet").stdout
    assert "tells: 1 domains" in run(address, "show", "intranet").stdout
    assert " user_agents, " in run(address, "show", "packaged").stdout
    path.write_text(path.read_text().replace('"intranet"', '"internal"'))
    assert run(address, "reload").exit_code == 0
    assert "adds:  internal" in run(address, "show", "intranet").stdout
    assert run(address, "unload", "intranet").exit_code == 0
    assert engine.facts.catalogue.version == before.version
    assert len(renewed) == 3


def test_a_refused_plugin_is_named_by_line_and_changes_nothing(
    tmp_path: Path, address: str, engine: NativeEngine
) -> None:
    before = engine.plugins.current
    bad = write(tmp_path, good='"wiki.intranet', bad='"wiki')
    result = run(address, "load", bad)
    assert result.exit_code == 1
    assert f"{bad}:11: example wiki.example.org is no application's, expected intranet" in result.stderr
    assert engine.plugins.current is before
    assert "no plugin is called 'nothing'" in run(address, "unload", "nothing").stderr
    assert "what the set is built on" in run(address, "unload", "packaged").stderr


def test_lint_test_lookup_and_diff_over_the_wire(tmp_path: Path, address: str) -> None:
    good = write(tmp_path)
    clash = write(tmp_path, "clash.toml", good='"intranet.example.org"', bad='"youtube.com"')
    capture = http_capture(tmp_path / "web.pcap", ["youtube.com", "intranet.example.org"])
    with grpc.insecure_channel(address) as channel:
        stub = rpc.PluginsStub(channel)
        assert list(stub.Lint(pb.PluginPath(path=str(good))).findings) == []
        assert "youtube.com of intranet is that of youtube" in stub.Lint(pb.PluginPath(path=str(clash))).findings[0]
        assert list(stub.Test(pb.PluginPath(path=str(good))).findings) == []
        hosts = stub.Lookup(pb.LookupRequest(hosts=["www.youtube.com", "a.no-such-shop.org", "localhost"])).hosts
        assert [(h.app, h.entry, h.generic) for h in hosts] == [
            ("YouTube", "youtube.com", False),
            ("no-such-shop.org", "", True),
            ("", "", False),
        ]
        assert not hosts[2].HasField("app")
        [agent] = stub.Lookup(pb.LookupRequest(hosts=["Spotify/8"], by="user_agent")).hosts
        assert (agent.host, agent.app, agent.entry) == ("Spotify/8", "Spotify", "spotify/")
        with pytest.raises(grpc.RpcError, match="by is 'port', expected one of host, certificate"):
            stub.Lookup(pb.LookupRequest(hosts=["443"], by="port"))
        most = ["no-such-shop-of-some-length.example.org"] * MAX_HOSTS
        assert len(stub.Lookup(pb.LookupRequest(hosts=most)).hosts) == MAX_HOSTS
        with pytest.raises(grpc.RpcError, match=f"at most {MAX_HOSTS} hosts"):
            stub.Lookup(pb.LookupRequest(hosts=[*most, ""]))
        changes = list(stub.Diff(pb.DiffRequest(path=str(good), captures=[str(capture)])))
        assert [(c.sport, c.old.app, c.new.app) for c in changes] == [(40_001, "example.org", "intranet")]
        with pytest.raises(grpc.RpcError, match=r"x\.pcap"):
            list(stub.Diff(pb.DiffRequest(path=str(good), captures=["/x.pcap"])))


def test_more_faults_than_a_status_holds_are_counted(tmp_path: Path, address: str) -> None:
    many = ", ".join(f'"Ü{number}.example.org"' for number in range(150))
    path = write(tmp_path, good='"intranet.example.org"', bad=many)
    result = run(address, "load", path)
    assert result.exit_code == 1
    *faults, last = result.stderr.splitlines()
    assert faults[0].startswith(f"appsteer: {path}:8: domain 'Ü")
    assert last == f"… and {150 - len(faults)} more"
    path = write(tmp_path, good='"intranet"', bad=f'"{"Ü" * 10**6}"')
    assert "appsteer: " in run(address, "load", path).stderr


def test_paths_of_the_api_are_absolute(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        stub = rpc.PluginsStub(channel)
        for call in (stub.Lint, stub.Test, stub.Load):
            for path in ("", "intranet.toml", "/a\0b/x.toml"):
                with pytest.raises(grpc.RpcError, match=r"is no absolute path|is no name for a file"):
                    call(pb.PluginPath(path=path))


def test_the_api_describes_itself(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        service = pool.FindServiceByName("appsteer.agent.v1.Plugins")
    assert {method.name for method in service.methods} >= {"List", "Load", "Unload", "Reload", "Diff"}


def test_without_an_agent_a_sentence_says_so(tmp_path: Path) -> None:
    result = run(f"unix:{tmp_path / 'none.sock'}", "list")
    assert (result.exit_code, "no agent is running" in result.stderr) == (1, True)


@pytest.mark.parametrize("address", ["", "agent", "unix:", f"unix:/{'a' * 200}"])
def test_what_is_no_address_is_refused_in_one_sentence(address: str) -> None:
    result = run(address, "list")
    assert (result.exit_code, result.stderr) == (
        1,
        f"appsteer: {address!r} is no address of an agent: unix:/path or host:port was expected\n",
    )


def test_a_second_agent_does_not_take_the_socket(
    tmp_path: Path, address: str, engine: NativeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(address, engine):
        assert "another agent answers there already" in caplog.text
    with connect(address) as client:
        assert client.list().plugins
    assert (tmp_path / "agent.sock").stat().st_mode & 0o007 == 0


def test_signatures_of_the_configuration_stand_instead_of_the_packaged(tmp_path: Path) -> None:
    own = write(tmp_path)
    text = f"controller: {{address: c}}\nbridges: [{{name: s1}}]\nsignatures: [{own}]\nstate_dir: {tmp_path}\n"
    engine = NativeEngine(parse_config(text, tmp_path / "agent.yaml"))
    engine.modules.close()
    assert [plugin.name for plugin in engine.plugins.current.plugins] == ["packaged", "intranet"]
    assert engine.plugins.signatures.match_host("youtube.com") is None
    own.write_text("[[app]]\nid = 1\n")
    with pytest.raises(SwitchDpiError, match=r"intranet\.toml:1: missing field"):
        NativeEngine(parse_config(text, tmp_path / "agent.yaml"))
