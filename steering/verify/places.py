"""What is plugged in where: the role of every port, read from network and policy."""

from __future__ import annotations

from collections.abc import Mapping

from steering.network import NetworkView, PortRef
from steering.policy.policy import Policy
from steering.verify.observers import Passage
from steering.verify.walk import Function

FIRST_RESERVED_PORT = 0xFFFFFF00  # OpenFlow 1.3 §7.2.1 OFPP_MAX: larger numbers are LOCAL, CONTROLLER …


class Places:
    """Ports by their role."""

    def __init__(self, policy: Policy, network: NetworkView, ordinary: frozenset[int] = frozenset()) -> None:
        """`ordinary`: switches without a DPI agent, which know nothing of layer 7."""
        self._network = network
        self.ordinary = ordinary
        self._services: dict[str, tuple[Passage, Passage]] = {}
        self.functions: Mapping[PortRef, Function] = self._plugged(policy)

    def passage(self, service: str, *, reverse: bool) -> Passage | None:
        """How packets of a direction enter a service; None while its switch, or one of its ports, is not there."""
        found = self._services.get(service)
        return None if found is None else found[reverse]

    def host_ports(self, dpid: int) -> frozenset[int]:
        """Ports behind which hosts may be."""
        switch = self._network.switches[dpid]
        ports = {port for port in self.outer_ports(dpid) if port < FIRST_RESERVED_PORT and port != switch.tap_port}
        return frozenset(ports - self._network.idle_ports(dpid))

    def outer_ports(self, dpid: int) -> frozenset[int]:
        """Ports that lead neither to a switch nor to a function."""
        ports = frozenset(self._network.switches[dpid].ports)
        return ports - self._network.fabric_ports(dpid) - self.function_ports(dpid)

    def function_ports(self, dpid: int) -> frozenset[int]:
        """Ports that functions are plugged into."""
        return frozenset(port for there, port in self.functions if there == dpid)

    def _plugged(self, policy: Policy) -> dict[PortRef, Function]:
        found: dict[PortRef, Function] = {}
        for service in policy.services.values():
            switch = self._network.switch_named(service.attach.switch)
            if switch is None:
                continue
            ingress, egress = switch.port_named(service.attach.ingress), switch.port_named(service.attach.egress)
            if ingress is None or egress is None or ingress == egress:
                continue
            sides = (switch.dpid, ingress), (switch.dpid, egress)
            there, back = Passage(sides[0], service.name, False), Passage(sides[1], service.name, True)
            self._services[service.name] = there, back
            found[sides[0]], found[sides[1]] = Function(there, sides[1]), Function(back, sides[0])
        return found
