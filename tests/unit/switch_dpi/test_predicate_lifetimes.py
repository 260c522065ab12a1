"""A bit never means two things: random controllers, a switch that reads late, looks and clearings at any moment.

The model is the switch: what has been sent and not read yet, its rules, its open bundles. For every rule that it has or
will have, the store's table gives the rule's bit to the rule's predicate and to no other.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ofext import label, oxm
from ofext.messages import L7Error
from ofext.openflow.header import HEADER_SIZE, Type, build
from ofext.predicates import PredicateTable
from switch_dpi.predicates import Look, PredicateStore
from tests.fakes.agent_engine import VOCABULARY

CAPACITY = 3
NAMES = [f"h{number}.example" for number in range(CAPACITY + 2)]
COMMIT, DISCARD = 4, 6

names = st.sampled_from(NAMES)
bundles = st.integers(0, 1)


class Lifetimes(RuleBasedStateMachine):
    """Names are their rules' predicates: a message is (kind, name, bit), with what the store put behind it."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = PredicateStore(Path(self.folder.name) / "p.json", 5, VOCABULARY)
        self.store.table = PredicateTable(capacity=CAPACITY)
        self.unread: list[bytes] = []
        self.names: dict[bytes, str] = {}
        self.rules: list[tuple[str, int]] = []
        self.bundles: dict[int, list[tuple[str, int]]] = {}
        self.answers: list[bytes] = []
        self.look: tuple[Look, Counter[int] | None] | None = None
        self.sent = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def send(self, message: bytes) -> None:
        """Lower it, and put all that goes to the switch into its queue."""
        lowered = self.store.lower(message)
        if isinstance(lowered, L7Error):
            return
        while lowered:
            size = int.from_bytes(lowered[2:4], "big")
            self.unread.append(lowered[:size])
            lowered = lowered[size:]

    def add_message(self, name: str) -> bytes:
        self.sent += 1  # the xid tells whose rule it is
        body = bytes(40) + oxm.encode_match([oxm.l7_sni(name)])
        message = build(5, Type.FLOW_MOD, self.sent, body)
        self.names[message[4:8]] = name
        return message

    @rule(name=names)
    def controller_adds(self, name: str) -> None:
        self.send(self.add_message(name))

    @rule(name=names, bundle=bundles)
    def controller_adds_to_a_bundle(self, name: str, bundle: int) -> None:
        inner = self.add_message(name)
        self.send(build(5, Type.BUNDLE_ADD_MESSAGE, self.sent, bundle.to_bytes(4, "big") + bytes(4) + inner))

    @rule(bundle=bundles, end=st.sampled_from([COMMIT, DISCARD]))
    def controller_ends_a_bundle(self, bundle: int, end: int) -> None:
        self.send(build(5, Type.BUNDLE_CONTROL, 0, bundle.to_bytes(4, "big") + end.to_bytes(2, "big") + bytes(2)))

    @precondition(lambda self: self.unread)
    @rule()
    def switch_reads_a_message(self) -> None:
        message = self.unread.pop(0)
        if message[1] == Type.ECHO_REQUEST:
            self.answers.append(message[:1] + bytes([Type.ECHO_REPLY]) + message[2:])
        elif message[1] == Type.FLOW_MOD:
            self.rules.append(self.rule_of(message))
        elif message[1] == Type.BUNDLE_ADD_MESSAGE:
            inner = message[HEADER_SIZE + 8 :]
            self.bundles.setdefault(int.from_bytes(message[8:12], "big"), []).append(self.rule_of(inner))
        else:
            held = self.bundles.pop(int.from_bytes(message[8:12], "big"), [])
            self.rules += held if int.from_bytes(message[12:14], "big") == COMMIT else []

    @precondition(lambda self: self.answers)
    @rule()
    def answer_arrives(self) -> None:
        following = self.store.answered(self.answers.pop(0))
        assert following is not None
        self.unread += [following] if following else []

    @precondition(lambda self: self.rules)
    @rule(data=st.data())
    def rule_ends(self, data: st.DataObject) -> None:
        """Whatever the reason: time, eviction, a deletion of this controller or of another one."""
        self.rules.remove(data.draw(st.sampled_from(self.rules)))

    @precondition(lambda self: self.look is None)
    @rule()
    def look_begins(self) -> None:
        self.look = self.store.begin_look(), None

    @precondition(lambda self: self.look is not None and self.look[1] is None)
    @rule()
    def switch_lists_its_rules(self) -> None:
        assert self.look is not None
        self.look = self.look[0], Counter(bit for _, bit in self.rules)

    @precondition(lambda self: self.look is not None and self.look[1] is not None)
    @rule()
    def look_ends(self) -> None:
        assert self.look is not None
        begun, listed = self.look
        assert listed is not None
        self.store.end_look(begun, listed, retire=True)
        self.look = None

    @rule()
    def connections_are_cleared(self) -> None:
        self.store.recycle(self.store.table.retired)

    @invariant()
    def every_rule_has_the_bit_of_its_predicate(self) -> None:
        if not hasattr(self, "store"):
            return
        meant = {number: str(predicate) for predicate, number in self.store.table.bits.items()}
        waiting = [self.rule_of(raw) for raw in map(flow_mod_in, self.unread) if raw]
        bundled = [each for held in self.bundles.values() for each in held]
        for name, bit in (*self.rules, *bundled, *waiting):
            assert meant.get(bit) == f"l7_sni={name}"

    def rule_of(self, flow_mod: bytes) -> tuple[str, int]:
        """Whose predicate it was sent for, and which bit it compares."""
        (compared,) = oxm.decode_match(flow_mod, 48)[0]
        (bit,) = label.predicates_in(int.from_bytes(compared.value, "big"))
        return self.names[flow_mod[4:8]], bit


def flow_mod_in(message: bytes) -> bytes:
    """The FLOW_MOD that a message is or brings; empty for others."""
    if message[1] == Type.BUNDLE_ADD_MESSAGE:
        return message[HEADER_SIZE + 8 :]
    return message if message[1] == Type.FLOW_MOD else b""


TestLifetimes = Lifetimes.TestCase
TestLifetimes.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
