"""The native module: conversions, errors and options; what the engine decides is tested in Rust."""

import pytest

from ofext.attributes import FIELD_ATTRIBUTES
from plugins.loader import signature_files
from switch_dpi._native import (
    CaptureError,
    Catalogue,
    Engine,
    EngineOptions,
    FlowEvent,
    LiveCapture,
    SignatureError,
    Signatures,
    catalogue,
)
from switch_dpi.native_engine import wire_catalogue

SECOND_NS = 1_000_000_000
QUERY = bytes.fromhex("123401000001000000000000") + b"\x07example\x03org\x00\x00\x01\x00\x01"


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.load(signature_files())


@pytest.fixture(scope="module")
def known(signatures: Signatures) -> Catalogue:
    return catalogue(signatures)


def frame(payload: bytes, *, reply: bool = False) -> bytes:
    """UDP in IPv4 in Ethernet, 10.0.0.1:5000 to 10.0.0.2:53, or back."""
    ends = [(bytes([10, 0, 0, 1]), 5000), (bytes([10, 0, 0, 2]), 53)]
    (src, sport), (dst, dport) = reversed(ends) if reply else ends
    udp = sport.to_bytes(2) + dport.to_bytes(2) + (8 + len(payload)).to_bytes(2) + b"\0\0" + payload
    ip = b"\x45\0" + (20 + len(udp)).to_bytes(2) + b"\0\0\0\0\x40\x11\0\0" + src + dst
    return b"\2" * 12 + b"\x08\x00" + ip + udp


def kinds(events: list[FlowEvent]) -> list[str]:
    return [event.kind for event in events]


def test_a_frame_leads_to_events_with_records(signatures: Signatures) -> None:
    engine = Engine(signatures)
    events = engine.feed(frame(QUERY), at_ns=7 * SECOND_NS)
    assert kinds(events) == ["new", "verdict"]
    record = events[1].record
    assert (record.src, record.sport, record.dst, record.dport) == ("10.0.0.1", 5000, "10.0.0.2", 53)
    assert (record.l4, record.vlan, record.ip_version) == (17, 0, 4)
    assert (record.app, record.app_key, record.protocol, record.app_id) == ("DNS", "dns", "DNS", 0x14000035)
    assert (record.path, record.category, record.state, record.verdict_packet) == ("eth.ip.udp.dns", "network", 1, 1)
    assert record.risk == 0
    assert record.first_seen_ns == record.last_seen_ns == events[1].at_ns == 7 * SECOND_NS
    assert (record.packets_c2s, record.packets_s2c, record.bytes_c2s) == (1, 0, len(frame(QUERY)))


def test_metadata_come_by_name_and_as_on_the_wire(signatures: Signatures) -> None:
    record = Engine(signatures).feed(frame(QUERY), at_ns=1)[-1].record
    assert record.metadata == {"dns.query": "example.org", "dns.query_type": 1}
    assert record.metadata_ids == [(20, b"example.org"), (21, b"\x01")]


def test_an_attribute_with_several_values_has_a_list(signatures: Signatures) -> None:
    engine = Engine(signatures)
    engine.feed(frame(QUERY), at_ns=1)
    header = bytes.fromhex("123481800001000200000000")
    answers = b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 0, 2, last]) for last in (1, 2))
    engine.feed(frame(header + QUERY[12:] + answers, reply=True), at_ns=2)
    (ended,) = engine.finish()
    assert ended.record.metadata["dns.answer"] == ["192.0.2.1", "192.0.2.2"]
    assert (ended.reason, ended.record.packets_s2c) == ("shutdown", 1)


def test_time_alone_ends_idle_flows(signatures: Signatures) -> None:
    engine = Engine(signatures, EngineOptions(idle_timeout_udp_s=5))
    engine.feed(frame(QUERY), at_ns=SECOND_NS)
    assert engine.advance(5 * SECOND_NS) == []
    assert [(event.kind, event.reason) for event in engine.advance(7 * SECOND_NS)] == [("ended", "idle")]
    assert engine.stats()["flows_now"] == 0


def test_the_packaged_signatures_match_hosts(signatures: Signatures, known: Catalogue) -> None:
    by_key = {app.key: app for app in known.apps}
    assert signatures.match_host("r4---sn.GoogleVideo.com.") == by_key["youtube"].app_id
    assert signatures.match_host("no-such-service.example") is None


def test_the_catalogue_names_protocols_applications_categories_and_attributes(known: Catalogue) -> None:
    keys = [app.key for app in known.apps]
    assert len(keys) == len(set(keys)) == len({app.app_id for app in known.apps})
    categories = {category.id: category.key for category in known.categories}
    assert categories[0] == "unknown"
    assert all(categories[app.category_id] == app.category != "unknown" for app in known.apps)
    assert all(app.is_protocol == (app.app_id & 0xFFFFFF < 10_000) for app in known.apps)
    assert {(a.name, a.id, a.type) for a in known.attributes} >= {("tls.sni", 1, "string"), ("tls.version", 3, "uint")}


def test_protocols_that_encrypt_have_a_tag_that_says_so(known: Catalogue) -> None:
    tagged = {app.key for app in known.apps if app.is_protocol and "encrypted" in app.tags}
    assert {"tls", "quic", "ssh", "dtls", "wireguard", "ipsec", "openvpn"} <= tagged
    assert not tagged & {"http", "dns", "ftp", "smtp", "telnet", "rtp"}


def test_a_risk_is_in_the_record_and_in_what_a_controller_is_told(signatures: Signatures, known: Catalogue) -> None:
    record = Engine(signatures).feed(frame(b"\0\x01boot.img\0octet\0"), at_ns=1)[-1].record
    told = {entry.app_id: entry.risk for entry in wire_catalogue(known).apps}
    assert (record.app_key, record.risk, told[record.mark_id]) == ("tftp", 60, 60)


def test_attributes_behind_match_fields_are_in_the_catalogue(known: Catalogue) -> None:
    texts = {attribute.name for attribute in known.attributes if attribute.type == "string"}
    assert {name for names in FIELD_ATTRIBUTES.values() for name in names} <= texts


def test_flows_under_way_end_with_the_signatures_they_began_with() -> None:
    def request(sport: int) -> bytes:
        http = b"GET / HTTP/1.1\r\nHost: www.intranet.example.org\r\n\r\n"
        tcp = sport.to_bytes(2) + b"\0\x50" + b"\0\0\0\1\0\0\0\1\x50\x18\x10\0\0\0\0\0" + http
        ip = b"\x45\0" + (20 + len(tcp)).to_bytes(2) + b"\0\0\0\0\x40\6\0\0" + bytes([10, 0, 0, 1, 10, 0, 0, 2])
        return b"\2" * 12 + b"\x08\0" + ip + tcp

    app = '[[app]]\nid=1000000\nkey="{}"\nname="N"\ncategory="web"\ndomains=["intranet.example.org"]\n'
    old, new = (Signatures.load([*signature_files(), ("mine.toml", app.format(key))]) for key in ("before", "after"))
    engine = Engine(old)
    engine.feed(request(1000), at_ns=1)
    engine.replace_signatures(new)
    engine.feed(request(1001), at_ns=2)
    engine.feed(request(1000), at_ns=3)
    ended = {event.record.sport: event.record.app_key for event in engine.finish() if event.kind == "ended"}
    assert ended == {1000: "before", 1001: "after"}
    assert engine.stats()["packets"] == 3


def test_a_host_is_looked_up_with_the_entry_that_covers_it(signatures: Signatures) -> None:
    known, site = signatures.lookup("www.YouTube.com:443"), signatures.lookup("a.no-such-shop.co.uk")
    assert known is not None
    assert (known.app_key, known.app, known.category, known.entry) == ("youtube", "YouTube", "video", "youtube.com")
    assert known.app_id == signatures.match_host("youtube.com")
    assert site is not None
    assert (site.app_key, site.app, site.category, site.entry) == ("no-such-shop.co.uk",) * 2 + ("unknown", None)
    assert site.app_id >= 0x14800000
    assert signatures.lookup("192.0.2.1") is None
    with pytest.raises(ValueError, match='given is "port", expected one of host, certificate, alpn'):
        signatures.lookup_by("port", "443")


def test_equal_catalogues_have_equal_versions(known: Catalogue) -> None:
    assert catalogue(Signatures.load(signature_files())).version == known.version
    assert catalogue(Signatures.load([])).version != known.version


def test_a_wrong_signature_file_is_named_with_its_line() -> None:
    with pytest.raises(SignatureError, match=r"^mine\.toml:2: id 5 of x is not between 10000 and 8388607$"):
        Signatures.load([("mine.toml", '[[app]]\nid = 5\nkey = "x"\nname = "X"\ncategory = "unknown"\ndomains = []\n')])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_flows": 0}, "max_flows"),
        ({"idle_timeout_tcp_s": 0.0}, "idle_timeout_tcp_s"),
        ({"inspect_timeout_s": float("nan")}, "inspect_timeout_s"),
    ],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        EngineOptions(**options)


def test_options_have_defaults_that_can_be_read() -> None:
    options = EngineOptions(max_flows=10)
    assert options.max_flows == 10
    assert options.idle_timeout_tcp_s > options.idle_timeout_udp_s > 0


def test_an_interface_that_is_not_there_is_named(signatures: Signatures) -> None:
    with pytest.raises(CaptureError, match=r"no-such-if|CAP_NET_RAW"):
        LiveCapture("no-such-if", signatures)
