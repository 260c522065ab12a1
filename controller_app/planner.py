"""From policy and network to rules on every switch: plan, apply, and the loop that keeps the network as it should be.

Owns the order of things. One change of the network's rules happens at a time (`_turn`); each switch is changed in one
bundle; if one refuses a policy that is being applied, the others are brought back to what they had.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from controller_app import reconcile
from controller_app.config import Config
from controller_app.core import Core, Snapshot
from controller_app.datapath_state import SwitchState
from controller_app.errors import ControllerError, NotReadyError, SwitchError
from controller_app.network import NETWORK_NAME, function_ports, load_saved_network
from controller_app.policy_store import EMPTY, PolicyStore, write_whole
from controller_app.session import Session
from steering.compile import compile_network
from steering.diff import Changes, diff
from steering.errors import PolicyErrors, SteeringError
from steering.network import CatalogueView, NetworkView
from steering.policy import Policy, check_policy, parse_policy
from steering.rules import RuleSet
from steering.verify import Proof, verify_network

LOG = logging.getLogger(__name__)

WORKERS: Final = 8  # switches changed side by side; each worker mostly waits for its switch


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPlan:
    """What would change, or has changed, on one switch. `problem` says why it could not be found out."""

    dpid: int
    name: str
    connected: bool
    changes: Changes
    problem: str = ""


class Planner:
    """Compiles and installs. `wake` may be called from any thread, at any rate."""

    def __init__(self, config: Config, store: PolicyStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self.store = store
        self.core = Core(config, on_change=self.wake, clock=clock)
        self.core.flows.policy = store.current.policy
        self.problem = ""
        self._turn = threading.Lock()
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="switch")
        self._saved = ""

    def wake(self) -> None:
        """Something changed: rules are compiled and compared soon."""
        self._wanted.set()

    def run(self) -> None:
        """The loop; ends after close()."""
        complete = True
        while not self._closing.is_set():
            self._wanted.wait(None if complete else self.config.reconcile.retry_s)
            if self._closing.wait(self.config.reconcile.debounce_s):
                return
            self._wanted.clear()
            try:
                complete = self.bring_all()
            except (ControllerError, SteeringError) as error:
                LOG.warning("%s", error)
                complete = False

    def close(self) -> None:
        """Ends the loop and waits for changes under way."""
        self._closing.set()
        self._wanted.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def bring_all(self) -> bool:
        """Compiles the policy in force and brings every switch to it. False if a switch must be tried again.

        Raises StateError if the network cannot be saved; the switches have their rules then.
        """
        with self._turn:
            policy = self.store.current.policy
            self._reserve(policy)
            snapshot = self.core.snapshot()
            desired = self._compile_or_none(policy, snapshot)
            held = self._held(snapshot)
            work = [
                (switch, desired.get(switch.dpid) if switch.dpid in snapshot.complete else None, held[switch.dpid])
                for switch in snapshot.switches
            ]
            # Every one must have ended before the next turn, also after a failure.
            complete = all(list(self._pool.map(lambda task: self._bring(*task), work)))
            # Last, so that a full disk keeps no switch from its rules.
            self._save_network()
            return complete

    def problems(self) -> list[str]:
        """What an operator should know, one sentence each."""
        with self.core.lock:
            switches = list(self.core.switches.values())
        found = [self.problem] if self.problem else []
        for switch in switches:
            if switch.problem:
                found.append(f"switch {switch.name}: {switch.problem}")
            if not switch.is_connected:
                found.append(f"switch {switch.name} is not connected; it forwards by the rules it has")
            elif switch.is_decided and switch.agent is None:
                found.append(f"switch {switch.name} has no L7 agent: plain forwarding, policies by layers 2 to 4 only")
        return found

    def compile(self, text: str, name: str) -> dict[int, RuleSet]:
        """The rules of a candidate policy in the present network. Raises SteeringError, NotReadyError."""
        return self._compile_candidate(parse_policy(text, name), self.core.snapshot())

    def plan(self, text: str, name: str) -> list[SwitchPlan]:
        """What a candidate policy would change on each switch, as read from the switches now. Raises as compile()."""
        snapshot = self.core.snapshot()
        desired = self._compile_candidate(parse_policy(text, name), snapshot)
        return list(self._pool.map(lambda switch: _plan_one(switch, desired), snapshot.switches))

    def verify(self, text: str, name: str) -> tuple[Proof, Snapshot]:
        """Holds the rules that the switches have now against a policy. Raises as compile(), and SwitchError.

        A switch that is not connected cannot be asked, and then nothing can be proven: NotReadyError.
        """
        snapshot = self.core.snapshot()
        policy = parse_policy(text, name)
        desired = self._compile_candidate(policy, snapshot)
        installed = dict(self._pool.map(_read_one, snapshot.switches))
        proof = verify_network(
            policy,
            snapshot.catalogue,
            snapshot.network,
            installed,
            ordinary=frozenset(snapshot.network.switches) - snapshot.with_agent,
            compiled=desired,
        )
        return proof, snapshot

    def apply(self, text: str, name: str) -> list[SwitchPlan]:
        """Puts a policy in force on all switches, or on none. Raises SteeringError, ControllerError."""
        policy = parse_policy(text, name)
        with self._turn:
            snapshot = self.core.snapshot()
            desired = self._compile_candidate(policy, snapshot)
            # A switch about which too little is known yet follows by itself, once its time has come.
            switches = [s for s in snapshot.switches if s.is_connected and s.dpid in snapshot.complete]
            before: list[tuple[SwitchState, RuleSet]] = []
            try:
                done = self._install_everywhere(switches, desired, before)
                self.store.replace(policy, text, name)
            except ControllerError:
                self._roll_back(before)
                self.wake()
                raise
            self.core.flows.policy = policy
            self._reserve(policy)
        self.wake()
        return done

    def _compile_candidate(self, policy: Policy, snapshot: Snapshot) -> dict[int, RuleSet]:
        if not snapshot.catalogue.applications and _names_what_a_catalogue_has(policy):
            raise NotReadyError(
                "the policy names applications or attributes, and no agent has sent a catalogue of them yet"
            )
        if mistakes := check_policy(policy, snapshot.catalogue, snapshot.network):
            raise PolicyErrors(mistakes)
        return self._compile(policy, snapshot)

    def _compile(self, policy: Policy, snapshot: Snapshot) -> dict[int, RuleSet]:
        return compile_for(policy, snapshot.catalogue, snapshot.network, snapshot.with_agent)

    def _compile_or_none(self, policy: Policy, snapshot: Snapshot) -> Mapping[int, RuleSet]:
        """The rules of the policy in force; none for any switch if it cannot be compiled yet."""
        try:
            desired = self._compile(policy, snapshot)
        except SteeringError as error:
            if self.problem != str(error):
                LOG.warning("the policy in force cannot be compiled: %s", error)
            self.problem = str(error)
            return {}
        self.problem = ""
        return desired

    def _held(self, snapshot: Snapshot) -> dict[int, RuleSet]:
        """Rules that let LLDP find links, and hosts nothing."""
        network = _all_held(snapshot.network)
        return self._compile(parse_policy(EMPTY), replace(snapshot, network=network))

    def _bring(self, switch: SwitchState, desired: RuleSet | None, held: RuleSet) -> bool:
        """Brings one switch to its rules. False if it must be tried again.

        Without `desired`, too little is known yet: then a new switch forwards nothing, so that nothing passes that a
        policy would deny, and one that forwards already keeps the rules it has.
        """
        session = switch.session
        if session is None:
            return True
        try:
            installed = self._known(switch, session)
            if desired is None and not switch.is_new:
                return True
            wanted = held if desired is None else desired
            changes = reconcile.bring(session, installed, wanted)
        except ControllerError as error:
            if switch.problem != str(error):
                LOG.warning("%s", error)
            if switch.session is session:
                switch.problem, switch.installed = str(error), None
            return False
        self.core.installed(switch, session, wanted, is_complete=desired is not None)
        if changes:
            LOG.info("switch %016x: %s", switch.dpid, summary(changes))
        return True

    def _known(self, switch: SwitchState, session: Session) -> reconcile.Installed:
        """What is on the switch; it is read once after it connects, and again after a failure."""
        if switch.installed is not None:
            return reconcile.Installed(switch.installed)
        installed = reconcile.read(session)
        self.core.read(switch, session, installed.rules)
        return installed

    def _install_everywhere(
        self,
        switches: Iterable[SwitchState],
        desired: Mapping[int, RuleSet],
        before: list[tuple[SwitchState, RuleSet]],
    ) -> list[SwitchPlan]:
        """Installs on one switch after the other; `before` gets what each one held that was changed."""
        plans: list[SwitchPlan] = []
        for switch in switches:
            wanted, session = desired.get(switch.dpid, RuleSet()), switch.session
            if session is None:
                continue
            try:
                installed = reconcile.read(session)
                changes = reconcile.bring(session, installed, wanted)
            except SwitchError as error:
                # Silence may mean that the switch has made the changes: the loop reads what is there.
                switch.installed = None
                raise SwitchError(f"{error}; the policy is not in force", value=error.value) from error
            before.append((switch, installed.rules))
            self.core.installed(switch, session, wanted, is_complete=True)
            plans.append(SwitchPlan(dpid=switch.dpid, name=switch.name, connected=True, changes=changes))
        return plans

    def _roll_back(self, before: Iterable[tuple[SwitchState, RuleSet]]) -> None:
        for switch, rules in before:
            session = switch.session
            if session is None:
                continue
            try:
                reconcile.bring(session, reconcile.read(session), rules)
                self.core.installed(switch, session, rules, is_complete=True)
            except SwitchError as error:
                # The loop compares what is really there with the old policy, and goes on trying.
                switch.installed, switch.problem = None, str(error)
                LOG.warning("rolling back: %s", error)

    def _reserve(self, policy: Policy) -> None:
        self.core.reserve(function_ports(policy, self.core.snapshot().network))

    def _save_network(self) -> None:
        if self.config.state_dir is None:
            return
        text = self.core.saved().model_dump_json(indent=1)
        if text != self._saved:
            write_whole(self.config.state_dir / NETWORK_NAME, text)
            self._saved = text


def start_planner(config: Config, *, clock: Callable[[], float] = time.monotonic) -> Planner:
    """A planner with what an earlier process left in the state directory. Raises StateError and PolicyErrors."""
    planner = Planner(config, PolicyStore(config), clock=clock)
    if (saved := load_saved_network(config)) is not None:
        planner.core.restore(saved)
    return planner


def summary(changes: Changes) -> str:
    """For a log line: how many rules and groups came, changed and went."""
    rules = f"{len(changes.adds)} rules added, {len(changes.modifies)} changed, {len(changes.deletes)} removed"
    groups = len(changes.group_adds) + len(changes.group_modifies) + len(changes.group_deletes)
    return f"{rules}, {groups} groups changed, {changes.unchanged} untouched"


def every(interval_s: float, work: Callable[[], None], closing: threading.Event) -> None:
    """Runs `work` at an interval until `closing` is set; an error is logged and does not end it."""
    while not closing.wait(interval_s):
        started = time.monotonic()
        try:
            work()
        except ControllerError as error:
            LOG.warning("%s (after %.3f s)", error, time.monotonic() - started)


def _plan_one(switch: SwitchState, desired: Mapping[int, RuleSet]) -> SwitchPlan:
    wanted, session = desired.get(switch.dpid, RuleSet()), switch.session
    installed, problem = switch.installed or RuleSet(), ""
    if session is not None:
        try:
            installed = reconcile.read(session).rules
        except SwitchError as error:
            problem = str(error)
    else:
        problem = "not connected"
    owners = (switch.installed or RuleSet()).owners()
    changes = diff(wanted, installed, owners)
    return SwitchPlan(
        dpid=switch.dpid, name=switch.name, connected=session is not None, changes=changes, problem=problem
    )


def _read_one(switch: SwitchState) -> tuple[int, RuleSet]:
    """What a switch holds of ours, with the owners that are known."""
    session = switch.session
    if session is None:
        raise NotReadyError(f"switch {switch.name} is not connected: what it does cannot be proven")
    rules = reconcile.read(session).rules
    owners = (switch.installed or RuleSet()).owners()
    return switch.dpid, RuleSet(tuple(replace(rule, owner=owners.get(rule.cookie, "")) for rule in rules), rules.groups)


def compile_for(
    policy: Policy, catalogue: CatalogueView, network: NetworkView, with_agent: frozenset[int]
) -> dict[int, RuleSet]:
    """Rules for every switch; without an agent, those that look at layers 2 to 4 only. Raises SteeringError."""
    with_layer_7 = bool(catalogue.applications or with_agent)
    desired = compile_network(policy, catalogue, network, with_layer_7=with_layer_7)
    return {dpid: rules if dpid in with_agent else without_layer_7(rules) for dpid, rules in desired.items()}


def without_layer_7(rules: RuleSet) -> RuleSet:
    """The rules an ordinary switch understands: there every flow stays without a verdict, so no L7 condition holds."""
    kept = (rule for rule in rules if not any(name.startswith("l7_") for name, _, _ in rule.match.fields))
    return RuleSet(tuple(kept), rules.groups)


def _names_what_a_catalogue_has(policy: Policy) -> bool:
    nodes = (node for rule in policy.rules for _, node in rule.match.nodes())
    return any(node.application or node.category or node.owner or node.attributes for node in nodes)


def _all_held(network: NetworkView) -> NetworkView:
    linked = {end for link in network.links for end in link}
    refs = {(dpid, port) for dpid, switch in network.switches.items() for port in switch.ports}
    taps = {(dpid, switch.tap_port) for dpid, switch in network.switches.items() if switch.tap_port is not None}
    return NetworkView(
        switches=network.switches, links=network.links, hosts={}, held_ports=frozenset(refs - linked - taps)
    )
