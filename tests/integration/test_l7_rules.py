"""What OpenFlow promises of rules holds for rules on L7 fields: an Open vSwitch of the test's own, through the shim."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ofext import label, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue
from ofext.events import FlowEvents
from ofext.fields import MASKABLE_FIELDS, L7Field
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode
from ofext.openflow.header import Type, Version, build
from ofext.oxm import Oxm
from ofext.untracked import tables
from switch_dpi.config import parse_config
from switch_dpi.marker import Marker
from switch_dpi.untracked.listing import list_connections
from switch_dpi.untracked.marker import RuleMarker
from tests.fakes.agent_engine import VIDEO_APP, FakeEngine, verdict
from tests.fakes.agent_lab import RunningAgent, l7_session, track, until
from tests.fakes.l7_rules import (
    CHECK_OVERLAP,
    DELETE,
    DELETE_STRICT,
    FLOW_MONITOR,
    IPV4,
    MODIFY,
    MODIFY_STRICT,
    SEND_FLOW_REMOVED,
    TABLE_FEATURES,
    RuleChange,
    add,
    change,
    delete_all,
    entries,
    l7_error,
    matches,
    multipart,
    openflow_error,
    rules,
)
from tests.fakes.openflow_peer import ControllerPeer, Session
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs, take_tracker

pytestmark = pytest.mark.integration

BRIDGE, TAP, ZONE = "l7rules", "l7rules-tap", 11
TLS = 0x140001BB
LIST_S = 10.0
SNI, USER, STATUS = 1, 51, 14
CATALOGUE = Catalogue(
    version="rules",
    apps=(
        AppEntry(app_id=VIDEO_APP, key="video", name="Video", category=3, risk=9, tags=("streaming",)),
        AppEntry(app_id=TLS, key="tls", name="TLS", kind=AppKind.PROTOCOL, tags=("encrypted",)),
    ),
    attributes=(
        AttributeEntry(attribute=SNI, name="tls.sni", kind=AttributeType.STRING),
        AttributeEntry(attribute=USER, name="ftp.user", kind=AttributeType.STRING),
        AttributeEntry(attribute=STATUS, name="http.status", kind=AttributeType.UINT),
    ),
)
GOTO_5 = bytes.fromhex("0001000805000000")
SERVER_ERRORS = AttributeTest(STATUS, Operation.RANGE, (b"\x01\xf4", b"\x02\x57"))
ALL_FIELDS = (
    oxm.l7_app_id(0x2711, 0xFFFF),
    oxm.l7_category(3),
    oxm.l7_state(0, 1),
    oxm.l7_sni("*.video.test"),
    oxm.l7_http_host("intranet"),
    oxm.l7_dns_query("a.example"),
    oxm.l7_engine(20),
    oxm.l7_tag("ads"),
    oxm.l7_tag("streaming"),
    oxm.l7_confidence(64, 64),
    oxm.l7_risk(8, 8),
    oxm.l7_encrypted(1),
    oxm.l7_http_url("/api/*"),
    oxm.l7_user_agent("*curl*"),
    oxm.l7_content_type("video/*"),
    oxm.l7_user("guest"),
    oxm.l7_device("*-printer"),
    oxm.l7_attr(SERVER_ERRORS),
)


@dataclass
class Lab:
    """Switch, agent, and where the controller listens."""

    ovs: PrivateOvs
    engine: FakeEngine
    peer: ControllerPeer
    agent: RunningAgent

    has_tracker: bool = True

    def conntrack(self) -> str:
        """The connections as `ovs-appctl dpctl/dump-conntrack` has them, as far as tests look at them."""
        if not self.has_tracker:
            found = list_connections(self.management, ZONE, LIST_S) or []
            return "\n".join(f"sport={each.sport},mark={each.mark},labels={each.label:#x}" for each in found)
        dump = ("dpctl/dump-conntrack", "netdev@ovs-netdev", f"zone={ZONE}")
        return self.ovs.sh("ovs-appctl", "-t", "ovs-vswitchd", *dump)

    def flush(self) -> None:
        """Forget all connections."""
        if not self.has_tracker:
            for family in ("ip", "ipv6"):
                chosen = f"table={tables.LOOK_UP},reg13={ZONE},{family}"
                self.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", str(self.management), chosen)
            return
        self.ovs.sh("ovs-appctl", "-t", "ovs-vswitchd", "dpctl/flush-conntrack", f"zone={ZONE}")

    def track(self, sport: int) -> None:
        """Make a UDP connection, as its first packet would."""
        track(self.management, ZONE, sport, self.conntrack, Marker if self.has_tracker else RuleMarker)

    @property
    def management(self) -> Path:
        """Where the bridge takes OpenFlow from local tools."""
        return self.ovs.run_dir / f"{BRIDGE}.mgmt"

    def counted(self) -> dict[str, int]:
        """Rules by predicate, as the status has them."""
        found = self.agent.bridge.status()["rules_by_predicate"]
        assert isinstance(found, dict)
        return found


@contextlib.contextmanager
def running_lab(folder: Path, *, has_tracker: bool = True) -> Iterator[Lab]:
    """In a network namespace of its own."""
    with own_network():
        ovs, peer, engine = PrivateOvs(folder), ControllerPeer(), FakeEngine()
        facts = engine.facts()
        facts.catalogue, facts.protocols = CATALOGUE, {"TLS": TLS}
        text = f"""
controller: {{address: 127.0.0.1, port: {peer.port}, reconnect_min_s: 0.05, reconnect_max_s: 0.2}}
bridges: [{{name: {BRIDGE}, tap_port: {TAP}, edge_zone: {ZONE}, conntrack: {str(has_tracker).lower()}}}]
state_dir: {folder / "state"}
ovs: {{run_dir: {folder}}}
events: {{reconcile_s: 1}}
"""
        agent = None
        try:
            ovs.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
            if not has_tracker:
                take_tracker(ovs, BRIDGE)
            agent = RunningAgent(parse_config(text, Path("test.yaml")), facts)
            yield Lab(ovs, engine, peer, agent, has_tracker)
        finally:
            if agent is not None:
                agent.stop()
            peer.close()
            ovs.stop()


@pytest.fixture(scope="module", params=[True, False], ids=["tracker", "rules"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With a connection tracker in the switch, and with rules in its place."""
    with running_lab(tmp_path_factory.mktemp("l7rules"), has_tracker=request.param) as made:
        yield made


@pytest.fixture(scope="module", params=[4, 5, 6], ids=["1.3", "1.4", "1.5"])
def connected(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Session]:
    session = l7_session(lab.peer, request.param)
    yield session
    session.close()


@pytest.fixture
def session(connected: Session) -> Iterator[Session]:
    delete_all(connected)
    yield connected
    delete_all(connected)


def test_a_rule_on_one_field_comes_back_as_it_was_sent(session: Session) -> None:
    assert change(session, *(RuleChange(fields=[IPV4, field]) for field in ALL_FIELDS)) == []
    assert set(matches(session)) == {(IPV4, field) for field in ALL_FIELDS}
    for field in ALL_FIELDS:
        assert matches(session, field) == [(IPV4, field)]


def test_a_rule_on_all_fields_comes_back_as_it_was_sent(session: Session) -> None:
    assert add(session, *ALL_FIELDS) == []
    (found,) = matches(session)
    assert set(found) == set(ALL_FIELDS)
    assert len(found) == len(ALL_FIELDS)


def test_overlap_is_checked_on_l7_fields(session: Session) -> None:
    assert add(session, oxm.l7_category(3)) == []
    assert add(session, oxm.l7_category(5), flags=CHECK_OVERLAP) == []
    assert add(session, oxm.l7_category(3), oxm.l7_engine(20), priority=11, flags=CHECK_OVERLAP) == []
    (refused,) = add(session, oxm.l7_state(1), flags=CHECK_OVERLAP)
    assert openflow_error(refused) == (5, 3)  # OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP
    assert oxm.decode_match(refused, 12 + 48)[0] == (oxm.l7_state(1),)


def test_predicates_may_always_overlap(session: Session) -> None:
    assert add(session, oxm.l7_sni("a.example")) == []
    (refused,) = add(session, oxm.l7_sni("b.example"), flags=CHECK_OVERLAP)
    assert openflow_error(refused) == (5, 3)


def test_modify_finds_rules_by_l7_fields(session: Session) -> None:
    add(session, oxm.l7_category(3))
    add(session, oxm.l7_category(3), oxm.l7_user("guest"))
    add(session, oxm.l7_category(4))
    modify = RuleChange(fields=[oxm.l7_user("guest")], command=MODIFY_STRICT, instructions=GOTO_5)
    assert change(session, modify, replace(modify, fields=[oxm.l7_user("unknown")], command=MODIFY)) == []
    assert not any(GOTO_5 in entry for entry in rules(session))
    assert change(session, replace(modify, command=MODIFY)) == []
    assert [GOTO_5 in entry for entry in rules(session, oxm.l7_category(3))].count(True) == 1
    assert change(session, replace(modify, fields=[oxm.l7_category(3)], command=MODIFY_STRICT)) == []
    assert [GOTO_5 in entry for entry in rules(session)].count(True) == 2
    assert len(rules(session)) == 3


def test_delete_finds_rules_by_l7_fields(session: Session) -> None:
    kept = [(oxm.l7_category(4),), (oxm.ct_label(3 << 3, 0xFF << 3),)]
    for fields in ((oxm.l7_category(3),), (oxm.l7_category(3), oxm.l7_tag("ads")), *kept):
        add(session, *fields)
    delete = RuleChange(fields=[oxm.l7_tag("ads")], command=DELETE_STRICT)
    assert change(session, delete, replace(delete, fields=[oxm.l7_tag("unknown")], command=DELETE)) == []
    assert len(rules(session)) == 4
    assert change(session, replace(delete, fields=[oxm.l7_category(3), oxm.l7_tag("ads")])) == []
    assert len(rules(session)) == 3
    assert change(session, replace(delete, fields=[oxm.l7_category(3)], command=DELETE)) == []
    assert set(matches(session)) == set(kept)


def test_delete_by_cookie_takes_l7_rules_along(session: Session) -> None:
    add(session, oxm.l7_category(3), cookie=0xA1)
    add(session, oxm.l7_category(4), cookie=0xA2)
    add(session, oxm.l7_category(5), cookie=0xB1)
    assert matches(session, cookie=0xA2, cookie_mask=0xFF) == [(oxm.l7_category(4),)]
    assert change(session, RuleChange(command=DELETE, cookie=0xA0, cookie_mask=0xF0)) == []
    assert matches(session) == [(oxm.l7_category(5),)]


@pytest.mark.parametrize("fields", [ALL_FIELDS, (IPV4, oxm.l7_engine(20))], ids=["all", "engine"])
def test_a_rule_that_ends_by_time_is_told_in_l7_fields(session: Session, fields: tuple[Oxm, ...]) -> None:
    assert add(session, *fields, hard_timeout_s=1, flags=SEND_FLOW_REMOVED) == []
    removed = session.expect(lambda message: message[1] == Type.FLOW_REMOVED)
    found, _ = oxm.decode_match(removed, 24 if session.version >= Version.OF_1_5 else 48)
    assert set(found) == set(fields)


def bundle_control(session: Session, request: int) -> tuple[int, bytes]:
    """Type and body of a message that opens (0) or commits (4) the bundle."""
    return of_bundle(session, Type.BUNDLE_CONTROL, "4f4e4600000008fc", request.to_bytes(2, "big") + b"\0\1")


def bundle_add(session: Session, change: RuleChange) -> tuple[int, bytes]:
    """Type and body of a message that adds to it."""
    message = build(session.version, Type.FLOW_MOD, session.next_xid(), change.encode())
    return of_bundle(session, Type.BUNDLE_ADD_MESSAGE, "4f4e4600000008fd", b"\0\0\0\1" + message)


def of_bundle(session: Session, kind: int, onf: str, rest: bytes) -> tuple[int, bytes]:
    """About bundle 1, in 1.3 as ONF extension 230 has it."""
    body = (1).to_bytes(4, "big") + rest
    return (Type.EXPERIMENTER, bytes.fromhex(onf) + body) if session.version < Version.OF_1_4 else (kind, body)


def bundle(session: Session, *changes: RuleChange) -> bytes:
    """Open, add, commit; the answer to the commit."""
    session.request(*bundle_control(session, 0))
    for each in changes:
        kind, body = bundle_add(session, each)
        session.send(build(session.version, kind, session.last_xid, body))
    return session.request(*bundle_control(session, 4))


def test_a_bundle_brings_its_l7_rules_together(session: Session) -> None:
    first, second = RuleChange(fields=ALL_FIELDS), RuleChange(fields=[oxm.l7_user("a"), oxm.l7_device("b")])
    assert bundle(session, first, second)[1] != Type.ERROR
    assert {frozenset(found) for found in matches(session)} == {frozenset(first.fields), frozenset(second.fields)}


def test_a_bundle_with_a_refused_field_brings_nothing(session: Session) -> None:
    refused = RuleChange(fields=[oxm.l7_attr(AttributeTest(4711, Operation.PRESENT))])
    answer = bundle(session, RuleChange(fields=[oxm.l7_user("a")]), refused)
    assert openflow_error(answer) == (17, 13)  # OFPET_BUNDLE_FAILED, OFPBFC_MSG_FAILED
    (told,) = session.collect(Type.ERROR)
    assert l7_error(told).code == ErrorCode.MATCH_VALUE
    assert "no such attribute" in l7_error(told).text
    assert matches(session) == []


def test_tables_advertise_the_l7_fields(session: Session) -> None:
    answer = session.request(Type.MULTIPART_REQUEST, multipart(TABLE_FEATURES, b""))
    tables = entries(answer)
    assert tables
    for field in L7Field:
        maskable = bytes((0xFF, 0xFF, field << 1 | (field in MASKABLE_FIELDS)))
        assert all(maskable in table and bytes((0xFF, 0xFF, field << 1)) in table for table in tables)
    assert all(table.count(EXPERIMENTER_BYTES) == 2 * len(L7Field) for table in tables)


def test_setting_an_l7_field_is_refused(session: Session) -> None:
    field = oxm.l7_app_id(VIDEO_APP).encode()
    size = 4 + len(field)
    action = b"\0\x19" + (size + -size % 8).to_bytes(2, "big") + field + bytes(-size % 8)
    apply = b"\0\4" + (8 + len(action)).to_bytes(2, "big") + bytes(4) + action
    (refused,) = change(session, RuleChange(fields=[IPV4], instructions=apply))
    assert openflow_error(refused) == (
        2,
        14,
    )  # OFPET_BAD_ACTION, OFPBAC_BAD_SET_LEN: of any experimenter's field, in Open vSwitch
    assert matches(session) == []


def test_a_refused_field_is_told_with_its_place(session: Session) -> None:
    bad = oxm.l7_attr(AttributeTest(STATUS, Operation.CONTAINS, (b"2",)))
    (refused,) = add(session, IPV4, oxm.l7_category(3), bad)
    error = l7_error(refused)
    assert (error.code, error.data) == (ErrorCode.MATCH_VALUE, bad.encode())
    assert error.offset == 48 + 4 + len(oxm.encode_fields([IPV4, oxm.l7_category(3)]))


def test_predicates_of_a_flow_are_set_in_its_connection(lab: Lab, session: Session) -> None:
    holding = [oxm.l7_sni("*.video.test"), oxm.l7_user("GUEST"), oxm.l7_tag("streaming"), oxm.l7_encrypted(1)]
    holding += [oxm.l7_confidence(64, 64), oxm.l7_attr(SERVER_ERRORS)]
    for field in (*holding, oxm.l7_user("root"), oxm.l7_tag("ads"), oxm.l7_encrypted(0)):
        assert add(session, field, oxm.l7_risk(9)) == []
    lab.flush()
    lab.track(41000)
    metadata = [(SNI, b"www.Video.test"), (USER, b"Guest"), (STATUS, b"\x01\xf7")]
    lab.engine.tell(verdict(l4=17, sport=41000, metadata_ids=metadata, path="eth.ip.udp.tls.video"))
    session.expect_l7(FlowEvents)
    until(lambda: f"mark={VIDEO_APP}" in lab.conntrack())
    table = lab.agent.bridge.predicates
    expected = label.predicate_mask(n for p, n in table.bits.items() if p.to_oxm() in holding)
    assert expected.bit_count() == len(holding)
    wanted = expected | 9 << label.RISK_SHIFT | 3 << label.CATEGORY_SHIFT | 1
    until(lambda: f"labels={wanted:#x}" in lab.conntrack())


def test_bits_are_used_again_when_rules_and_connections_have_let_go(lab: Lab, session: Session) -> None:
    lab.flush()
    names = [oxm.l7_sni(f"h{number}.example") for number in range(label.PREDICATE_CAPACITY)]
    until(lambda: change(session, *(RuleChange(fields=[name]) for name in names)) == [])
    (refused,) = add(session, oxm.l7_user("one too many"))
    assert l7_error(refused).code == ErrorCode.PREDICATES_FULL
    assert "no label bit is free for l7_user=one too many" in l7_error(refused).text
    until(lambda: list(lab.counted().values()) == [1] * label.PREDICATE_CAPACITY)

    lab.track(42000)
    lab.engine.tell(verdict(l4=17, sport=42000, metadata_ids=[(SNI, b"h5.example")]))
    bit = label.predicate_bit(number_of(lab, "l7_sni=h5.example"))
    until(lambda: labels_of(lab) & bit)
    assert change(session, RuleChange(command=DELETE, fields=[oxm.l7_sni("h5.example")])) == []
    until(lambda: add(session, oxm.l7_user("one too many")) == [])
    assert labels_of(lab) & bit == 0
    assert matches(session, oxm.l7_user("one too many")) == [(oxm.l7_user("one too many"),)]


def test_connections_outlive_a_deletion_of_everything(lab: Lab, session: Session) -> None:
    lab.flush()
    lab.track(43000)
    assert add(session, IPV4, oxm.ct_mark(5), oxm.ct_state(0x21, 0x21)) == []
    assert matches(session) == [(IPV4, oxm.ct_state(0x21, 0x21), oxm.ct_mark(5))]
    delete_all(session)
    assert "sport=43000" in lab.conntrack()
    assert rules(session) == []


def test_the_agents_tables_are_no_tables_for_a_controller(lab: Lab, session: Session) -> None:
    if lab.has_tracker:
        pytest.skip("with a connection tracker it has none")
    assert session.request(Type.FEATURES_REQUEST)[20] == tables.FIRST_OWN_TABLE
    assert session.request(Type.MULTIPART_REQUEST, multipart(TABLE_FEATURES, b""))[1] == Type.MULTIPART_REPLY
    (refused,) = add(session, IPV4, table=tables.LOOK_UP)
    error = l7_error(refused)
    assert (error.code, error.offset) == (ErrorCode.NO_TRACKER, 24)
    (refused,) = add(session, oxm.ct_state(0x10, 0x10))
    assert (l7_error(refused).code, l7_error(refused).offset) == (ErrorCode.NO_TRACKER, 52)


def labels_of(lab: Lab) -> int:
    """All label bits that connections have."""
    found = 0
    for line in lab.conntrack().splitlines():
        _, _, rest = line.partition("labels=")
        found |= int(rest.split(",")[0], 0) if rest else 0
    return found


def test_a_rule_of_somebody_else_keeps_its_bit(lab: Lab, session: Session) -> None:
    names = [oxm.l7_sni(f"h{number}.example") for number in range(label.PREDICATE_CAPACITY)]
    until(lambda: change(session, *(RuleChange(fields=[name]) for name in names)) == [])
    until(lambda: lab.counted().get("l7_sni=h7.example") == 1)
    compared = compared_text(lab, number_of(lab, "l7_sni=h7.example"))
    (line,) = (each for each in dumped(lab) if compared in each)
    copied = line.replace("priority=10", "table=3,priority=77").partition(" actions=")[0].strip()
    lab.ovs.sh(
        "ovs-ofctl", "-OOpenFlow14", "add-flow", str(lab.ovs.run_dir / f"{BRIDGE}.mgmt"), copied + ",actions=drop"
    )
    assert change(session, RuleChange(command=DELETE, table=0)) == []
    until(lambda: list(lab.counted()) == ["l7_sni=h7.example"])
    assert matches(session, oxm.l7_sni("h7.example")) == [(oxm.l7_sni("h7.example"),)]


def compared_text(lab: Lab, number: int) -> str:
    """How `ovs-ofctl` shows that a rule compares a predicate's bit."""
    bit = label.PREDICATES_SHIFT + number
    return f"{1 << bit:#x}/" if lab.has_tracker else f"reg{11 - bit // 32}={1 << bit % 32:#x}/"


def number_of(lab: Lab, text: str) -> int:
    return next(number for each, number in lab.agent.bridge.predicates.bits.items() if str(each) == text)


def dumped(lab: Lab) -> list[str]:
    target = str(lab.ovs.run_dir / f"{BRIDGE}.mgmt")
    return lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "--no-stats", "dump-flows", target).splitlines()


@pytest.mark.parametrize("version", [5, 6], ids=["1.4", "1.5"])  # 1.3 has no flow monitors
def test_a_monitor_sees_rules_in_l7_fields(tmp_path: Path, version: int) -> None:
    """Open vSwitch tells rules whole that are there, or that others change; it refuses OFPFMF_NO_ABBREV."""
    with running_lab(tmp_path) as lab:
        session = l7_session(lab.peer, version)
        fields = (oxm.l7_category(3), oxm.l7_tag("watched"))
        add(session, *fields)
        add(session, oxm.l7_category(4))
        watched = (7).to_bytes(4, "big") + b"\xff" * 8 + (0x1F).to_bytes(2, "big") + b"\xff\0"
        request = multipart(FLOW_MONITOR, watched + oxm.encode_match([oxm.l7_tag("watched")]))
        (initial,) = entries(session.request(Type.MULTIPART_REQUEST, request))
        assert set(oxm.decode_match(initial, 24)[0]) == set(fields)
        lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", str(lab.ovs.run_dir / f"{BRIDGE}.mgmt"))
        (removed,) = entries(session.expect(lambda message: message[1] == Type.MULTIPART_REPLY))
        assert set(oxm.decode_match(removed, 24)[0]) == set(fields)
        until(lambda: lab.counted().get("l7_tag=watched") == 0)
        session.close()
