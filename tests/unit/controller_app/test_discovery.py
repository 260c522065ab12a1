import pytest

from controller_app.config import DiscoveryOptions
from controller_app.discovery import Discovery, End, PortInfo, PortKind

OPTIONS = DiscoveryOptions(settle_s=2, probe_interval_s=1, link_timeout_s=10)
A, B = End(1, 1), End(2, 1)


def port(number: int, *, up: bool = True) -> PortInfo:
    return PortInfo(number=number, name=f"eth{number}", mac=bytes([2, 0, 0, 0, 0, number & 0xFF]), up=up)


@pytest.fixture
def pair() -> Discovery:
    """Two switches with two ports each."""
    discovery = Discovery(OPTIONS)
    for dpid in (1, 2):
        discovery.joined(dpid, [port(1), port(2), port(0xFFFFFFFE)], {}, 0.0)
    return discovery


def frame_of(discovery: Discovery, end: End, now: float) -> bytes:
    return next(probe.frame for probe in discovery.probes_due(now) if probe.end == end)


def test_reserved_openflow_ports_are_not_probed(pair: Discovery) -> None:
    assert [probe.end for probe in pair.probes_due(0.0)] == [End(1, 1), End(1, 2), End(2, 1), End(2, 2)]


def test_each_port_is_probed_once_an_interval(pair: Discovery) -> None:
    assert len(pair.probes_due(0.0)) == 4
    assert pair.probes_due(0.9) == []
    assert len(pair.probes_due(1.0)) == 4


def test_a_frame_from_another_switch_makes_both_ends_fabric(pair: Discovery) -> None:
    assert pair.received(B, frame_of(pair, A, 0.0), 0.1)
    assert pair.links() == [(A, B)]
    assert pair.kind(A) is PortKind.FABRIC
    assert pair.kind(B) is PortKind.FABRIC
    assert not pair.received(A, frame_of(pair, B, 1.0), 1.1)


def test_a_port_becomes_a_host_port_only_after_the_settle_time(pair: Discovery) -> None:
    assert not pair.tick(1.9)
    assert pair.kind(A) is PortKind.UNDECIDED
    assert not pair.settled(1)
    assert pair.tick(2.0)
    assert pair.kind(A) is PortKind.HOST
    assert pair.settled(1)


def test_a_link_found_late_closes_the_port_to_hosts(pair: Discovery) -> None:
    pair.tick(3.0)
    assert pair.received(B, frame_of(pair, A, 3.0), 3.1)
    assert pair.kind(A) is PortKind.FABRIC


def test_an_expired_link_does_not_open_the_port(pair: Discovery) -> None:
    pair.received(B, frame_of(pair, A, 0.0), 0.0)
    assert pair.tick(10.1)
    assert pair.links() == []
    assert pair.kind(A) is PortKind.FABRIC


def test_a_port_that_went_down_starts_anew(pair: Discovery) -> None:
    pair.received(B, frame_of(pair, A, 0.0), 0.0)
    assert pair.port_changed(1, port(1, up=False), None, 5.0)
    assert pair.links() == []
    assert pair.kind(A) is PortKind.DOWN
    pair.port_changed(1, port(1), None, 6.0)
    assert pair.kind(A) is PortKind.UNDECIDED


def test_links_of_a_switch_without_connection_stay(pair: Discovery) -> None:
    pair.received(B, frame_of(pair, A, 0.0), 0.0)
    pair.left(2)
    assert not pair.tick(1.0)
    pair.tick(100.0)
    assert pair.links() == [(A, B)]
    pair.forget(2)
    assert pair.links() == []


def test_a_moved_cable_replaces_the_link(pair: Discovery) -> None:
    pair.received(B, frame_of(pair, A, 0.0), 0.0)
    pair.received(End(2, 2), frame_of(pair, A, 1.0), 1.0)
    assert pair.links() == [(A, End(2, 2))]


def test_a_frame_with_another_seal_is_no_link(pair: Discovery) -> None:
    forger = Discovery(OPTIONS)
    forger.joined(1, [port(1)], {}, 0.0)
    assert not pair.received(B, frame_of(forger, A, 0.0), 0.1)
    assert pair.links() == []


def test_a_changed_port_number_breaks_the_seal(pair: Discovery) -> None:
    frame = frame_of(pair, A, 0.0).replace(b"\x07\x31", b"\x07\x32", 1)
    assert not pair.received(B, frame, 0.1)


@pytest.mark.parametrize("size", [0, 13, 14, 15, 20, 40, 60])
def test_a_cut_off_frame_is_ignored(pair: Discovery, size: int) -> None:
    assert not pair.received(B, frame_of(pair, A, 0.0)[:size], 0.1)


def test_a_frame_that_comes_back_on_its_own_port_is_no_link(pair: Discovery) -> None:
    assert not pair.received(A, frame_of(pair, A, 0.0), 0.1)


def test_function_ports_are_neither_probed_nor_linked(pair: Discovery) -> None:
    frame = frame_of(pair, A, 0.0)
    pair.received(B, frame, 0.0)
    pair.reserve([B])
    assert pair.links() == []
    assert B not in [probe.end for probe in pair.probes_due(5.0)]
    assert not pair.received(B, frame, 5.1)


def test_a_forced_kind_overrides_what_was_found(pair: Discovery) -> None:
    pair.joined(1, [port(1), port(2)], {1: PortKind.HOST}, 0.0)
    assert pair.kind(A) is PortKind.HOST


def test_what_an_earlier_process_knew_holds_until_it_is_corrected() -> None:
    discovery = Discovery(OPTIONS)
    discovery.restore({dpid: [(port(1), PortKind.FABRIC)] for dpid in (1, 2)}, [(B, A)], 0.0)
    assert discovery.links() == [(A, B)]
    discovery.joined(1, [port(1)], {}, 20.0)
    discovery.tick(22.0)
    assert not discovery.tick(31.0)
    assert discovery.links() == [(A, B)]
    discovery.joined(2, [port(1)], {}, 31.0)
    assert discovery.tick(41.5)
    assert discovery.links() == []


def test_a_restored_host_port_needs_no_settle_time() -> None:
    discovery = Discovery(OPTIONS)
    discovery.restore({1: [(port(1), PortKind.HOST), (port(2), PortKind.UNDECIDED)]}, [], 0.0)
    discovery.joined(1, [port(1), port(2)], {}, 0.0)
    assert discovery.kind(A) is PortKind.HOST
    assert discovery.kind(End(1, 2)) is PortKind.UNDECIDED
