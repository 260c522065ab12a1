from pathlib import Path

import pytest

from controller_app.config import Config
from controller_app.errors import StateError
from controller_app.network import SavedNetwork, load_network, view_of
from controller_app.policy_store import PolicyStore, write_whole
from steering.errors import PolicyErrors

NETWORK = """{"switches": [
 {"dpid": "0000000000000001", "name": "s1",
  "ports": [{"number": 1, "name": "a"}, {"number": 2, "name": "b", "kind": "fabric"}]},
 {"dpid": "0000000000000002", "name": "s2",
  "ports": [{"number": 1, "name": "c"}, {"number": 2, "name": "d", "kind": "fabric"}],
  "tap_port": 9, "edge_zone": 5, "service_zone": 6}],
 "links": [[{"dpid": "0000000000000001", "port": 2}, {"dpid": "0000000000000002", "port": 2}]],
 "hosts": [{"mac": "02:00:00:00:00:01", "at": {"dpid": "0000000000000001", "port": 1}}]}"""


def test_a_network_written_by_hand_is_a_view(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text(NETWORK)
    view = view_of(load_network(path))
    assert list(view.live_links()) == [((1, 2), (2, 2))]
    assert view.hosts["02:00:00:00:00:01"].port == 1
    assert (view.switches[2].tap_port, view.switches[2].edge_zone) == (9, 5)
    assert view.switches[1].edge_zone != view.switches[1].service_zone


@pytest.mark.parametrize("text", ["", "[]", '{"switches": 1}', '{"colour": 1}', '{"version": 2}', "[" * 100_000])
def test_what_is_no_network_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.json"
    path.write_text(text)
    with pytest.raises(StateError, match="no description of a network") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_a_saved_network_reads_back_the_same(tmp_path: Path) -> None:
    saved = SavedNetwork.model_validate_json(NETWORK)
    write_whole(tmp_path / "deep" / "n.json", saved.model_dump_json())
    assert load_network(tmp_path / "deep" / "n.json") == saved
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["n.json"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        write_whole(tmp_path / "file" / "n.json", "")


def test_without_a_policy_everything_is_allowed() -> None:
    assert PolicyStore(Config()).current.policy.rules == ()


def test_a_configured_policy_with_mistakes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("version: 3\n")
    with pytest.raises(PolicyErrors):
        PolicyStore(Config(policy=path))
    with pytest.raises(StateError, match="cannot be read"):
        PolicyStore(Config(policy=tmp_path / "none.yaml"))
