"""os-ken with the L7 fields: matches are written and read back, messages of the experimenter arrive as events."""

from types import ModuleType
from typing import Any

import pytest
from os_ken.controller import ofp_event
from os_ken.ofproto import (
    ofproto_parser,
    ofproto_protocol,
    ofproto_v1_3,
    ofproto_v1_3_parser,
    ofproto_v1_4,
    ofproto_v1_4_parser,
    ofproto_v1_5,
    ofproto_v1_5_parser,
)

from controller_app import osken_l7
from ofext import messages, multipart, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.errors import EncodeError, MatchValueError
from ofext.hello import AgentInfo, Hello
from ofext.ids import EXPERIMENTER_ID
from ofext.statistics import AppStats, AppStatsReply

PARSERS: dict[int, ModuleType] = {4: ofproto_v1_3_parser, 5: ofproto_v1_4_parser, 6: ofproto_v1_5_parser}
PROTOCOLS: dict[int, ModuleType] = {4: ofproto_v1_3, 5: ofproto_v1_4, 6: ofproto_v1_5}

osken_l7.register()


@pytest.fixture(params=[4, 5, 6], ids=["1.3", "1.4", "1.5"])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def flow_mod(version: int, **fields: Any) -> bytes:
    """A serialised FLOW_MOD."""
    datapath = ofproto_protocol.ProtocolDesc(version)
    message = PARSERS[version].OFPFlowMod(datapath, match=PARSERS[version].OFPMatch(**fields), instructions=[])
    message.set_xid(1)
    message.serialize()
    return bytes(message.buf)


def parsed(version: int, raw: bytes) -> Any:
    """A message as os-ken's receive loop reads it."""
    kind, size, xid = raw[1], int.from_bytes(raw[2:4], "big"), int.from_bytes(raw[4:8], "big")
    return ofproto_parser.msg(ofproto_protocol.ProtocolDesc(version), version, kind, size, xid, raw)


TEST = AttributeTest(14, Operation.RANGE, (b"\x01\xf4", b"\x02\x57"))
FIELDS = [
    ({"l7_app_id": 0x14002711}, oxm.l7_app_id(0x14002711)),
    ({"l7_app_id": (0x14000000, 0xFF000000)}, oxm.l7_app_id(0x14000000, 0xFF000000)),
    ({"l7_category": 9}, oxm.l7_category(9)),
    ({"l7_state": 1}, oxm.l7_state(1)),
    ({"l7_state": (0, 1)}, oxm.l7_state(0, 1)),
    ({"l7_sni": "*.example.com"}, oxm.l7_sni("*.example.com")),
    ({"l7_http_host": "intranet"}, oxm.l7_http_host("intranet")),
    ({"l7_dns_query": "a.example"}, oxm.l7_dns_query("a.example")),
    ({"l7_engine": 20}, oxm.l7_engine(20)),
    ({"l7_tag": "streaming"}, oxm.l7_tag("streaming")),
    ({"l7_confidence": (64, 64)}, oxm.l7_confidence(64, 64)),
    ({"l7_risk": (0x80, 0x80)}, oxm.l7_risk(0x80, 0x80)),
    ({"l7_encrypted": 0}, oxm.l7_encrypted(0)),
    ({"l7_http_url": "/api/*"}, oxm.l7_http_url("/api/*")),
    ({"l7_user_agent": "*curl*"}, oxm.l7_user_agent("*curl*")),
    ({"l7_content_type": "video/*"}, oxm.l7_content_type("video/*")),
    ({"l7_user": "jürgen"}, oxm.l7_user("jürgen")),
    ({"l7_device": "*-printer"}, oxm.l7_device("*-printer")),
    ({"l7_attr": TEST}, oxm.l7_attr(TEST)),
]


@pytest.mark.parametrize(("fields", "expected"), FIELDS)
def test_a_field_is_written_and_read_back(version: int, fields: dict[str, Any], expected: oxm.Oxm) -> None:
    raw = flow_mod(version, **fields)
    assert oxm.decode_match(raw, 48)[0] == (expected,)
    assert dict(PARSERS[version].OFPMatch.parser(raw, 48).items()) == fields


def test_l7_fields_mix_with_others(version: int) -> None:
    fields = {
        "in_port": 3,
        "eth_type": 0x0800,
        "ip_proto": 6,
        "ipv4_src": "192.0.2.1",
        "ct_state": (0x20, 0x20),
        "ct_mark": (5, 0xFF),
        "ct_label": (1 << 100, 1 << 100),
        "ct_zone": 7,
        "l7_app_id": 0x14002711,
        "l7_state": (0, 1),
        "l7_sni": "*.example.com",
    }
    raw = flow_mod(version, **fields)
    assert dict(PARSERS[version].OFPMatch.parser(raw, 48).items()) == fields


def test_patterns_are_sent_in_normal_form(version: int) -> None:
    match = PARSERS[version].OFPMatch.parser(flow_mod(version, l7_sni="*.Bücher.Example."), 48)
    assert dict(match.items()) == {"l7_sni": "*.xn--bcher-kva.example"}


def test_a_match_survives_json(version: int) -> None:
    match = PARSERS[version].OFPMatch(l7_sni="*.example.com", l7_state=(0, 1))
    again = PARSERS[version].OFPMatch.from_jsondict(match.to_jsondict()["OFPMatch"])
    assert dict(again.items()) == dict(match.items())


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"l7_category": 256}, EncodeError), ({"l7_app_id": -1}, EncodeError), ({"l7_sni": "a*b"}, MatchValueError)],
)
def test_values_that_are_not_legal_are_refused(version: int, fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        flow_mod(version, **fields)


def test_registering_again_changes_nothing(version: int) -> None:
    before = [field.name for field in PROTOCOLS[version].oxm_types]
    osken_l7.register([version])
    assert [field.name for field in PROTOCOLS[version].oxm_types] == before
    assert len(set(before)) == len(before)


def test_a_packet_in_with_l7_fields_is_read(version: int) -> None:
    match = oxm.encode_match([oxm.ct_zone(7), oxm.l7_app_id(5), oxm.l7_state(1)])
    body = b"\xff\xff\xff\xff\0\5\0\0" + bytes(8) + match + bytes(2) + b"frame"
    raw = bytes([version, 10]) + (8 + len(body)).to_bytes(2, "big") + bytes(4) + body
    message = parsed(version, raw)
    assert (message.match["l7_app_id"], message.match["l7_state"], message.data) == (5, 1, b"frame")


@pytest.mark.parametrize("exp_type", [Hello.EXP_TYPE, 999])
def test_messages_of_the_experimenter_are_generic_events(version: int, exp_type: int) -> None:
    body = Hello(agent=AgentInfo(tap_port=9)).encode()
    message = parsed(version, messages.frame_body(exp_type, body, version=version, xid=7))
    event = ofp_event.ofp_msg_to_ev(message)
    assert isinstance(event, ofp_event.EventOFPExperimenter)
    assert (message.experimenter, message.exp_type, bytes(message.data)) == (EXPERIMENTER_ID, exp_type, body)


def test_messages_are_sent_with_os_kens_own_class(version: int) -> None:
    datapath = ofproto_protocol.ProtocolDesc(version)
    body = Hello().encode()
    message = PARSERS[version].OFPExperimenter(datapath, EXPERIMENTER_ID, Hello.EXP_TYPE, body)
    message.set_xid(7)
    message.serialize()
    assert bytes(message.buf) == messages.encode_message(Hello(), version=version, xid=7)


def test_errors_of_the_experimenter_are_error_events(version: int) -> None:
    error = messages.L7Error(code=messages.ErrorCode.PREDICATES_FULL, text="full")
    message = parsed(version, messages.encode_message(error, version=version, xid=7))
    assert isinstance(ofp_event.ofp_msg_to_ev(message), ofp_event.EventOFPErrorMsg)
    assert message.experimenter == EXPERIMENTER_ID
    assert messages.L7Error.decode(message.exp_type, bytes(message.data)) == error


@pytest.mark.parametrize("count", [0, 1, 3, 900])
def test_statistics_of_any_size_are_read_whole(version: int, count: int) -> None:
    reply = AppStatsReply(apps=tuple(AppStats(app_id=number) for number in range(count)))
    body = parsed(version, multipart.encode_reply(reply, version=version, xid=7, more=True)).body
    assert (body.experimenter, body.exp_type) == (EXPERIMENTER_ID, AppStatsReply.EXP_TYPE)
    assert multipart.decode_stats(body.exp_type, body.data, is_request=False) == reply
