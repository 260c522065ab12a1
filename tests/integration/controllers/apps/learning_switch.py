"""A learning switch for OpenFlow 1.3 to 1.5 on os-ken or Ryu; it has never heard of layer 7.

The version is in the environment variable OPENFLOW, as its byte. A rule for each pair of addresses, and one that
sends the rest to the controller. It also asks for the rules that it finds.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from either import application, ask_for_rules, part  # docs/examples, where the program that runs this is

app_manager = part("base.app_manager")
ofp_event = part("controller.ofp_event")
handler = part("controller.handler")
packet = part("lib.packet.packet")
ethernet = part("lib.packet.ethernet")

LLDP = 0x88CC


class LearningSwitch(application()):
    """Where each address was seen, and rules that follow from it."""

    OFP_VERSIONS: ClassVar = [int(os.environ["OPENFLOW"])]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places: dict[str, int] = {}

    @handler.set_ev_cls(ofp_event.EventOFPSwitchFeatures, handler.CONFIG_DISPATCHER)
    def on_switch(self, event: Any) -> None:
        """The rule for everything that no other rule is for."""
        datapath = event.msg.datapath
        self._places.clear()
        protocol = datapath.ofproto
        everything = datapath.ofproto_parser.OFPMatch()
        self._install(datapath, 0, everything, protocol.OFPP_CONTROLLER)
        ask_for_rules(datapath)

    @handler.set_ev_cls(ofp_event.EventOFPPacketIn, handler.MAIN_DISPATCHER)
    def on_packet(self, event: Any) -> None:
        """Learn where the sender is, and send the packet on."""
        message = event.msg
        datapath, parser, protocol = message.datapath, message.datapath.ofproto_parser, message.datapath.ofproto
        frame = packet.Packet(message.data).get_protocol(ethernet.ethernet)
        if frame.ethertype == LLDP:
            return
        in_port = message.match["in_port"]
        self._places[frame.src] = in_port
        out = self._places.get(frame.dst, protocol.OFPP_FLOOD)
        if out != protocol.OFPP_FLOOD:
            match = parser.OFPMatch(in_port=in_port, eth_src=frame.src, eth_dst=frame.dst)
            self._install(datapath, 1, match, out)
        where = {"match": parser.OFPMatch(in_port=in_port)} if protocol.OFP_VERSION >= 6 else {"in_port": in_port}
        actions = [parser.OFPActionOutput(out)]
        datapath.send_msg(
            parser.OFPPacketOut(datapath, protocol.OFP_NO_BUFFER, actions=actions, data=message.data, **where)
        )

    def _install(self, datapath: Any, priority: int, match: Any, port: int) -> None:
        parser, protocol = datapath.ofproto_parser, datapath.ofproto
        output = [parser.OFPActionOutput(port, protocol.OFPCML_NO_BUFFER)]
        instructions = [parser.OFPInstructionActions(protocol.OFPIT_APPLY_ACTIONS, output)]
        datapath.send_msg(parser.OFPFlowMod(datapath, priority=priority, match=match, instructions=instructions))
