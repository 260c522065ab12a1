"""The os-ken application: events in, calls on `Core` out. OpenFlow 1.4, for its bundles.

Stays beside other applications: it looks only at packets that its own rules sent up and at its
own LLDP frames, hears only answers to its own requests, and changes only rules with its own cookies. `appsteer
controller` sets its option `appsteer_config`.
"""

import logging
import threading
from pathlib import Path
from typing import Any, Final

from os_ken import cfg
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import DEAD_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.ofproto import ofproto_v1_4 as ofp
from os_ken.ofproto import ofproto_v1_4_parser as parser

from controller_app import osken_l7
from controller_app.config import load_config
from controller_app.discovery import MAX_PORT, End, PortInfo
from controller_app.northbound.server import Northbound
from controller_app.planner import Planner, every, start_planner
from controller_app.session import Session
from ofext.errors import DecodeError
from ofext.ids import EXPERIMENTER_ID
from ofext.messages import L7Error, decode_body

LOG = logging.getLogger(__name__)

TICK_S: Final = 0.1  # resolution of discovery and time-outs
OPTION: Final = "appsteer_config"
DOWN_CONFIG: Final = ofp.OFPPC_PORT_DOWN
DOWN_STATE: Final = ofp.OFPPS_LINK_DOWN

cfg.CONF.register_cli_opts([cfg.StrOpt(OPTION, default=None, help="configuration file of AppSteer")])


class AppSteer(app_manager.OSKenApp):  # type: ignore[misc]  # os-ken has no types
    """Steers flows by application."""

    OFP_VERSIONS: Final = [ofp.OFP_VERSION]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        osken_l7.register()
        self.config = load_config(Path(cfg.CONF[OPTION] or "/etc/appsteer/controller.yaml"))
        self.planner: Planner = start_planner(self.config)
        self.northbound = Northbound(self.planner)
        self._sessions: dict[Any, Session] = {}
        self._closing = threading.Event()
        self._workers = [
            threading.Thread(target=self.planner.run, name="planner", daemon=True),
            threading.Thread(target=every, args=(TICK_S, self._tick, self._closing), name="timers", daemon=True),
        ]

    @property
    def is_working(self) -> bool:
        """False after a failure that nobody foresaw has ended one of the threads."""
        return all(worker.is_alive() for worker in self._workers)

    def start(self) -> None:
        """Called by os-ken once all applications are there."""
        super().start()
        self.northbound.start()
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """Called by os-ken at the end. Rules stay on the switches, which go on forwarding."""
        self._closing.set()
        self.northbound.close()
        self.planner.close()

    @set_ev_cls(ofp_event.EventOFPStateChange, [MAIN_DISPATCHER, DEAD_DISPATCHER])
    def _state_changed(self, event: Any) -> None:
        datapath = event.datapath
        if event.state == MAIN_DISPATCHER:
            session = Session(datapath, timeout_s=self.config.openflow.request_timeout_s)
            self._sessions[datapath] = session
            ports = list(datapath.ports.values())
            local = next((_port(port).name for port in ports if port.port_no == ofp.OFPP_LOCAL), "")
            name = local or f"{datapath.id:016x}"
            self.planner.core.joined(session, name, [_port(port) for port in ports if port.port_no <= MAX_PORT])
        elif (gone := self._sessions.pop(datapath, None)) is not None:
            self.planner.core.left(gone)

    @set_ev_cls(ofp_event.EventOFPPortStatus, MAIN_DISPATCHER)
    def _port_status(self, event: Any) -> None:
        message = event.msg
        if message.desc.port_no > MAX_PORT:
            return
        if message.reason == ofp.OFPPR_DELETE:
            self.planner.core.port_removed(message.datapath.id, message.desc.port_no)
        else:
            self.planner.core.port_changed(message.datapath.id, _port(message.desc))

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def _packet_in(self, event: Any) -> None:
        message = event.msg
        port = message.match.get("in_port")
        if port is not None:
            at = End(message.datapath.id, port)
            self.planner.core.packet_in(at, message.table_id, message.cookie, bytes(message.data))

    @set_ev_cls(ofp_event.EventOFPExperimenter, MAIN_DISPATCHER)
    def _experimenter(self, event: Any) -> None:
        message = event.msg
        if message.experimenter == EXPERIMENTER_ID:
            self._from_agent(message.datapath.id, lambda: decode_body(message.exp_type, bytes(message.data)))

    @set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN_DISPATCHER)
    def _error(self, event: Any) -> None:
        message = event.msg
        session = self._sessions.get(message.datapath)
        dpid = message.datapath.id
        if session is not None and session.deliver(message):
            return
        ours = message.type == ofp.OFPET_EXPERIMENTER and message.experimenter == EXPERIMENTER_ID
        if ours:
            self._from_agent(dpid, lambda: L7Error.decode(message.exp_type, bytes(message.data)))
        elif not self.planner.core.hello_refused(dpid, message.xid):
            LOG.debug("switch %016x: error type %d for transaction %d", dpid, message.type, message.xid)

    @set_ev_cls(
        [
            ofp_event.EventOFPFlowStatsReply,
            ofp_event.EventOFPGroupDescStatsReply,
            ofp_event.EventOFPExperimenterStatsReply,
            ofp_event.EventOFPBundleCtrlMsg,
            ofp_event.EventOFPBarrierReply,
        ],
        MAIN_DISPATCHER,
    )
    def _reply(self, event: Any) -> None:
        session = self._sessions.get(event.msg.datapath)
        if session is not None:
            session.deliver(event.msg)

    def _from_agent(self, dpid: int, decode: Any) -> None:
        try:
            self.planner.core.l7_message(dpid, decode())
        except DecodeError as error:
            LOG.warning("switch %016x: unreadable L7 message: %s", dpid, error)

    def _tick(self) -> None:
        for probe in self.planner.core.tick():
            switch = self.planner.core.switches.get(probe.end.dpid)
            session = switch.session if switch else None
            if session is not None:
                session.send(_packet_out(session.datapath, probe.end.port, probe.frame))


def _port(described: Any) -> PortInfo:
    up = not (described.config & DOWN_CONFIG or described.state & DOWN_STATE)
    mac = bytes.fromhex(described.hw_addr.replace(":", ""))
    return PortInfo(number=described.port_no, name=described.name.decode(errors="replace"), mac=mac, up=up)


def _packet_out(datapath: Any, port: int, frame: bytes) -> Any:
    actions = [parser.OFPActionOutput(port, 0)]
    return parser.OFPPacketOut(
        datapath, buffer_id=ofp.OFP_NO_BUFFER, in_port=ofp.OFPP_CONTROLLER, actions=actions, data=frame
    )
