"""What every table's compiler works from: one switch in its network, with the roles of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steering.chains import chain_numbers
from steering.compile.arrange import Arrangement, arrange
from steering.compile.routes import Routes
from steering.errors import CompileError
from steering.network import CatalogueView, HostView, NetworkView, SwitchView
from steering.policy.model import Attach, Chain, Service
from steering.policy.policy import Policy
from steering.rules import Action, Match, Rule, cookie_of

FIRST_RESERVED_PORT = 0xFFFFFF00  # OpenFlow 1.3 §7.2.1 OFPP_MAX: larger numbers are LOCAL, CONTROLLER …

PIPELINE_OWNER = "pipeline"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A service whose switch and ports are present in the network view."""

    service: Service
    dpid: int
    ingress: int
    egress: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all switches share in one compilation.

    `shared_rules` keeps, by position, what a policy is on every switch. Without `with_layer_7` no flow ever has a
    verdict, and what needs one is left out.
    """

    policy: Policy
    catalogue: CatalogueView
    network: NetworkView
    routes: Routes
    chain_numbers: Mapping[str, int]
    attachments: Mapping[str, Attachment]
    arrangement: Arrangement
    with_layer_7: bool = True
    shared_rules: dict[int, tuple[Rule, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, catalogue: CatalogueView, network: NetworkView, *, with_layer_7: bool = True) -> World:
        """Number the chains, find the services' ports and the ways between switches. Raises `CompileError`."""
        found = (attachment_of(service, network) for service in policy.services.values())
        attachments = {attachment.service.name: attachment for attachment in found if attachment}
        for chain in policy.chains.values():
            _check_ports(chain, attachments)
        return cls(
            policy=policy,
            catalogue=catalogue,
            network=network,
            routes=Routes(network),
            chain_numbers=chain_numbers(policy.chains),
            attachments=attachments,
            arrangement=arrange(policy.rules),
            with_layer_7=with_layer_7,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One switch. `functions` maps a function's port to its attachment; hosts are those behind `host_ports`."""

    world: World
    switch: SwitchView
    functions: Mapping[int, Attachment]
    fabric_ports: tuple[int, ...]
    host_ports: tuple[int, ...]
    local_hosts: tuple[HostView, ...]

    @classmethod
    def of(cls, world: World, switch: SwitchView) -> Scope:
        """Give every port of the switch its role: tap, function, between switches, held, or host."""
        here = [attachment for attachment in world.attachments.values() if attachment.dpid == switch.dpid]
        functions = {port: item for item in here for port in (item.ingress, item.egress) if port != switch.tap_port}
        ports = {port for port in switch.ports if port < FIRST_RESERVED_PORT} - {switch.tap_port, *functions}
        fabric = ports & world.network.fabric_ports(switch.dpid)
        host_ports = ports - fabric - world.network.idle_ports(switch.dpid)
        hosts = (host for host in world.network.hosts.values() if host.dpid == switch.dpid and host.port in host_ports)
        return cls(
            world=world,
            switch=switch,
            functions=functions,
            fabric_ports=tuple(sorted(fabric)),
            host_ports=tuple(sorted(host_ports)),
            local_hosts=tuple(sorted(hosts, key=lambda host: host.mac)),
        )


def rule(table: int, priority: int, match: Match, *actions: Action, owner: str = PIPELINE_OWNER) -> Rule:
    """A rule with the cookie of its table and owner."""
    cookie = cookie_of(table, owner)
    return Rule(table=table, priority=priority, match=match, actions=actions, cookie=cookie, owner=owner)


def attachment_of(service: Service, network: NetworkView) -> Attachment | None:
    """The service's ports, or None while its switch or one of its ports is not there."""
    attach: Attach = service.attach
    switch = network.switch_named(attach.switch)
    if switch is None:
        return None
    ingress, egress = switch.port_named(attach.ingress), switch.port_named(attach.egress)
    if ingress is None or egress is None or ingress == egress:
        return None
    return Attachment(service, switch.dpid, ingress, egress)


def _check_ports(chain: Chain, attachments: Mapping[str, Attachment]) -> None:
    """A packet that comes back at a port must have come from one function of its chain."""
    names: dict[tuple[int, int], str] = {}
    for name in chain.services:
        found = attachments.get(name)
        if found is None:
            continue
        for port in (found.ingress, found.egress):
            other = names.setdefault((found.dpid, port), name)
            if other != name:
                raise CompileError(
                    f"chain {chain.name!r}: services {other!r} and {name!r} are both attached to port {port} of "
                    f"switch {found.service.attach.switch}"
                )
