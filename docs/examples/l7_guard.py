"""Tells which application each flow belongs to, and drops the applications named in L7_DENY (`L7_DENY=ssh,http`).

Runs on os-ken 4 and Ryu 4.34, with OpenFlow 1.3 (`OPENFLOW=5` or `6` for 1.4 or 1.5). The switch forwards as an
ordinary one would; what is new is that rules name applications, and that the switch tells what it sees.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from either import FRAMEWORK, application, ask_for_rules, part

from controller_app.osken_l7 import register
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.events import FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.ids import EXPERIMENTER_ID
from ofext.messages import L7Error, Message, decode_body

part("base.app_manager")
ofp_event = part("controller.ofp_event")
handler = part("controller.handler")
MAIN: Final = handler.MAIN_DISPATCHER

IPV4, IPV6 = 0x0800, 0x86DD
NEW: Final = (0x21, 0x21)  # ct_state: new and tracked (ovs-fields(7))
UNSETTLED: Final = (0, 1)  # l7_state: bit 0 says that the inspection is over
TRACK, POLICY = 0, 1  # tables

register(framework=FRAMEWORK)


class L7Guard(application()):
    """One table tracks connections, the next one acts on their applications."""

    OFP_VERSIONS: ClassVar = [int(os.environ.get("OPENFLOW", "4"))]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._agents: dict[int, AgentInfo] = {}
        self._names: dict[int, str] = {}
        self._denied = {name for name in os.environ.get("L7_DENY", "").split(",") if name}

    @handler.set_ev_cls(ofp_event.EventOFPStateChange, MAIN)
    def on_switch(self, event: Any) -> None:
        """A switch is ready: ask whether it understands applications. One that does not answers with an error."""
        self._say(event.datapath, Hello())

    @handler.set_ev_cls(ofp_event.EventOFPExperimenter, MAIN)
    def on_message(self, event: Any) -> None:
        """What the switch says of layer 7."""
        message = event.msg
        if message.experimenter != EXPERIMENTER_ID:
            return
        said = decode_body(message.exp_type, bytes(message.data))
        if isinstance(said, Hello) and said.agent is not None:
            self._agents[message.datapath.id] = said.agent
            self._say(message.datapath, CatalogueRequest())
        elif isinstance(said, Catalogue):
            self._names.update({app.app_id: app.key for app in said.apps})
            if not said.more:
                self._install(message.datapath)
        elif isinstance(said, FlowEvents):
            self._tell(said)

    @handler.set_ev_cls(ofp_event.EventOFPErrorMsg, MAIN)
    def on_error(self, event: Any) -> None:
        """A rule or a message that the switch refused."""
        message = event.msg
        if getattr(message, "experimenter", None) == EXPERIMENTER_ID:
            error = L7Error.decode(message.exp_type, bytes(message.data))
            self._print(error=error.text, code=error.code, offset=error.offset)
        else:
            self._print(error=f"type {message.type}, code {message.code}")

    @handler.set_ev_cls([ofp_event.EventOFPFlowStatsReply, ofp_event.EventOFPFlowDescStatsReply], MAIN)
    def on_rules(self, event: Any) -> None:
        """The rules as the switch has them: with layer-7 fields, as they were sent."""
        for rule in event.msg.body:
            self._print(rule=dict(rule.match.items()), table=rule.table_id, priority=rule.priority)

    def _install(self, datapath: Any) -> None:
        """Track IP connections; copy what is not classified yet to the inspection port; drop what is denied."""
        agent, parser, protocol = self._agents[datapath.id], datapath.ofproto_parser, datapath.ofproto
        normal = parser.OFPActionOutput(protocol.OFPP_NORMAL)
        copy = parser.OFPActionOutput(agent.tap_port)
        commit = parser.NXActionCT(1, "", agent.edge_zone, 0xFF, 0, [])  # 1: NX_CT_F_COMMIT; 0xFF: go on in this table
        rules: list[tuple[int, int, dict[str, Any], list[Any]]] = [
            (TRACK, 0, {}, [normal]),
            (POLICY, 0, {}, [normal]),
        ]
        for kind in (IPV4, IPV6):
            track = parser.NXActionCT(0, "", agent.edge_zone, POLICY, 0, [])
            rules += [
                (TRACK, 10, {"eth_type": kind}, [track]),
                (POLICY, 20, {"eth_type": kind, "ct_state": NEW}, [copy, commit, normal]),
                (POLICY, 10, {"eth_type": kind, "l7_state": UNSETTLED}, [copy, normal]),
            ]
            denied = [app for app, name in self._names.items() if name in self._denied]
            rules += [(POLICY, 30, {"eth_type": kind, "l7_app_id": app}, []) for app in denied]
        for table, priority, match, actions in rules:
            self._add(datapath, table, priority, match, actions)
        ask_for_rules(datapath)

    def _add(self, datapath: Any, table: int, priority: int, match: dict[str, Any], actions: Iterable[Any]) -> None:
        parser, protocol = datapath.ofproto_parser, datapath.ofproto
        apply = parser.OFPInstructionActions(protocol.OFPIT_APPLY_ACTIONS, list(actions))
        datapath.send_msg(
            parser.OFPFlowMod(
                datapath, table_id=table, priority=priority, match=parser.OFPMatch(**match), instructions=[apply]
            )
        )

    def _say(self, datapath: Any, message: Message) -> None:
        parser = datapath.ofproto_parser
        datapath.send_msg(parser.OFPExperimenter(datapath, EXPERIMENTER_ID, message.EXP_TYPE, message.encode()))

    def _tell(self, batch: FlowEvents) -> None:
        for event in batch.events:
            application_name = self._names.get(event.app_id, f"{event.app_id:#010x}")
            ends = [f"{event.src} {event.sport}", f"{event.dst} {event.dport}"]
            self._print(flow=ends, application=application_name, state=event.state, evidence=event.evidence)

    def _print(self, **what: Any) -> None:
        print(json.dumps(what, default=str), flush=True)
