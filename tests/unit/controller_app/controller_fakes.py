"""A switch without a network: holds rules and groups, and answers an OpenFlow session as Open vSwitch does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from os_ken.ofproto import ofproto_v1_4 as ofp
from os_ken.ofproto import ofproto_v1_4_parser as parser
from typer.testing import CliRunner, Result

from controller_app import osken_l7
from controller_app.cli.main import app
from controller_app.discovery import PortInfo
from controller_app.planner import Planner
from controller_app.session import Session
from ofext.catalogue import AppEntry, AttributeEntry, AttributeType, Catalogue, CategoryEntry
from ofext.hello import AgentInfo, Feature, Hello
from ofext.ids import EXPERIMENTER_ID
from ofext.messages import ErrorCode, L7Error, decode_body

osken_l7.register()

VIDEO = 0x14002711
CATALOGUE = Catalogue(
    version="1",
    apps=(AppEntry(app_id=VIDEO, key="tube", name="Tube", category=3, risk=20, tags=("streaming",)),),
    categories=(CategoryEntry(category=3, key="video", name="Video"),),
    attributes=(AttributeEntry(attribute=1, name="tls.sni", kind=AttributeType.STRING),),
)
AGENT = AgentInfo(
    agent_version="1", tap_port=9, edge_zone=100, service_zone=101, features=Feature.TAGS | Feature.STATISTICS
)


DENY = "version: 1\npolicies:\n- {name: no-tube, match: {application: tube}, action: deny}\n"


def appsteer(address: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env={"APPSTEER_CONTROLLER": address, "COLUMNS": "200"})


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeSwitch:
    """What os-ken calls a datapath, with the switch behind it. `refuses` says which messages of a bundle fail."""

    ofproto = ofp
    ofproto_parser = parser

    def __init__(self, dpid: int, ports: int = 2, *, agent: AgentInfo | None = None) -> None:
        self.id = dpid
        self.name = f"s{dpid}"
        self.agent = agent
        self.ports = [self.port(number) for number in range(1, ports + 1)]
        if agent is not None and agent.tap_port is not None:
            self.ports.append(self.port(agent.tap_port))
        self.flows: dict[tuple[Any, ...], Any] = {}
        self.groups: dict[int, Any] = {}
        self.refuses: Callable[[Any], bool] = lambda _: False
        self.is_silent = False
        self.statistics: dict[int, list[Any]] = {}  # parts of the agent's answers, by type
        self.commits = 0
        self.changed: list[Any] = []
        self._bundle: list[Any] = []
        self._xid = 0
        self.session: Session | None = None

    def port(self, number: int) -> PortInfo:
        return PortInfo(number=number, name=f"{self.name}-{number}", mac=bytes([2, 0, 0, 0, self.id, number]), up=True)

    def connect(self, planner: Planner, timeout_s: float = 5.0) -> Session:
        """Joins a controller; the agent, if there is one, says hello and sends its catalogue."""
        self.session = Session(self, timeout_s=timeout_s)
        self.planner = planner
        planner.core.joined(self.session, self.name, self.ports)
        return self.session

    def add(self, **fields: Any) -> None:
        """A rule that somebody else, or an earlier version, left."""
        self._apply(parser.OFPFlowMod(self, **fields))

    def set_xid(self, message: Any) -> int:
        self._xid += 1
        message.set_xid(self._xid)
        return self._xid

    def send_msg(self, message: Any) -> bool:
        if message.xid is None:
            self.set_xid(message)
        if not self.is_silent:
            getattr(self, f"_on_{type(message).__name__}")(message)
        return True

    def _on_OFPExperimenter(self, message: Any) -> None:
        assert message.experimenter == EXPERIMENTER_ID
        said = decode_body(message.exp_type, message.data)
        core = self.planner.core
        if self.agent is None:
            # The error arrives after joined() has returned.
            core.switches[self.id].hello_xid = message.xid
            core.hello_refused(self.id, message.xid)
        elif isinstance(said, Hello):
            core.l7_message(self.id, Hello(agent=self.agent))
            core.l7_message(self.id, CATALOGUE)

    def _on_OFPFlowStatsRequest(self, message: Any) -> None:
        found = [f for f in self.flows.values() if f.cookie & message.cookie_mask == message.cookie]
        half = len(found) // 2
        self._reply(message, ofp.OFPT_MULTIPART_REPLY, body=found[:half], flags=ofp.OFPMPF_REPLY_MORE)
        self._reply(message, ofp.OFPT_MULTIPART_REPLY, body=found[half:], flags=0)

    def _on_OFPExperimenterStatsRequest(self, message: Any) -> None:
        """In two parts, or an error where the agent has no such statistics."""
        assert message.experimenter == EXPERIMENTER_ID
        parts = self.statistics.get(message.exp_type)
        if parts is None:
            error = L7Error(code=ErrorCode.UNAVAILABLE, text="the engine does not run")
            fields = {"type": ofp.OFPET_EXPERIMENTER, "exp_type": error.code, "experimenter": EXPERIMENTER_ID}
            self._reply(message, ofp.OFPT_ERROR, data=error.encode(), **fields)
            return
        for part in parts:
            body = parser.OFPExperimenterMultipart(EXPERIMENTER_ID, part.EXP_TYPE, part.encode())
            flags = 0 if part is parts[-1] else ofp.OFPMPF_REPLY_MORE
            self._reply(message, ofp.OFPT_MULTIPART_REPLY, body=body, flags=flags)

    def _on_OFPGroupDescStatsRequest(self, message: Any) -> None:
        self._reply(message, ofp.OFPT_MULTIPART_REPLY, body=list(self.groups.values()), flags=0)

    def _on_OFPBundleCtrlMsg(self, message: Any) -> None:
        if message.type == ofp.OFPBCT_COMMIT_REQUEST and not self._commit(message):
            return
        if message.type in (ofp.OFPBCT_OPEN_REQUEST, ofp.OFPBCT_DISCARD_REQUEST):
            self._bundle = []
        self._reply(message, ofp.OFPT_BUNDLE_CONTROL, type=message.type + 1)

    def _on_OFPBundleAddMsg(self, message: Any) -> None:
        self._bundle.append((message.xid, message.message))

    def _on_OFPPacketOut(self, message: Any) -> None:
        pass

    def _commit(self, request: Any) -> bool:
        for xid, message in self._bundle:
            if self.refuses(message):
                refused = SimpleNamespace(xid=xid)
                self._reply(refused, ofp.OFPT_ERROR, type=ofp.OFPET_FLOW_MOD_FAILED, code=1, data=b"")
                self._reply(request, ofp.OFPT_ERROR, type=ofp.OFPET_BUNDLE_FAILED, code=13, data=b"")
                return False
        for _, message in self._bundle:
            self._apply(message)
            self.changed.append(message)
        self.commits += 1
        return True

    def _apply(self, message: Any) -> None:
        if isinstance(message, parser.OFPGroupMod):
            if message.command == ofp.OFPGC_DELETE:
                self.groups.pop(message.group_id, None)
            else:
                assert (message.group_id in self.groups) is (message.command == ofp.OFPGC_MODIFY)
                self.groups[message.group_id] = message
            return
        key = (message.table_id, message.priority, str(sorted(message.match.items())))
        if message.command == ofp.OFPFC_DELETE_STRICT:
            assert self.flows.pop(key).cookie == message.cookie
        else:
            message.packet_count = 0
            self.flows[key] = message

    def _reply(self, request: Any, msg_type: int, **fields: Any) -> None:
        assert self.session is not None
        self.session.deliver(SimpleNamespace(xid=request.xid, msg_type=msg_type, **fields))
