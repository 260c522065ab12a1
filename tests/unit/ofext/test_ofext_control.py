"""Filters, flow control, plugin swaps, configuration limits and changes of the catalogue."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ofext_strategies import catalogue, changes

from ofext import catalogue_change, wire
from ofext.catalogue import AppEntry, Catalogue, encode_entry
from ofext.catalogue_change import CatalogueChange, applied, difference
from ofext.config import Depth, EventConfig, fault_in
from ofext.control import FlowCommand, FlowControl
from ofext.errors import DecodeError, EncodeError
from ofext.filters import MAX_TLVS, FlowFilter, connection_filter
from ofext.plugin_swap import PluginSwap
from ofext.wire import Reader


def unique(entries: Catalogue) -> Catalogue:
    """Every id once, as in a real catalogue."""
    return Catalogue(
        version=entries.version,
        apps=tuple({entry.app_id: entry for entry in entries.apps}.values()),
        categories=tuple({entry.category: entry for entry in entries.categories}.values()),
        attributes=tuple({entry.attribute: entry for entry in entries.attributes}.values()),
    )


def as_sets(known: Catalogue) -> tuple[object, ...]:
    return known.version, frozenset(known.apps), frozenset(known.categories), frozenset(known.attributes)


@given(catalogue.map(unique), catalogue.map(unique))
def test_a_difference_applied_to_the_old_is_the_new(old: Catalogue, new: Catalogue) -> None:
    assert as_sets(applied(old, difference(old, new))) == as_sets(new)


@given(changes, st.integers(1, 300))
def test_a_change_in_parts_of_any_size_is_the_whole(change: CatalogueChange, limit: int) -> None:
    bodies = list(catalogue_change.split(change, limit))
    got = catalogue_change.join(map(CatalogueChange.decode, bodies))
    assert got == replace(change, more=False)


def test_a_change_names_only_what_changed_and_keeps_ids() -> None:
    apps = tuple(AppEntry(app_id=number, key=f"app-{number}", name="x") for number in range(1, 1000))
    renamed = replace(apps[4], name="another name")
    change = difference(Catalogue(version="1", apps=apps), Catalogue(version="2", apps=(*apps[1:4], renamed)))
    assert change.apps == (renamed,)
    assert change.gone_apps == {1, *range(6, 1000)}


def test_a_change_of_another_version_is_not_applied() -> None:
    with pytest.raises(DecodeError, match="a change of catalogue '1'"):
        applied(Catalogue(version="1"), CatalogueChange(before="2", version="3"))


@pytest.mark.parametrize(
    ("config", "offset"),
    [
        (EventConfig(), None),
        (EventConfig(max_batch=0), 2),
        (EventConfig(max_batch=1025), 2),
        (EventConfig(max_delay_ms=10_001), 4),
        (EventConfig(sample_every=0), 12),
        (EventConfig(max_rate=10_000_001), 12),
        (EventConfig(attributes=frozenset({1}), max_rate=10_000_001), 18),
        (EventConfig(depth=Depth(max_bytes=255)), 16),
        (EventConfig(depth=Depth(max_packets=1, max_ms=3_600_001)), 20),
        (EventConfig(sample_every=10, max_rate=100, depth=Depth(max_packets=8, max_bytes=256, max_ms=1)), None),
    ],
)
def test_a_configuration_says_where_it_is_wrong(config: EventConfig, offset: int | None) -> None:
    fault = fault_in(config.encode())
    assert (fault.offset if fault else None) == offset


def test_attributes_of_too_many_applications_are_refused() -> None:
    tlvs = b"".join(wire.tlv(2, number.to_bytes(4, "big")) for number in range(4097))
    with pytest.raises(DecodeError, match="at most 4096"):
        EventConfig.decode(EventConfig().encode() + tlvs)


PIN = FlowControl(command=FlowCommand.PIN, app_id=7, state=1).encode()


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b"\0\x09" + PIN[2:], 0),
        (PIN[:3] + b"\0" + PIN[4:], 3),
        (PIN[:3] + b"\7" + PIN[4:], 3),
        (PIN[:4] + b"\xff\0\0\0" + PIN[8:], 4),
        (PIN[:8] + bytes(4), 8),
        (b"\0\1" + PIN[2:], 2),
    ],
)
def test_a_flow_control_that_cannot_be_carried_out_is_refused_at_its_fault(body: bytes, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        FlowControl.decode(body)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("tlv", "offset"),
    [
        (wire.tlv(1, b"\x80\x00\x0a\x02\x08\x00"), 4),  # eth_type: not a field of this experimenter
        (wire.tlv(2, b"\x03\x18" + bytes(4)), 4),
        (wire.tlv(2, b"\x00\x21" + bytes(4)), 5),
        (wire.tlv(2, b"\x00\x18\xc0\x00\x02\x01"), 6),
        (wire.tlv(2, b"\x00\x18" + bytes(5)), 6),
        (wire.tlv(3, b"\x00\x00\x00\x02\x00\x01"), 6),
        (wire.tlv(4, b"\x06\x06"), 5),
        (wire.tlv(5, bytes(7)), 4),
        (wire.tlv(6, bytes(6) + bytes(9)), 10),
    ],
)
def test_a_filter_is_refused_at_its_fault(tlv: bytes, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        FlowFilter.decode(Reader(tlv))
    assert caught.value.offset == offset


def test_a_filter_has_a_bounded_number_of_questions() -> None:
    with pytest.raises(DecodeError, match=f"at most {MAX_TLVS}"):
        FlowFilter.decode(Reader(wire.tlv(99, b"") * (MAX_TLVS + 1)))


def test_a_connection_has_two_addresses_of_one_family() -> None:
    with pytest.raises(EncodeError):
        connection_filter(6, (("192.0.2.1", 1), ("::1", 2))).encode()


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b"\0\0\0\1a", 0),
        (b"\0\1\0\0", 2),
        (b"\0\1\0\x41" + b"a" * 65, 2),
        (b"\0\3\0\1a", 2),
        (b"\0\1\0\2a", 4),
    ],
)
def test_a_swap_that_cannot_be_carried_out_is_refused_at_its_fault(body: bytes, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        PluginSwap.decode(body)
    assert caught.value.offset == offset


def test_an_application_whose_tags_changed_is_told_with_those_that_it_has() -> None:
    films, games = (AppEntry(app_id=number, key=key, name=key, tags=("a", "b")) for number, key in ((1, "f"), (2, "g")))
    fewer = replace(films, tags=())
    change = difference(Catalogue(version="1", apps=(films, games)), Catalogue(version="2", apps=(fewer, games)))
    assert CatalogueChange.decode(change.encode()).apps == (fewer,)
    assert set(applied(Catalogue(version="1", apps=(films, games)), change).apps) == {games, fewer}


def test_whoever_does_not_know_of_tags_reads_the_rest() -> None:
    """TLV 7 stands behind a TLV 1 that is as it was; elsewhere it says nothing."""
    plain = AppEntry(app_id=1, key="f", name="F")
    raw = encode_entry(replace(plain, tags=("a",)))
    assert raw.startswith(encode_entry(plain))
    tags = raw.removeprefix(encode_entry(plain))
    assert tags == bytes.fromhex("00070006 00000001 0161")
    lonely = Catalogue(version="1").encode() + tags + encode_entry(plain)
    assert Catalogue.decode(lonely).apps == (plain,)
    assert Catalogue.decode(Catalogue(version="1", apps=(plain,)).encode() + tags[:7] + b"\x02" + tags[8:]).apps == (
        plain,
    )
    with pytest.raises(DecodeError, match="tag"):
        Catalogue.decode(Catalogue(version="1", apps=(plain,)).encode() + tags[:-2] + b"\x09a")
