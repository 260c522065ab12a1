"""Which messages the session sees: all that the gate changes, or that the extension or a bundle is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import oxm
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import is_l7_message
from ofext.openflow.header import Type, build
from switch_dpi.predicates import PredicateStore
from switch_dpi.shim import interest
from switch_dpi.vocabulary import Vocabulary
from tests.fakes.agent_engine import CATALOGUE
from tests.fakes.agent_lab import flow_mod

EDGE_ZONE = 7
TABLE_FEATURES = (12).to_bytes(2, "big") + bytes(6) + (72).to_bytes(2, "big") + bytes(62) + bytes.fromhex("00080004")
BODIES = (
    flow_mod(oxm.l7_app_id(7)),
    flow_mod(),
    bytes(8) + flow_mod(oxm.ct_label(1, 1)),
    TABLE_FEATURES + bytes(4),
    bytes.fromhex("4f4e4600000008fc"),  # bundles of ONF extension 230
    bytes.fromhex("4f4e4600000008fd"),
    bytes.fromhex("ffff0001") + EXPERIMENTER_BYTES,
    bytes(16) + oxm.encode_match([oxm.ct_zone(EDGE_ZONE), oxm.ct_label(1, 1)]) + bytes(8),
    oxm.encode_match([oxm.l7_sni("*.example.com")]),
    EXPERIMENTER_BYTES,
    bytes(4),
)

bodies = st.lists(st.sampled_from(BODIES) | st.binary(max_size=20), max_size=4).map(b"".join)
messages = st.builds(lambda kind, body: build(5, kind, 1, body), st.integers(0, 40), bodies)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> PredicateStore:
    return PredicateStore(tmp_path_factory.mktemp("predicates") / "p.json", EDGE_ZONE, Vocabulary(CATALOGUE))


@given(messages)
def test_everything_that_the_gate_changes_is_seen(gate: PredicateStore, message: bytes) -> None:
    if gate.lower(message) != message or is_l7_message(message):
        assert interest.wants(interest.FROM_CONTROLLER, message)
    if gate.raise_(message) != message or gate.answered(message) is not None:
        assert interest.wants(interest.FROM_SWITCH, message)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", [Type.FLOW_MOD, Type.MULTIPART_REPLY, Type.PACKET_IN, Type.EXPERIMENTER, Type.ERROR])
def test_every_kind_that_the_gate_changes_is_seen(gate: PredicateStore, kind: int, body: bytes) -> None:
    message = build(5, kind, 1, body)
    assert gate.lower(message) == message or interest.wants(interest.FROM_CONTROLLER, message)
    assert gate.raise_(message) == message or interest.wants(interest.FROM_SWITCH, message)


def test_what_cannot_concern_the_extension_is_not_seen() -> None:
    for kind in (Type.FLOW_MOD, Type.MULTIPART_REQUEST, Type.SET_ASYNC, Type.PACKET_OUT, Type.ECHO_REPLY):
        assert not interest.wants(interest.FROM_CONTROLLER, build(5, kind, 1, flow_mod()))
    for kind in (Type.PACKET_IN, Type.ECHO_REQUEST, Type.FLOW_REMOVED):
        assert not interest.wants(interest.FROM_SWITCH, build(5, kind, 1, bytes(60)))
