"""Counter-examples that people can follow: the packet, what the policy wants, what the rules do, and which rule.

Every counter-example is tried: the simulator runs its packet through the same rules, and the reference evaluator says
what the policy decides. Where they do not agree with the verifier, the counter-example says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from steering.compile import compile_network
from steering.errors import CompileError
from steering.evaluate import Decision, evaluate
from steering.fields import TCP_ACK, TCP_SYN
from steering.policy.model import SendThrough
from steering.policy.policy import Policy
from steering.rules import RuleSet
from steering.simulate import SimulationError, Simulator, Step, Walk
from steering.tables import LAST_POLICY, POLICY
from steering.verify.observers import Delivery, Duplicate, Label, Observer
from steering.verify.reading import sites_of
from steering.verify.verifier import Mismatch, Verifier
from steering.verify.walk import Outcomes
from steering.verify.witness import Witness, Witnesses

Seen = tuple[Label, Observer]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterExample:
    """A packet for which the rules do not do what the policy says.

    `kind`: `missing` (something that the policy wants does not happen), `surplus`, `twice`, `endless` or `ambiguous`.
    `installed` and `compiled` are the steps at which the rules part from those that the policy compiles to; None
    where there is no such step. `is_confirmed`: simulator and evaluator agree.
    """

    kind: str
    witness: Witness
    decision: Decision | None
    line: int | None
    wanted: tuple[str, ...]
    found: tuple[str, ...]
    installed: Step | None
    compiled: Step | None
    steps: tuple[Step, ...]
    is_confirmed: bool

    @property
    def blamed(self) -> Step | None:
        """Where it goes wrong: the wrong rule, or the table that lacks one; else where the policy was decided."""
        decided = [step for step in self.steps if POLICY <= step.table <= LAST_POLICY]
        return self.installed or self.compiled or next(iter(decided[-1:] or self.steps[-1:]), None)


class Reporter:
    """Makes counter-examples of mismatches."""

    def __init__(self, verifier: Verifier, compiled: Mapping[int, RuleSet] | None = None) -> None:
        """`compiled`: what the switches should hold, if the caller knows; else the policy is compiled when needed."""
        self._verifier = verifier
        self._witnesses = Witnesses(verifier.space, verifier.catalogue, verifier.network, sites_of(verifier.policy))
        self._compiled = compiled

    def report(self, mismatch: Mismatch, found: Outcomes) -> CounterExample:
        """One packet of the mismatch, tried. `found` is what the rules do with the packets of its entry."""
        witness = self._witnesses.of(mismatch.entry, mismatch.members)
        wanted = self._at(witness, self._verifier.wanted(mismatch.entry))
        have = self._at(witness, found)
        walk = self._simulated(witness, self._verifier.rule_sets)
        installed, compiled = self._parting(witness, walk)
        decision = self._decision(witness, mismatch)
        is_ambiguous = any(observer.kind == "doubt" for _, observer in have)
        is_right = decision is None or self._agrees(decision, wanted)
        return CounterExample(
            kind="ambiguous" if is_ambiguous else mismatch.kind,
            witness=witness,
            decision=decision,
            line=self._line(decision),
            wanted=tuple(self._texts(wanted)),
            found=tuple(self._texts(have)),
            installed=installed,
            compiled=compiled,
            steps=() if walk is None else tuple(walk.steps),
            is_confirmed=is_right and (_meets_doubt(walk, have) or self._is_seen(mismatch, witness, walk, have)),
        )

    def _at(self, witness: Witness, outcomes: Outcomes) -> set[Seen]:
        """Who observes this packet, of a relation for many."""
        verifier = self._verifier
        return {
            (label, verifier.observers.numbered(number))
            for label, relation in outcomes.items()
            for number in verifier.space.observers_of(relation, witness.point)
        }

    def _simulated(self, witness: Witness, rule_sets: Mapping[int, RuleSet]) -> Walk | None:
        """The packet's way through rules; None if it never comes to an end."""
        simulator = Simulator(self._verifier.network, rule_sets, self._verifier.policy)
        for known in witness.connections:
            if known.is_known and witness.packet.is_ip:
                place = known.dpid, known.zone
                simulator.connect(witness.packet, place, known.verdict, label=known.label, is_reply=known.is_reply)
        try:
            return simulator.send(witness.packet, witness.at)
        except SimulationError:
            return None

    def _parting(self, witness: Witness, walk: Walk | None) -> tuple[Step | None, Step | None]:
        """The first step at which the way differs from the one by the rules that the policy compiles to."""
        verifier = self._verifier
        if self._compiled is None:
            try:
                self._compiled = compile_network(verifier.policy, verifier.catalogue, verifier.network)
            except CompileError:
                self._compiled = {}
        right = self._simulated(witness, self._compiled) if self._compiled else None
        if walk is None or right is None:
            return None, None
        for one, other in zip(walk.steps, right.steps, strict=False):
            if one != other:
                return one, other
        length = min(len(walk.steps), len(right.steps))
        return next(iter(walk.steps[length:]), None), next(iter(right.steps[length:]), None)

    def _decision(self, witness: Witness, mismatch: Mismatch) -> Decision | None:
        """What the reference evaluator says of the packet's flow; None for packets that policies do not see."""
        if mismatch.entry.port is not None or not self._verifier.specification.is_judged(witness.point):
            return None
        edge, service = witness.connections[:2]
        has_verdict, is_reply = True, edge.is_reply
        handshake = witness.packet.tcp_flags & (TCP_SYN | TCP_ACK)
        has_agent = self._verifier.network.switches[witness.at[0]].tap_port is not None
        if has_agent and edge.verdict.state & 1 and handshake & TCP_SYN and witness.packet.ip_proto == 6:
            has_verdict = False
            is_reply = is_reply if handshake & TCP_ACK else service.is_reply
        policy = self._verifier.policy
        flow = self._witnesses.flow(witness, has_verdict=has_verdict, is_reply=is_reply)
        if witness.at[0] in self._verifier.places.ordinary:
            policy = _without_waiting(policy)
        return evaluate(policy, flow, self._verifier.network)

    def _agrees(self, decision: Decision, wanted: set[Seen]) -> bool:
        """Whether what the specification wants for the packet is what the evaluator decides."""
        labels = {label for label, _ in wanted if isinstance(label, Delivery)}
        if decision.action in ("deny", "hold") or not labels:
            return decision.action != "deny" or not labels
        functions = {len(label.functions) for label in labels}
        if isinstance(decision.action, SendThrough):
            return functions == {len(self._verifier.policy.chains[decision.action.chain].services)}
        dscp = getattr(decision.action, "dscp", None)
        return functions == {0} and {label.dscp for label in labels} == {dscp}

    def _is_seen(self, mismatch: Mismatch, witness: Witness, walk: Walk | None, have: set[Seen]) -> bool:
        """Whether the simulator saw what the verifier says of the rules."""
        endless = self._verifier.endless(mismatch.entry)
        if walk is None or endless is not None:
            return walk is None and endless is not None and self._verifier.space.holds(endless, witness.point)
        return _is_same(walk, have, witness)

    def _line(self, decision: Decision | None) -> int | None:
        policy = self._verifier.policy
        if decision is None or decision.policy is None or policy.source is None:
            return None
        index = next(at for at, rule in enumerate(policy.rules) if rule.name == decision.policy)
        return policy.source.error(("policies", index), "").line

    def _texts(self, seen: set[Seen]) -> Iterator[str]:
        """In words, in order: deliveries first."""
        switches = self._verifier.network.switches
        for label, observer in sorted(
            seen, key=lambda item: (str(type(item[0])), item[1].kind, item[1].dpid, item[1].number)
        ):
            name = switches[observer.dpid].name
            match observer.kind:
                case "port":
                    shown = switches[observer.dpid].ports.get(observer.number)
                    port = observer.number if shown is None else shown.name
                    yield f"comes out at {name} port {port}{_done(label)}"
                case "tap":
                    yield f"is copied to the agent of {name}"
                case "controller":
                    yield f"is shown to the controller by {name}"
                case "commit":
                    what = "has its verdict taken away" if observer.detail else "is entered as a connection"
                    yield f"{what} at {name}"
                case _:
                    yield f"at {name}: rules of one priority for one packet: " + " and ".join(map(str, observer.detail))


def _meets_doubt(walk: Walk | None, have: set[Seen]) -> bool:
    """Whether the packet meets one of two rules between which OpenFlow leaves the choice open."""
    doubtful = [rule for _, observer in have if observer.kind == "doubt" for rule in observer.detail]
    return walk is not None and any(step.rule in doubtful for step in walk.steps if step.rule is not None)


def _without_waiting(policy: Policy) -> Policy:
    """The policy where no verdict will ever come: what is open is passed over, and nothing is waited for."""
    rules = tuple(rule.model_copy(update={"while_inspecting": None}) for rule in policy.rules)
    defaults = policy.defaults.model_copy(update={"while_inspecting": policy.defaults.action})
    return replace(policy, rules=rules, defaults=defaults)


def _done(label: Label) -> str:
    if isinstance(label, Duplicate):
        return ", more than once"
    if not isinstance(label, Delivery):
        return ""
    parts = [f"through {', '.join(map(str, label.functions))}"] if label.functions else []
    parts += [f"with DSCP {label.dscp}"] if label.dscp is not None else []
    parts += [f"with other tags than it was sent with {label.tags}"] if label.tags else []
    return "".join(f" {part}" for part in parts)


def _is_same(walk: Walk, have: set[Seen], witness: Witness) -> bool:
    ports = {(observer.dpid, observer.number) for label, observer in have if observer.kind == "port"}
    taps = {observer.dpid for _, observer in have if observer.kind == "tap"}
    shown = {observer.dpid for _, observer in have if observer.kind == "controller"}
    marks = {label.dscp for label, _ in have if isinstance(label, Delivery)}
    passed = [label.functions for label, _ in have if isinstance(label, Delivery)]
    is_same = {place for place, _ in walk.delivered} == ports and set(walk.tapped) == taps
    is_same &= set(walk.shown_to_controller) == shown
    if len(marks) == 1 and walk.delivered:
        mark = next(iter(marks))
        is_same &= all(packet.dscp == (witness.packet.dscp if mark is None else mark) for _, packet in walk.delivered)
    if len(set(passed)) == 1:
        is_same &= [passage.entered for passage in passed[0]] == walk.entered
    return is_same
