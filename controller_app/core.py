"""What the controller knows, and what each event does to it. No framework, no threads of its own, no sockets.

Owns switches, discovery, hosts, flows and the catalogue behind one lock; `app` and the timers call in, `planner` reads
snapshots. Every method is quick: nothing here waits for a switch.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from controller_app.config import Config
from controller_app.datapath_state import Stage, Step, SwitchState
from controller_app.decisions import Names
from controller_app.discovery import Discovery, End, PortInfo, PortKind, Probe
from controller_app.flows import FlowStore
from controller_app.hosts import HostTable, SeenHost
from controller_app.network import SavedNetwork, network_view, restore_network, save_network
from controller_app.session import Session
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigSet, EventConfig
from ofext.errors import DecodeError
from ofext.events import FlowEvents
from ofext.hello import Feature, Hello
from ofext.messages import L7Error, Unknown
from ofext.messages import Message as L7Message
from steering.network import AttributeView, CatalogueView, NetworkView
from steering.rules import RuleSet, is_our_cookie
from steering.tables import LEARN

LOG = logging.getLogger(__name__)

ETH_LLDP: Final = b"\x88\xcc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The network at one moment, for work outside the lock.

    What is compiled from it may only be installed on switches that were `complete` then: all was known about them.
    """

    network: NetworkView
    catalogue: CatalogueView
    switches: tuple[SwitchState, ...]
    complete: frozenset[int]
    with_agent: frozenset[int]


class Core:
    """The state of the controller. `on_change` is called, under the lock, when rules may have to change."""

    def __init__(
        self, config: Config, *, on_change: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.clock = clock
        self.switches: dict[int, SwitchState] = {}
        self.discovery = Discovery(config.discovery)
        self.hosts = HostTable(config.hosts)
        self.flows = FlowStore(config.flows)
        self.names = Names()
        self._restored = CatalogueView(applications={}, categories={})
        self._catalogues: dict[int, Catalogue] = {}
        self._away_since_s: dict[int, float] = {}
        self._reserved: frozenset[End] = frozenset()
        self._on_change = on_change
        # A controller that remembers no network first waits for the switches that may come back to it.
        self._knows_network = False
        self._knows_from_s = clock() + config.discovery.settle_s + config.discovery.hello_timeout_s

    # Switches come and go.

    def joined(self, session: Session, name: str, ports: Iterable[PortInfo]) -> None:
        """A switch connected. A hello of ours asks whether an agent is beside it."""
        dpid = session.datapath.id
        with self.lock:
            switch = self.switches.setdefault(dpid, SwitchState(dpid=dpid, name=name))
            old = switch.session
            switch.joined(session, name, self.clock())
            if old is not None:
                old.close()
            self._away_since_s.pop(dpid, None)
            self.discovery.joined(dpid, ports, self._forced_kinds(switch, ports), self.clock())
            self._on_change()
        xid = session.send_l7(Hello())
        with self.lock:
            switch.hello_xid = xid
        LOG.info("switch %016x (%s) connected", dpid, name)

    def left(self, session: Session) -> None:
        """A connection ended; an older one than the present one changes nothing."""
        dpid = session.datapath.id
        session.close()
        with self.lock:
            switch = self.switches.get(dpid)
            if switch is None or switch.session is not session:
                return
            switch.left()
            self.discovery.left(dpid)
            self._away_since_s[dpid] = self.clock()
        LOG.warning("switch %016x (%s) went away", dpid, switch.name)

    def port_changed(self, dpid: int, info: PortInfo) -> None:
        """A port is new or changed."""
        with self.lock:
            switch = self.switches.get(dpid)
            if switch is None:
                return
            forced = self._forced_kinds(switch, [info]).get(info.number)
            if self.discovery.port_changed(dpid, info, forced, self.clock()):
                if not info.up:
                    self.hosts.forget_ends([End(dpid, info.number)])
                self._on_change()

    def port_removed(self, dpid: int, number: int) -> None:
        """A port is gone, and the hosts behind it."""
        with self.lock:
            end = End(dpid, number)
            self.hosts.forget_ends([end])
            if self.discovery.port_removed(end):
                self._on_change()

    # Messages from switches.

    def packet_in(self, at: End, table: int, cookie: int, frame: bytes) -> None:
        """A packet that a rule sent up. Of those of other applications' rules only our own LLDP frames count."""
        with self.lock:
            changed = False
            if frame[12:14] == ETH_LLDP:
                changed = self.discovery.received(at, frame, self.clock())
                if changed:
                    self.hosts.forget_ends([end for link in self.discovery.links() for end in link])
            elif table == LEARN and is_our_cookie(cookie):
                is_host_port = self.discovery.kind(at) is PortKind.HOST and at not in self._reserved
                changed = is_host_port and self.hosts.learn(at, frame, self.clock())
            if changed:
                self._on_change()

    def l7_message(self, dpid: int, message: L7Message | L7Error | Unknown) -> None:
        """A message of our experimenter. Raises DecodeError when it does not fit what was said before."""
        answers: list[L7Message] = []
        with self.lock:
            switch = self.switches.get(dpid)
            if switch is None or switch.session is None:
                return
            session = switch.session
            match message:
                case Hello():
                    if switch.hello(message):
                        self.flows.greeted(dpid, self.clock())
                        answers = [CatalogueRequest()]
                        self._on_change()
                case Catalogue():
                    # Events come after the catalogue: every flow that is shown has the names of its application.
                    if self._learn_catalogue(switch, message):
                        answers = [ConfigSet(config=EventConfig())]
                case CatalogueChange():
                    answers = self._change_catalogue(switch, message)
                case FlowEvents():
                    switch.events_lost = message.dropped
                    self.flows.take(dpid, message, self.clock())
                case L7Error():
                    switch.problem = f"its agent reports: {message.text or message.code}"
                case ConfigReply():
                    LOG.debug("switch %016x publishes %s", dpid, message.config)
                case _:
                    switch.unexpected += 1
        for answer in answers:
            session.send_l7(answer)

    def hello_refused(self, dpid: int, xid: int) -> bool:
        """An error with this transaction id arrived. True if it was the answer to our hello: no agent is there."""
        with self.lock:
            switch = self.switches.get(dpid)
            if switch is None or xid != switch.hello_xid:
                return False
            self._no_agent(switch)
            return True

    # Time.

    def tick(self) -> list[Probe]:
        """What time alone changes; returns the LLDP frames to send now."""
        now = self.clock()
        with self.lock:
            changed = self.discovery.tick(now)
            if not self._knows_network and now >= self._knows_from_s:
                self._knows_network = changed = True
            for switch in self.switches.values():
                waited_s = now - switch.connected_s
                if switch.stage is Stage.CONNECTED and waited_s > self.config.discovery.hello_timeout_s:
                    self._no_agent(switch)
            for dpid, since_s in list(self._away_since_s.items()):
                if now - since_s > self.config.discovery.forget_s:
                    self._forget(dpid)
                    changed = True
            self.flows.expire(now)
            if changed:
                self._on_change()
            return self.discovery.probes_due(now)

    # For the planner.

    def snapshot(self) -> Snapshot:
        """The network at this moment."""
        with self.lock:
            switches = tuple(self.switches.values())
            network = network_view(switches, self.discovery, self.hosts, self._reserved)
            return Snapshot(
                network=network,
                catalogue=self.catalogue(),
                switches=switches,
                complete=frozenset(s.dpid for s in switches if s.is_decided and self._is_settled(s)),
                with_agent=frozenset(s.dpid for s in switches if s.agent is not None),
            )

    def reserve(self, ends: frozenset[End]) -> bool:
        """Ports that belong to functions from now on. True if they are others than before."""
        with self.lock:
            changed = ends != self._reserved
            self._reserved = ends
            taps = {End(s.dpid, s.agent.tap_port) for s in self.switches.values() if s.agent and s.agent.tap_port}
            self.discovery.reserve(ends | taps)
            if changed:
                self.hosts.forget_ends(ends)
            return changed

    def read(self, switch: SwitchState, session: Session, installed: RuleSet) -> None:
        """What a switch held when it was asked. Hosts that an earlier controller learnt are taken from its rules."""
        with self.lock:
            if switch.session is not session:
                return
            switch.is_new = not installed.rules
            dpid, found = switch.dpid, []
            for rule in installed:
                fields = rule.match.as_dict()
                mac, port = fields.get("eth_src"), fields.get("in_port")
                if rule.table == LEARN and isinstance(mac, str) and isinstance(port, int):
                    found.append(SeenHost(mac=mac, at=End(dpid, port), addresses=(), moved_s=self.clock()))
            if self.hosts.restore(found) or switch.is_new:
                self._on_change()

    def installed(self, switch: SwitchState, session: Session, rules: RuleSet, *, is_complete: bool) -> None:
        """The switch now holds these rules, unless it has meanwhile begun a new session."""
        with self.lock:
            if switch.session is not session:
                return
            switch.installed, switch.problem = rules, ""
            if is_complete:
                switch.is_new, switch.is_current = False, True
                if switch.stage is Stage.KNOWN:
                    switch.step(Step.INSTALLED)

    def catalogue(self) -> CatalogueView:
        """What the agents can recognise, all together; what an earlier process knew, until one has spoken."""
        if not self._catalogues:
            return self._restored
        catalogues = self._catalogues.values()
        owned: dict[str, set[int]] = {}
        for app in (app for catalogue in catalogues for app in catalogue.apps if app.owner):
            owned.setdefault(app.owner.lower(), set()).add(app.app_id)
        return CatalogueView(
            applications={app.key: app.app_id for catalogue in catalogues for app in catalogue.apps},
            categories={entry.key: entry.category for catalogue in catalogues for entry in catalogue.categories},
            attributes={
                entry.name: AttributeView(entry.attribute, entry.kind)
                for catalogue in catalogues
                for entry in catalogue.attributes
            },
            owners={owner: frozenset(numbers) for owner, numbers in owned.items()},
            tags=self._tags(),
        )

    def _tags(self) -> frozenset[str] | None:
        """All that the agents know; None if one of them does not say."""
        agents = (self.switches[dpid].agent for dpid in self._catalogues if dpid in self.switches)
        if not all(agent is not None and agent.features & Feature.TAGS for agent in agents):
            return None
        return frozenset(tag for catalogue in self._catalogues.values() for app in catalogue.apps for tag in app.tags)

    def port_role(self, end: End) -> str:
        """What a port is for, in a word: host, fabric, function, tap, undecided or down."""
        with self.lock:
            switch = self.switches.get(end.dpid)
            if switch is not None and switch.agent is not None and switch.agent.tap_port == end.port:
                return "tap"
            return "function" if end in self._reserved else self.discovery.kind(end).value

    def saved(self) -> SavedNetwork:
        """What a restarted controller should know."""
        with self.lock:
            return save_network(self.switches.values(), self.discovery, self.hosts, self.catalogue())

    def restore(self, saved: SavedNetwork) -> None:
        """Takes over what an earlier process saved."""
        with self.lock:
            now = self.clock()
            for switch in restore_network(saved, self.discovery, self.hosts, now):
                self.switches[switch.dpid] = switch
                self._away_since_s[switch.dpid] = now
            self._restored = saved.catalogue
            self._knows_network = bool(saved.switches)

    def _is_settled(self, switch: SwitchState) -> bool:
        """Before a switch that forwards is first changed, the network is known. What comes later is added singly."""
        if switch.is_new or switch.is_current:
            return True
        return self._knows_network and self.discovery.settled(switch.dpid)

    def _learn_catalogue(self, switch: SwitchState, part: Catalogue) -> bool:
        """Takes in a part; True when it was the last one."""
        whole = switch.catalogue(part)
        if whole is None:
            return False
        self._know_catalogue(switch, whole)
        return True

    def _change_catalogue(self, switch: SwitchState, part: CatalogueChange) -> list[L7Message]:
        """Takes in a part of a change; asks for the whole catalogue where a change before it was missed."""
        known = self._catalogues.get(switch.dpid)
        if known is None:
            return [CatalogueRequest()]
        try:
            whole = switch.catalogue_change(part, known)
        except DecodeError as error:
            LOG.warning("switch %016x: %s; its catalogue is asked for anew", switch.dpid, error)
            return [CatalogueRequest()]
        if whole is not None:
            self._know_catalogue(switch, whole)
        return []

    def _know_catalogue(self, switch: SwitchState, whole: Catalogue) -> None:
        self._catalogues[switch.dpid] = whole
        self.names.learn(whole)
        self._on_change()
        LOG.info("switch %016x: catalogue %s, %d applications", switch.dpid, whole.version, len(whole.apps))

    def _no_agent(self, switch: SwitchState) -> None:
        if switch.no_agent():
            LOG.warning("switch %016x (%s) has no L7 agent: plain forwarding", switch.dpid, switch.name)
            self._on_change()

    def _forget(self, dpid: int) -> None:
        self.hosts.forget_ends([End(dpid, port.number) for port in self.discovery.ports(dpid)])
        self.discovery.forget(dpid)
        self._away_since_s.pop(dpid, None)
        self._catalogues.pop(dpid, None)
        self.switches.pop(dpid, None)

    def _forced_kinds(self, switch: SwitchState, ports: Iterable[PortInfo]) -> dict[int, PortKind]:
        names = (switch.name, f"{switch.dpid:016x}")
        overrides = {o.port: PortKind(o.kind) for o in self.config.ports if o.switch in names}
        return {port.number: overrides[key] for port in ports for key in (port.number, port.name) if key in overrides}
