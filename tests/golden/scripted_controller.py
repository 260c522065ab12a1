"""A controller that asks an agent for all that the extension has, in two sessions; for the golden session."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from ofext import multipart, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.config import ConfigReply, ConfigRequest, ConfigSet, Depth, EventConfig
from ofext.control import FlowCommand, FlowControl
from ofext.events import EventKind, FlowEvents
from ofext.filters import FlowFilter, PortIn
from ofext.hello import Hello
from ofext.ids import State, app_id
from ofext.messages import decode_message, frame_body, is_l7_message
from ofext.openflow.header import Type, build, read_header
from ofext.oxm import Oxm
from ofext.plugin_swap import PluginSwap, SwapCommand
from ofext.statistics import (
    AppStatsRequest,
    EngineStatsRequest,
    FlowStatsRequest,
    PluginStatsRequest,
    UserStatsRequest,
)
from tests.fakes.openflow_peer import ControllerPeer, Session

FILMS: Final = app_id(20, 10001)
POLICY_TABLE: Final = 4

Browse = Callable[[str, str], None]


def everything_else(peer: ControllerPeer, browse: Browse) -> None:
    """Two sessions with what the controller application does not ask for."""
    session = peer.accept(timeout_s=30)
    _negotiate(session)
    _install(session)
    browse("www.films.example.org", "/")
    session.expect(lambda message: message[1] == Type.FLOW_REMOVED, timeout_s=30)
    browse("plain-too.test", "/page?a=1")
    session.expect(lambda message: is_l7_message(message) and b"plain-too.test" in message)
    _ask(session)
    session.expect(_tells_of_an_end, timeout_s=60)
    _control(session)
    _be_refused(session)
    session.request(Type.BARRIER_REQUEST)
    session.close()
    session = peer.accept(frozenset({4}), timeout_s=30)  # the same in OpenFlow 1.3
    _negotiate(session)
    _install(session)
    session.request(Type.MULTIPART_REQUEST, _flow_statistics())
    session.close()


def _negotiate(session: Session) -> None:
    session.send_l7(CatalogueRequest())  # before the hello: refused
    session.send_l7(Hello())
    session.expect_l7(Hello)
    session.send_l7(CatalogueRequest())
    while session.expect_l7(Catalogue).message.more:
        pass
    session.send_l7(ConfigRequest())
    session.expect_l7(ConfigReply)
    config = EventConfig(
        kinds=frozenset(EventKind),
        attributes=frozenset({1, 11}),
        app_attributes=((FILMS, frozenset({1})),),
        max_batch=16,
        max_delay_ms=10,
        max_rate=5000,
        depth=Depth(max_packets=40),
        slave_kinds=frozenset({EventKind.ENDED}),
    )
    session.send_l7(ConfigSet(config=config))
    session.expect_l7(ConfigReply)


def _tells_of_an_end(message: bytes) -> bool:
    if not is_l7_message(message) or message[1] != Type.EXPERIMENTER:
        return False
    batch = decode_message(message).message
    return isinstance(batch, FlowEvents) and any(event.kind == EventKind.ENDED for event in batch.events)


def _install(session: Session) -> None:
    """Rules on L7 fields, read back; the first one tells the controller of packets, and when it ends."""
    session.install(_flow_mod(oxm.l7_app_id(FILMS), oxm.l7_state(1, 1), seconds=5, output=True))
    session.install(
        _flow_mod(oxm.l7_app_id(20 << 24, 0xFF000000), oxm.l7_category(2), oxm.l7_sni("*.films.example.org"))
    )
    session.install(_flow_mod(oxm.l7_engine(20), oxm.l7_risk(4, 4), oxm.l7_user_agent("curl*")))
    session.install(_flow_mod(oxm.l7_encrypted(1), oxm.l7_attr(AttributeTest(1, Operation.PREFIX, (b"www.",)))))
    session.request(Type.BARRIER_REQUEST)
    session.request(Type.MULTIPART_REQUEST, _flow_statistics())


def _ask(session: Session) -> None:
    """All statistics but the catalogue, which was there already."""
    https = FlowFilter(match=(oxm.l7_app_id(FILMS),), ports=(PortIn(first=443, last=443),), protocol=6)
    for request in (
        FlowStatsRequest(limit=10, filter=https),
        AppStatsRequest(),
        UserStatsRequest(),
        EngineStatsRequest(),
        PluginStatsRequest(),
    ):
        _answered(session, multipart.encode_request(request, version=session.version, xid=_next_xid()))


def _control(session: Session) -> None:
    films = FlowFilter(match=(oxm.l7_app_id(FILMS),))
    pin = FlowControl(command=FlowCommand.PIN, pin_s=60, app_id=FILMS, category=2, state=State.FINAL, filter=films)
    for message in (
        FlowControl(command=FlowCommand.REINSPECT, filter=FlowFilter(ports=(PortIn(first=80, last=80),))),
        pin,
        FlowControl(command=FlowCommand.UNPIN, filter=films),
        PluginSwap(command=SwapCommand.UNLOAD, name="branch-apps"),
        PluginSwap(command=SwapCommand.LOAD, name="branch-apps"),
        PluginSwap(command=SwapCommand.RELOAD),
    ):
        _answered(session, frame_body(message.EXP_TYPE, message.encode(), version=session.version, xid=_next_xid()))


def _be_refused(session: Session) -> None:
    """Messages that are answered by errors of the extension."""
    bad_config = ConfigSet(config=EventConfig(max_batch=0))
    missing = PluginSwap(command=SwapCommand.LOAD, name="not-there")
    for raw in (
        frame_body(99, b"?", version=session.version, xid=_next_xid()),
        frame_body(Hello.EXP_TYPE, b"\0\0", version=session.version, xid=_next_xid()),
        frame_body(bad_config.EXP_TYPE, bad_config.encode(), version=session.version, xid=_next_xid()),
        frame_body(missing.EXP_TYPE, missing.encode(), version=session.version, xid=_next_xid()),
        build(session.version, Type.FLOW_MOD, _next_xid(), _flow_mod(oxm.l7_app_id(FILMS), oxm.ct_mark(2))),
        build(session.version, Type.FLOW_MOD, _next_xid(), _flow_mod(oxm.l7_field(oxm.L7Field.SNI, b"no name"))),
    ):
        _answered(session, raw)


def _answered(session: Session, raw: bytes) -> None:
    session.send(raw)
    xid = read_header(raw).xid
    while True:
        answer = session.expect(lambda message: read_header(message).xid == xid)
        if answer[1] != Type.MULTIPART_REPLY or not answer[11] & 1:  # OFPMPF_REPLY_MORE
            return


_xids = iter(range(10_000, 20_000))


def _next_xid() -> int:
    return next(_xids)


_FLOW_MOD: Final = struct.Struct("!16xBBHHHIIIHH")
"""After the cookies: table, command, idle and hard timeout in s, priority, buffer, port, group, flags, importance."""
_ANY: Final = 0xFFFFFFFF
_SEND_FLOW_REM: Final = 1
_TO_CONTROLLER: Final = struct.pack("!HH4xHHIH6x", 4, 24, 0, 16, 0xFFFFFFFD, 128)  # apply-actions: output
_TO_NEXT_TABLE: Final = struct.pack("!HHB3x", 1, 8, 7)  # goto-table: forward


def _flow_mod(*fields: Oxm, priority: int = 65_000, seconds: int = 0, output: bool = False) -> bytes:
    """A FLOW_MOD that adds a rule for TCP in the policy table, above those of the application."""
    numbers = (POLICY_TABLE, 0, 0, seconds, priority, _ANY, _ANY, _ANY, _SEND_FLOW_REM if seconds else 0, 0)
    ipv4 = Oxm(oxm.CLASS_OPENFLOW_BASIC, 5, False, b"\x08\x00")
    tcp = Oxm(oxm.CLASS_OPENFLOW_BASIC, 10, False, b"\x06")
    match = oxm.encode_match([ipv4, tcp, *fields])
    return _FLOW_MOD.pack(*numbers) + match + (_TO_CONTROLLER if output else b"") + _TO_NEXT_TABLE


def _flow_statistics() -> bytes:
    """The body of a request for the rules of the policy table."""
    return struct.pack("!HH4xB3xII4xQQ", 1, 0, POLICY_TABLE, _ANY, _ANY, 0, 0) + oxm.encode_match([])
