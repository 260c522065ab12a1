//! What carries a flow: fragments, tunnels, tags, SCTP, frames without IP.

use super::*;
use crate::frame::link_type;
use crate::protocols::ALL;

const UDP_DNS: (u16, u16) = (5000, 53);

fn dns_datagram() -> Vec<u8> {
    udp(UDP_DNS.0, UDP_DNS.1, DNS_QUERY)
}

/// An IPv4 packet's piece from `start` to `end` of its payload.
fn piece(payload: &[u8], start: usize, end: usize) -> Vec<u8> {
    let mut packet = ipv4(UDP, 1, 2, &payload[start..end]);
    let more = if end < payload.len() { 0x2000 } else { 0 };
    let field = (more | u16::try_from(start / 8).unwrap()).to_be_bytes();
    packet[4..8].copy_from_slice(&[0x12, 0x34, field[0], field[1]]);
    ethernet(&packet)
}

fn summary(records: &[FlowRecord]) -> Vec<(String, u64)> {
    let mut found: Vec<_> = records
        .iter()
        .map(|record| (record.path.clone(), record.volume.iter().map(|volume| volume.packets).sum()))
        .collect();
    found.sort();
    found
}

#[test]
fn fragments_are_put_together_in_any_order() {
    let datagram = dns_datagram();
    for order in [[0, 1], [1, 0]] {
        let mut bench = Bench::new(Options::default());
        for at in order {
            let (start, end) = [(0, 16), (16, datagram.len())][at];
            bench.feed(&piece(&datagram, start, end));
        }
        assert_eq!(bench.engine.counters().reassembled, 1);
        assert_eq!(summary(&bench.finish()), [("eth.ip.udp.dns".to_owned(), 2)]);
    }
}

#[test]
fn without_defragmentation_the_first_fragment_is_the_packet() {
    let mut bench = Bench::new(Options { defragment: false, ..Options::default() });
    let datagram = dns_datagram();
    bench.feed(&piece(&datagram, 0, 24));
    bench.feed(&piece(&datagram, 24, datagram.len()));
    assert_eq!(bench.engine.counters().later_fragments, 1);
    assert_eq!(bench.finish().len(), 1);
}

#[test]
fn of_a_packet_that_never_becomes_whole_the_beginning_counts() {
    let mut bench = Bench::new(Options::default());
    bench.feed(&piece(&dns_datagram(), 0, 24));
    assert_eq!(bench.engine.flow_count(), 0);
    bench.engine.advance(bench.now_ns + 31 * SECOND_NS, &mut bench.log);
    assert_eq!(bench.engine.flow_count(), 1);
    let records = bench.finish();
    assert_eq!((records[0].source_port, records[0].destination_port), UDP_DNS);
}

#[test]
fn the_flow_inside_a_tunnel_is_classified_and_its_path_names_the_tunnel() {
    let inner = ipv4(UDP, 7, 8, &dns_datagram());
    for (number, key) in [(4, "ip-in-ip"), (47, "gre")] {
        let header: &[u8] = if number == 47 { &[0, 0, 8, 0] } else { &[] };
        let frame = ethernet(&ipv4(number, 1, 2, &[header, &inner].concat()));
        let mut bench = Bench::new(Options::default());
        bench.feed(&frame);
        let records = bench.finish();
        let expected = [(format!("eth.ip.{key}"), 1), (format!("eth.ip.{key}.ip.udp.dns"), 1)];
        assert_eq!(summary(&records), expected);
        let [outer, inside] = &records[..] else { panic!("{records:?}") };
        assert_eq!((inside.parent, inside.is_tunnelled, outer.is_tunnelled), (outer.flow_id, true, false));
        let mut closed = Bench::new(Options { open_tunnels: false, ..Options::default() });
        closed.feed(&frame);
        assert_eq!(closed.finish().len(), 1);
    }
}

#[test]
fn equal_addresses_in_two_virtual_networks_are_two_flows() {
    let inner = ethernet(&ipv4(UDP, 7, 8, &dns_datagram()));
    let mut bench = Bench::new(Options::default());
    for network in [1, 2, 1] {
        let header = [8, 0, 0, 0, 0, 0, network, 0];
        bench.udp((1, 50_000), (2, 4789), &[&header, &inner[..]].concat());
    }
    let expected =
        [("eth.ip.udp.vxlan", 3), ("eth.ip.udp.vxlan.eth.ip.udp.dns", 1), ("eth.ip.udp.vxlan.eth.ip.udp.dns", 2)];
    assert_eq!(summary(&bench.finish()), expected.map(|(path, packets)| (path.to_owned(), packets)));
}

#[test]
fn tunnels_are_opened_to_a_bounded_depth() {
    let mut packet = ipv4(UDP, 7, 8, &dns_datagram());
    for _ in 0..20 {
        packet = ipv4(4, 7, 8, &packet);
    }
    let mut bench = Bench::new(Options::default());
    bench.feed(&ethernet(&packet));
    assert!(bench.finish().len() <= 5);
}

#[test]
fn labels_and_sessions_are_named_in_the_path() {
    let packet = ipv4(UDP, 1, 2, &dns_datagram());
    let mut bench = Bench::new(Options::default());
    bench.feed(&[&[2; 12][..], &[0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64], &packet].concat());
    assert_eq!(bench.last().path, "eth.mpls.mpls.ip.udp.dns");
    bench.feed(&[&[3; 12][..], &[0x88, 0x64, 0x11, 0, 0, 1, 0, 99, 0, 0x21], &packet].concat());
    let pseudowire = [&[4; 12][..], &[8, 0], &packet].concat();
    bench.feed(&[&[2; 12][..], &[0x88, 0x47, 0, 0, 0x11, 64, 0, 0, 0, 0], &pseudowire].concat());
    let paths: Vec<String> = bench.finish().into_iter().map(|record| record.path).collect();
    assert_eq!(paths, ["eth.mpls.mpls.ip.udp.dns"], "the flow is the same, whatever carries it");
}

#[test]
fn frames_without_ip_are_flows_between_stations() {
    let mut bench = Bench::new(Options::default());
    let arp = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 1], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    bench.feed(&arp);
    let record = bench.last();
    assert_eq!((record.path.as_str(), record.app.as_str(), record.ip_version), ("eth.arp", "ARP", 0));
    assert_eq!((record.source.as_str(), record.destination.as_str()), ("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"));
    bench.feed(&[&[2; 12][..], &[0x77, 0x77], &[1; 40]].concat());
    assert_eq!((bench.last().state, bench.last().path.as_str()), (State::GaveUp, "eth"));
}

#[test]
fn users_of_sctp_are_told_by_their_identifier_and_the_rest_is_sctp() {
    let user = ALL.iter().find(|protocol| protocol.key == "s1ap").unwrap();
    let example = user.examples.first().unwrap();
    let sctp = |identifier: u32, data: &[u8]| {
        let size = u16::try_from(16 + data.len()).unwrap().to_be_bytes();
        let chunk = [&[0, 3, size[0], size[1]][..], &[0; 8], &identifier.to_be_bytes(), data].concat();
        ethernet(&ipv4(132, 1, 2, &[&[0x8e, 0x3c, 0x8e, 0x3c][..], &[0; 8], &chunk].concat()))
    };
    let mut bench = Bench::new(Options::default());
    bench.feed(&sctp(18, example.data));
    assert_eq!(bench.last().path, "eth.ip.sctp.s1ap");
    let mut other = Bench::new(Options::default());
    other.feed(&sctp(0xdead_beef, b"something else"));
    assert_eq!(other.finish()[0].path, "eth.ip.sctp");
}

#[test]
fn a_wireless_frame_carries_ip_behind_llc() {
    let header = [&[0x88, 0x01, 0, 0][..], &[1; 6], &[2; 6], &[3; 6], &[0, 0, 0, 0]].concat();
    let llc = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let data = [&header[..], &llc, &ipv4(UDP, 1, 2, &dns_datagram())].concat();
    let mut bench = Bench::new(Options::default());
    let frame = Frame { at_ns: SECOND_NS, link_type: link_type::WLAN, original_size: 100, data: &data };
    bench.engine.feed(frame, &mut bench.log);
    assert_eq!(bench.last().path, "wlan.snap.ip.udp.dns");
}

#[test]
fn what_is_in_each_kind_of_tunnel_is_classified() {
    let inner = ipv4(UDP, 7, 8, &dns_datagram());
    let frame = ethernet(&inner);
    let over_udp = |port: u16, header: &[u8], inner: &[u8]| {
        ethernet(&ipv4(UDP, 1, 2, &udp(50_000, port, &[header, inner].concat())))
    };
    let over_ip = |number: u8, header: &[u8], inner: &[u8]| ethernet(&ipv4(number, 1, 2, &[header, inner].concat()));
    let labels = [0, 0, 0x10, 64, 0, 0, 0x11, 64];
    let path_header = [0x0f, 0xc2, 2, 1, 0, 0, 0x2a, 0xfe];
    let wireless =
        [&[0, 0x10, 2, 0, 0, 0, 0, 0, 1, 8, 0, 0][..], &[2; 18], &[16, 0, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat();
    let user_size = u16::try_from(frame.len()).unwrap().to_be_bytes();
    let user = [0x30, 0xff, user_size[0], user_size[1], 0, 0, 0, 7];
    let trailer = [&inner[..], &[1, 2, 2, 4], &[7; 12]].concat();
    for (packet, path) in [
        (over_ip(47, &[&[0, 0, 0x88, 0x47][..], &labels].concat(), &inner), "eth.ip.gre.mpls.mpls.ip.udp.dns"),
        (over_ip(47, &[&[0, 0, 0x89, 0x4f][..], &path_header].concat(), &inner), "eth.ip.gre.nsh.ip.udp.dns"),
        (
            over_udp(4790, &[&[12, 0, 0, 4, 0, 0, 42, 0][..], &path_header].concat(), &inner),
            "eth.ip.udp.vxlan.nsh.ip.udp.dns",
        ),
        (
            over_udp(4790, &[&[12, 0, 0, 5, 0, 0, 42, 0][..], &labels].concat(), &inner),
            "eth.ip.udp.vxlan.mpls.mpls.ip.udp.dns",
        ),
        (
            over_udp(6081, &[&[0, 0, 0x88, 0x47, 0, 0, 42, 0][..], &labels].concat(), &inner),
            "eth.ip.udp.geneve.mpls.mpls.ip.udp.dns",
        ),
        (over_udp(5247, &wireless, &inner), "eth.ip.udp.capwap.wlan.snap.ip.udp.dns"),
        (over_udp(2152, &user, &frame), "eth.ip.udp.gtp.eth.ip.udp.dns"),
        (over_udp(1701, &[0, 3, 0, 0, 0, 0, 0x12, 0x34], &frame), "eth.ip.udp.l2tp.eth.ip.udp.dns"),
        (over_ip(115, &[0, 0, 0x12, 0x34, 0xc0, 0, 0, 1], &frame), "eth.ip.l2tp.eth.ip.udp.dns"),
        (over_ip(50, &[0, 0, 1, 2, 0, 0, 0, 1], &trailer), "eth.ip.esp.ip.udp.dns"),
        (over_ip(97, &[0x30, 0], &frame), "eth.ip.etherip.eth.ip.udp.dns"),
    ] {
        let mut bench = Bench::new(Options::default());
        for _ in 0..2 {
            bench.feed(&packet); // some are sure with the second packet
        }
        let paths: Vec<String> = bench.finish().into_iter().map(|record| record.path).collect();
        assert!(paths.iter().any(|found| found == path), "{path}: {paths:?}");
    }
}
