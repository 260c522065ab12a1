"""The whole laboratory: bridges of a private Open vSwitch, hosts, controller, agent."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from controller_app.errors import NorthboundError
from controller_app.northbound.client import Client
from ofext import label
from ofext.ids import is_settled
from ofext.untracked import tables
from switch_dpi.conntrack import Connection, Key, parse_conntrack
from switch_dpi.untracked.listing import list_connections
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs, take_tracker
from tests.lab.hosts import Host
from tests.lab.processes import Programs, until

FIRST_ZONE = 100
LIST_S = 20.0
ENGINE_FORGETS_S = 6.0  # the laboratory's agent is told 5
CONTROLLER = """
openflow: {{listen: 127.0.0.1, port: 6653}}
northbound: unix:{folder}/controller.sock
policy: {folder}/policy.yaml
state_dir: {folder}/controller-state
log_level: info
discovery: {{settle_s: 0.5, hello_timeout_s: 5, probe_interval_s: 1}}
flows: {{max_flows: 200000}}
"""
AGENT = """
controller: {{address: 127.0.0.1, port: 6653, reconnect_max_s: 0.5}}
bridges: [{bridges}]
state_dir: {folder}/agent-state
plugins: {{folders: [], address: "unix:{folder}/agent.sock"}}
ovs: {{run_dir: {folder}}}
events: {{reconcile_s: {reconcile_s}}}
engine: {{idle_timeout_tcp_s: 5}}
"""
# After five seconds the engine has forgotten a quiet connection, as it has elsewhere after ten minutes.
ALLOW_ALL = "version: 1\n"


@dataclasses.dataclass(slots=True, kw_only=True)
class Lab:
    """Everything in reach of a test."""

    folder: Path
    ovs: PrivateOvs
    programs: Programs
    client: Client
    hosts: dict[str, Host]
    bridges: Mapping[str, tuple[str, ...]]
    has_tracker: bool = True
    """Whether the datapath tracks connections, or rules stand for them."""

    def close(self) -> None:
        """The connection to the controller."""
        self.client.close()

    @property
    def flood_pause_s(self) -> float:
        """Between a hundred new connections and the next, so that the switch loses few: each takes an upcall of
        ovs-vswitchd where rules stand for connections.
        """
        return 0.005 if self.has_tracker else 0.05

    def let_go(self, bridge: str, key: Key) -> None:
        """Waits until a connection that has ended is forgotten, so that its ports may be used again (docs/agent.md).

        A tracker needs no time for that. Rules go when the agent has seen the end, and then Open vSwitch looks through
        the decisions that it has cached.
        """
        if self.has_tracker:
            return

        def is_gone() -> bool:
            return not any(found.mark for found in self.tracked(bridge) if found.key == key)

        time.sleep(ENGINE_FORGETS_S)  # marks that are on their way have come by then
        until("the rules of a connection are gone", is_gone)
        self.ovs.appctl("revalidator/wait")

    def zone(self, bridge: str) -> int:
        """The edge zone."""
        return FIRST_ZONE + 2 * list(self.bridges).index(bridge)

    def tracked(self, bridge: str) -> list[Connection]:
        """What the tracker has in a bridge's edge zone, or what rules stand for."""
        if not self.has_tracker:
            return list_connections(self.folder / f"{bridge}.mgmt", self.zone(bridge), LIST_S) or []
        zone = f"zone={self.zone(bridge)}"
        return list(parse_conntrack(self.ovs.appctl("dpctl/dump-conntrack", "netdev@ovs-netdev", zone)))

    def settled(self, bridge: str) -> list[Connection]:
        """Those of them that have a verdict."""
        return [found for found in self.tracked(bridge) if is_settled(found.label & label.STATE_MASK)]

    def flush(self, bridge: str) -> None:
        """The tracker forgets a bridge's connections, or its rules are taken away."""
        if not self.has_tracker:
            learned = f"table={tables.LOOK_UP},cookie={tables.LEARNED_COOKIE:#x}/-1"
            marked = f"table={tables.LOOK_UP},reg13={self.zone(bridge)},ip"
            for rules in (learned, marked, marked.replace("ip", "ipv6")):
                self.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", bridge, rules)
            return
        self.ovs.appctl("dpctl/flush-conntrack", f"zone={self.zone(bridge)}")

    def apply(self, policy: str) -> None:
        """Put in force, as `appsteer policy apply` does."""
        self.client.apply(policy, "test.yaml")

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Until all switches have their agents and rules, and all hosts' ports take part."""

        def is_ready() -> bool:
            self.programs.check_alive()
            try:
                status = self.client.status()
            except NorthboundError:
                self.client.close()
                self.client = self.programs.client()  # the old one would try again after ever longer pauses
                raise
            stages = {switch.name: (switch.stage, switch.has_agent) for switch in status.switches}
            assert stages == dict.fromkeys(self.bridges, ("ready", True)), stages
            kinds = {port.name: port.kind for switch in status.switches for port in switch.ports}
            waiting = [host.port for host in self.hosts.values() if kinds.get(host.port) != "host"]
            assert not waiting, waiting
            return True

        until("the controller has brought all switches to their rules", is_ready, timeout_s)

    def learn_hosts(self) -> None:
        """Let every host be heard, so that its switch knows it."""
        for bridge, names in self.bridges.items():
            for name in names:
                other = next(self.hosts[other] for other in names if other != name)
                self.hosts[name].run("ping", "-q", "-c1", "-W2", other.ipv4)
                self.hosts[name].run("ping", "-q", "-c1", "-W2", other.ipv6)
            macs = {self.hosts[name].mac for name in names}
            until(f"the hosts of {bridge} are known", lambda macs=macs: macs <= self._known_hosts())

    def _known_hosts(self) -> set[str]:
        return {host.mac for host in self.client.status().hosts}


@contextlib.contextmanager
def laboratory(
    folder: Path,
    bridges: Mapping[str, Sequence[str]] = MappingProxyType({"br1": ("h1", "h2")}),
    policy: str = ALLOW_ALL,
    reconcile_s: int = 1,
    *,
    has_tracker: bool = True,
) -> Iterator[Lab]:
    """Builds it, waits until it works, takes it away. Hosts of different bridges have the same addresses, in order."""
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    with own_network(), contextlib.ExitStack() as undo:
        ovs = PrivateOvs(folder)
        undo.callback(ovs.stop)
        hosts = {}
        for bridge, names in bridges.items():
            ovs.sh("ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")
            ovs.sh("ovs-vsctl", "set-fail-mode", bridge, "secure")
            for number, name in enumerate(names, start=1):
                hosts[name] = Host(name, number, bridge)
                undo.callback(hosts[name].close)
                ovs.sh("ovs-vsctl", "add-port", bridge, hosts[name].port)
            if not has_tracker:
                take_tracker(ovs, bridge)
        plans = (
            f"{{name: {bridge}, conntrack: {str(has_tracker).lower()}, "
            f"edge_zone: {FIRST_ZONE + 2 * n}, service_zone: {FIRST_ZONE + 2 * n + 1}}}"
            for n, bridge in enumerate(bridges)
        )
        agent = AGENT.format(folder=folder, bridges=", ".join(plans), reconcile_s=reconcile_s)
        programs = Programs(folder, CONTROLLER.format(folder=folder), agent)
        undo.callback(programs.stop)
        programs.start("controller")
        programs.start("agent")
        lab = Lab(
            folder=folder,
            ovs=ovs,
            programs=programs,
            client=programs.client(),
            hosts=hosts,
            bridges={bridge: tuple(names) for bridge, names in bridges.items()},
            has_tracker=has_tracker,
        )
        undo.callback(lab.close)
        lab.wait_ready()
        lab.learn_hosts()
        yield lab
