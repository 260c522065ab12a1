from pathlib import Path

import pytest
from controller_fakes import CATALOGUE, VIDEO
from test_flows import event

from controller_app.cli.offline import explain_offline
from controller_app.decisions import Judge, Names
from controller_app.errors import ConfigError
from controller_app.flows import Flow
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.describe import describe
from ofext.ids import UNKNOWN_APP, State
from steering.network import HostView, NetworkView, PortView, SwitchView
from steering.policy import parse_policy

POLICY = parse_policy(
    "version: 1\n"
    "services:\n- {name: wall, kind: transparent, attach: {switch: s2, ingress: 3, egress: 4}}\n"
    "chains: [{name: guarded, services: [wall]}]\n"
    "policies:\n"
    "- {name: video, match: {application: tube}, action: {chain: guarded}}\n"
    "- {name: names, match: {sni: '*.example.com'}, action: deny}\n"
)


def line_of_three() -> NetworkView:
    """s1 – s2 – s3, a host at each end."""
    switches = {
        dpid: SwitchView(
            dpid=dpid,
            name=f"s{dpid}",
            ports={n: PortView(n, f"p{n}") for n in range(1, 5)},
            tap_port=None,
            edge_zone=dpid * 2,
            service_zone=dpid * 2 + 1,
        )
        for dpid in (1, 2, 3)
    }
    return NetworkView(
        switches=switches,
        links=frozenset({((1, 1), (2, 1)), ((2, 2), (3, 1))}),
        hosts={"02:00:00:00:00:01": HostView(mac="02:00:00:00:00:01", dpid=1, port=2, ips=("10.0.0.1",))},
    )


@pytest.fixture
def names() -> Names:
    names = Names()
    names.learn(CATALOGUE)
    return names


def flow(**fields: object) -> Flow:
    return Flow(number=1, version=1, event=event(**fields), primary=1, edges=(1, 3), ended=False, updated_s=0.0)


def test_the_path_names_switches_and_functions_in_order(names: Names) -> None:
    decided = Judge(POLICY, names, line_of_three()).decide(flow(app_id=VIDEO, category=3, state=State.FINAL))
    assert (decided.policy, decided.action, decided.chain) == ("video", "chain guarded", "guarded")
    assert decided.path == ("s1", "s2", "wall", "s3")


def test_without_a_chain_the_path_is_the_way_between_the_edges(names: Names) -> None:
    decided = Judge(POLICY, names, line_of_three()).decide(flow())
    assert (decided.policy, decided.action, decided.path) == ("default", "allow", ("s1", "s2", "s3"))


def test_a_denied_flow_has_no_path(names: Names) -> None:
    metadata = ((1, b"www.example.com"),)
    decided = Judge(POLICY, names, line_of_three()).decide(flow(app_id=UNKNOWN_APP, metadata=metadata))
    assert (decided.policy, decided.path) == ("names", ())


def test_a_way_that_is_not_known_is_shown_as_such(names: Names) -> None:
    network = NetworkView(switches=line_of_three().switches)
    assert Judge(POLICY, names, network).decide(flow()).path == ("s1", "?")


def test_an_ended_flow_is_decided_by_the_policy_of_its_time(names: Names) -> None:
    ended = Flow(
        number=1,
        version=1,
        event=event(app_id=VIDEO, state=State.FINAL),
        primary=1,
        edges=(1,),
        ended=True,
        updated_s=0.0,
        policy=parse_policy("version: 1\n"),
    )
    assert Judge(POLICY, names, line_of_three()).decide(ended).policy == "default"


def test_numbers_without_a_catalogue_are_shown_as_numbers() -> None:
    names = Names()
    assert (names.app_key(VIDEO), names.app_key(UNKNOWN_APP), names.app_key(0)) == ("20/10001", "unknown", "")
    assert names.metadata([(5, b"\x01\x02"), (5, b"\x03")]) == {"attribute-5": "0102, 03"}


def test_a_described_flow_takes_the_category_of_its_application(names: Names) -> None:
    described = describe(pb.DescribedFlow(src="10.0.0.1", dst="10.0.0.2", dport=443, app="tube"), names)
    assert (described.ip_proto, described.dst_port, described.category) == (6, 443, "video")
    assert describe(pb.DescribedFlow(src="::1", dst="::2", inspecting=True), names).application is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"src": "here"}, "'here' is no IP address"),
        ({"l4": "carrier-pigeon"}, "is no protocol"),
        ({"l4": "256"}, "256"),
        ({"facts": ["risk"]}, "is not KEY=VALUE"),
        ({"facts": ["risk=high"]}, "risk is a number from 0 to 255, not 'high'"),
        ({"facts": ["encrypted=maybe"]}, "encrypted is true or false"),
        ({"facts": ["state=inspecting"]}, "state is final, guessed, revised, gave_up"),
        ({"facts": ["mood=good"]}, "'mood' is none of risk, confidence,"),
    ],
)
def test_a_wrong_description_is_refused_in_a_sentence(names: Names, fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        describe(pb.DescribedFlow(**{"src": "10.0.0.1", "dst": "10.0.0.2", **fields}), names)


def test_a_description_may_say_anything_that_conditions_ask_for(names: Names) -> None:
    said = ["risk=80", "confidence=90", "encrypted=true", "state=guessed", "owner=ACME", "tag=p2p", "tag=vpn"]
    said += ["user=alice", "user=bob", "http.method=POST", "http.status=404", "http.status=200"]
    found = describe(pb.DescribedFlow(src="10.0.0.1", dst="10.0.0.2", app="tube", facts=said), names)
    assert (found.risk, found.confidence, found.encrypted, found.state) == (80, 90, True, "guessed")
    assert (found.owner, found.tags, found.user) == ("ACME", {"p2p", "vpn"}, ("alice", "bob"))
    assert found.attributes == {"http.method": ("POST",), "http.status": (404, 200)}
    match = "{risk: 60-, user: alice, tag: vpn, attributes: {http.status: {range: 400-}}}"
    policy = parse_policy(f"version: 1\npolicies: [{{name: p, match: {match}, action: deny}}]\n")
    assert Judge(policy, names, line_of_three()).explain(found).policy == "p"


def test_an_ingress_port_may_be_named_by_its_number(names: Names) -> None:
    policy = parse_policy(
        "version: 1\npolicies: [{name: desk, match: {ingress: {switch: s1, port: 2}}, action: deny}]\n"
    )
    judge = Judge(policy, names, line_of_three())
    assert judge.decide(flow()).policy == "desk"
    described = describe(pb.DescribedFlow(src="10.0.0.1", dst="10.0.0.9", switch_name="s1", port="p2"), names)
    assert judge.explain(described).policy == "desk"


def test_without_a_controller_the_category_of_an_application_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("version: 1\npolicies: [{name: films, match: {category: video}, action: deny}]\n")
    described = pb.DescribedFlow(src="10.0.0.1", dst="10.0.0.9", app="tube")
    with pytest.raises(ConfigError, match="that of 'tube': say it with --category"):
        explain_offline(file, described)
    described.category = "video"
    assert explain_offline(file, described).policy == "films"
    described.ClearField("category")
    described.inspecting = True
    assert explain_offline(file, described).policy == "default"
