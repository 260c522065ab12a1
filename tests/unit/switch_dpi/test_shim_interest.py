"""What the relays may let pass without the session: the tables against what the session really does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import oxm
from ofext.hello import AgentInfo, Hello
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import encode_message
from ofext.openflow import basic
from ofext.openflow.header import build
from switch_dpi.predicates import PredicateStore
from switch_dpi.shim import interest
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.session import Phase, ShimSession
from tests.fakes.agent_engine import CATALOGUE
from tests.fakes.agent_lab import flow_mod

EDGE_ZONE = 7
LOWERED_LABEL = oxm.ct_label(0, 0).encode()[: oxm.HEADER_SIZE]
PIECES = (
    EXPERIMENTER_BYTES,
    LOWERED_LABEL,
    oxm.ct_zone(EDGE_ZONE).encode(),
    bytes.fromhex("4f4e4600000008fc"),  # bundles of ONF extension 230
    bytes.fromhex("4f4e4600000008fd"),
    bytes.fromhex("ffff0001") + EXPERIMENTER_BYTES,
    flow_mod(oxm.l7_app_id(7)),
    oxm.encode_match([oxm.l7_sni("*.example.com")]),
    oxm.encode_match([oxm.ct_zone(EDGE_ZONE), oxm.ct_label(1, 1)]),
    bytes(4),
    bytes(16),
    b"\x00\x01",
)

bodies = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=5).map(b"".join)
raw_messages = st.builds(
    lambda kind, xid, body: build(5, kind, xid, body), st.integers(0, 40), st.integers(0, 3), bodies
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("predicates")


def relaying(folder: Path) -> ShimSession:
    """A session of the real gate, with a controller of the extension."""
    gate = PredicateStore(folder / "predicates.json", EDGE_ZONE)
    session = ShimSession(gate, lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE), 0.0)
    session.switch_data(basic.hello(frozenset({4, 5, 6})), 0.0)
    session.controller_connected(0.0)
    session.controller_data(basic.hello([5]) + encode_message(Hello(), version=5, xid=1), 0.0)
    session.take()
    assert session.phase is Phase.RELAYING
    return session


@given(st.lists(st.tuples(st.booleans(), raw_messages), max_size=12))
def test_session_leaves_alone_what_no_table_names(folder: Path, steps: list[tuple[bool, bytes]]) -> None:
    session = relaying(folder)
    for is_from_switch, message in steps:
        if is_from_switch:
            session.switch_data(message, 1.0)
        else:
            session.controller_data(message, 1.0)
        output = session.take()
        if not interest.wants(interest.FROM_SWITCH if is_from_switch else interest.FROM_CONTROLLER, message):
            there, back = (output.to_controller, output.to_switch)[:: 1 if is_from_switch else -1]
            assert (there, back, output.close) == (message, b"", "")
        if output.close:
            break


def test_every_kind_of_message_that_the_session_changes_is_named() -> None:
    lowered = build(5, 14, 1, flow_mod(oxm.l7_app_id(7)))
    assert interest.wants(interest.FROM_CONTROLLER, lowered)
    assert not interest.wants(interest.FROM_CONTROLLER, build(5, 14, 1, flow_mod()))
    assert not interest.wants(interest.FROM_SWITCH, build(5, 10, 1, bytes(40)))
