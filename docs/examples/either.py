"""What os-ken and Ryu name differently, so that one application runs on either."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

FRAMEWORK = "os_ken" if importlib.util.find_spec("os_ken") else "ryu"


def part(name: str) -> ModuleType:
    """A module of the framework that is installed, such as ``controller.ofp_event``."""
    return importlib.import_module(f"{FRAMEWORK}.{name}")


def application() -> type:
    """The base class of applications."""
    manager = part("base.app_manager")
    found: type = manager.OSKenApp if FRAMEWORK == "os_ken" else manager.RyuApp
    return found


def ask_for_rules(datapath: Any) -> None:
    """Asks for all rules; in OpenFlow 1.5 for descriptions, as Open vSwitch does not know its new flow statistics."""
    parser, protocol = datapath.ofproto_parser, datapath.ofproto
    has_descriptions = hasattr(parser, "OFPFlowDescStatsRequest")
    request = parser.OFPFlowDescStatsRequest if has_descriptions else parser.OFPFlowStatsRequest
    everywhere = (protocol.OFPTT_ALL, protocol.OFPP_ANY, protocol.OFPG_ANY)
    datapath.send_msg(request(datapath, 0, *everywhere, 0, 0, parser.OFPMatch()))
