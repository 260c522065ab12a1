//! The engine from outside: frames in, events out.

mod carried;
mod related;
mod steered;
mod told;

use std::sync::Arc;

use crate::engine::{Engine, Frame};
use crate::flow::State;
use crate::options::{Options, SECOND_NS};
use crate::report::event::{EndReason, Event, EventKind, Sink};
use crate::report::record::FlowRecord;
use crate::signatures::{Signatures, SourceFile};

pub(crate) const SYN: u8 = 0x02;
pub(crate) const ACK: u8 = 0x10;
const FIN: u8 = 0x01;
const RST: u8 = 0x04;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;

const CLIENT: (u8, u16) = (1, 40_000);
const SERVER: (u8, u16) = (2, 4_443);
const DNS_QUERY: &[u8] =
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01";

#[derive(Default)]
struct Log(Vec<(EventKind, FlowRecord)>);

impl Sink for Log {
    fn event(&mut self, event: Event<'_>) {
        self.0.push((event.kind, FlowRecord::from(event.flow)));
    }
}

struct Bench {
    engine: Engine,
    log: Log,
    now_ns: u64,
}

impl Bench {
    fn new(options: Options) -> Self {
        let text = "[[category]]\nid=17\nkey=\"network\"\nname=\"Network\"\nrisk=5\n[[category]]\nid=2\nkey=\"video\"\nname=\"Video\"\n\
                    [[app]]\nid=12000\nkey=\"tube\"\nname=\"Tube\"\ncategory=\"video\"\nrisk=45\ndomains=[\"tube.example\"]\n";
        let signatures = Signatures::load(&[SourceFile { name: "test.toml", text }]).unwrap();
        Self { engine: Engine::new(Arc::new(signatures), options), log: Log::default(), now_ns: SECOND_NS }
    }

    fn feed(&mut self, frame: &[u8]) {
        self.now_ns += 1_000_000;
        let original_size = u32::try_from(frame.len()).unwrap();
        self.engine.feed(Frame { at_ns: self.now_ns, link_type: 1, original_size, data: frame }, &mut self.log);
    }

    fn tcp(&mut self, from: (u8, u16), to: (u8, u16), sequence: u32, flags: u8, payload: &[u8]) {
        self.feed(&ethernet(&ipv4(TCP, from.0, to.0, &tcp(from.1, to.1, sequence, flags, payload))));
    }

    /// The server refuses a SYN: the answer acknowledges it.
    fn refuse(&mut self, acknowledgment: u32) {
        let mut segment = tcp(SERVER.1, CLIENT.1, 0, RST | ACK, b"");
        segment[8..12].copy_from_slice(&acknowledgment.to_be_bytes());
        self.feed(&ethernet(&ipv4(TCP, SERVER.0, CLIENT.0, &segment)));
    }

    fn udp(&mut self, from: (u8, u16), to: (u8, u16), payload: &[u8]) {
        self.feed(&ethernet(&ipv4(UDP, from.0, to.0, &udp(from.1, to.1, payload))));
    }

    fn handshake(&mut self) {
        self.tcp(CLIENT, SERVER, 999, SYN, b"");
        self.tcp(SERVER, CLIENT, 4999, SYN | ACK, b"");
        self.tcp(CLIENT, SERVER, 1000, ACK, b"");
    }

    fn kinds(&self) -> Vec<EventKind> {
        self.log.0.iter().map(|(kind, _)| *kind).collect()
    }

    fn last(&self) -> &FlowRecord {
        &self.log.0.last().unwrap().1
    }

    fn finish(&mut self) -> Vec<FlowRecord> {
        self.log.0.clear();
        self.engine.finish(&mut self.log);
        self.log.0.iter().map(|(_, record)| record.clone()).collect()
    }
}

pub(crate) fn ethernet(packet: &[u8]) -> Vec<u8> {
    let kind = if packet[0] >> 4 == 4 { [8, 0] } else { [0x86, 0xdd] };
    [&[2; 12][..], &kind, packet].concat()
}

pub(crate) fn ipv4(protocol: u8, from: u8, to: u8, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, size[0], size[1], 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
    packet.extend(payload);
    packet
}

pub(crate) fn tcp(from: u16, to: u16, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = [from.to_be_bytes(), to.to_be_bytes()].concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

pub(crate) fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(8 + payload.len()).unwrap();
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &size.to_be_bytes(), &[0, 0], payload].concat()
}

/// A ClientHello record for `name`, followed by `padding` bytes of another extension.
fn client_hello(name: &str, padding: usize) -> Vec<u8> {
    let size = |n: usize| u16::try_from(n).unwrap().to_be_bytes();
    let mut extensions = [&[0, 0][..], &size(name.len() + 5), &size(name.len() + 3), &[0], &size(name.len())].concat();
    extensions.extend(name.as_bytes());
    extensions.extend([&[0, 21][..], &size(padding), &vec![0; padding]].concat());
    let mut body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0], &size(extensions.len())].concat();
    body.extend(extensions);
    let message = [&[1, 0][..], &size(body.len()), &body].concat();
    [&[22, 3, 1][..], &size(message.len()), &message].concat()
}

#[test]
fn a_server_name_split_across_segments_in_any_order_is_found() {
    let hello = client_hello("www.tube.example", 1800);
    let (one, two) = hello.split_at(60); // inside the server name
    for swapped in [false, true] {
        let mut bench = Bench::new(Options::default());
        bench.handshake();
        let later = 1000 + u32::try_from(one.len()).unwrap();
        let mut segments = [(1000, one), (later, two)];
        if swapped {
            segments.reverse();
        }
        for (sequence, payload) in segments {
            bench.tcp(CLIENT, SERVER, sequence, ACK, payload);
        }
        let record = bench.last();
        assert_eq!((record.app.as_str(), record.protocol.as_str(), record.state), ("Tube", "TLS", State::Final));
        assert_eq!((record.verdict_packet, record.app_id, record.category.as_str()), (5, 0x1400_2ee0, "video"));
        assert_eq!(record.risk, 45);
        assert_eq!(record.path, "eth.ip.tcp.tls.tube");
        let expected = "tls.sni=www.tube.example matches tube.example (ClientHello, offset 0, ";
        assert!(record.evidence.starts_with(expected), "{}", record.evidence);
    }
}

#[test]
fn a_name_in_the_first_segment_settles_the_flow_before_the_second() {
    let hello = client_hello("www.tube.example", 1800);
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, ACK, &hello[..400]);
    assert_eq!((bench.last().app.as_str(), bench.last().state, bench.last().verdict_packet), ("Tube", State::Final, 4));
}

#[test]
fn the_protocol_is_published_as_a_guess_while_the_name_is_missing() {
    let hello = client_hello("www.tube.example", 0);
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, ACK, &hello[..30]);
    assert_eq!((bench.last().protocol.as_str(), bench.last().state), ("TLS", State::Guessed));
    bench.tcp(CLIENT, SERVER, 1030, ACK, &hello[30..]);
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("Tube", State::Final));
    assert_eq!(bench.kinds(), [EventKind::New, EventKind::Verdict, EventKind::Verdict]);
}

#[test]
fn a_guess_gives_way_to_a_better_one_and_to_none() {
    let question = b"\x00\x01\x00\x00\x00\x00\x00\x00\x03abc\x00\x00\x06\x00\x01"; // of a DNS message with this start
    for (rest, protocol, state) in [(&question[..], "DNS", State::Guessed), (&[0; 40], "Unknown", State::GaveUp)] {
        let mut bench = Bench::new(Options::default());
        bench.handshake();
        bench.tcp(CLIENT, SERVER, 1000, ACK, b"GET / ");
        assert_eq!((bench.last().protocol.as_str(), bench.last().state), ("HTTP", State::Guessed));
        bench.tcp(CLIENT, SERVER, 1006, ACK, rest);
        assert_eq!((bench.last().protocol.as_str(), bench.last().state), (protocol, state));
        assert_eq!(bench.kinds(), [EventKind::New, EventKind::Verdict, EventKind::Verdict]);
    }
}

#[test]
fn who_answers_a_syn_is_the_responder() {
    let mut bench = Bench::new(Options::default());
    bench.tcp(SERVER, CLIENT, 1, SYN | ACK, b"");
    bench.tcp(CLIENT, SERVER, 1, ACK, b"GET / HTTP/1.1\r\nHost: tube.example\r\n\r\n");
    let record = bench.last();
    assert_eq!((record.source.as_str(), record.source_port, record.destination_port), ("10.0.0.1", 40_000, 4_443));
    assert_eq!((record.volume[0].packets, record.volume[1].packets), (1, 1));
    assert_eq!((record.app.as_str(), record.protocol.as_str()), ("Tube", "HTTP"));
}

#[test]
fn a_server_that_speaks_first_is_recognised() {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(SERVER, CLIENT, 5000, ACK, b"SSH-2.0-OpenSSH_9.2\r\n");
    assert_eq!(bench.last().protocol.as_str(), "SSH");
}

#[test]
fn a_syn_on_a_closed_connection_opens_a_new_flow() {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, FIN | ACK, b"?");
    bench.tcp(CLIENT, SERVER, 1000, SYN, b""); // one side only: still the old flow
    bench.tcp(SERVER, CLIENT, 5000, FIN | ACK, b"");
    bench.tcp(CLIENT, SERVER, 1002, ACK, b"");
    assert_eq!(bench.engine.flow_count(), 1);
    bench.tcp(CLIENT, SERVER, 70_000, SYN, b"");
    let ended: Vec<_> = bench.kinds().into_iter().filter(|kind| matches!(kind, EventKind::Ended(_))).collect();
    assert_eq!(ended, [EventKind::Ended(EndReason::Fin)]);
    assert_eq!(bench.kinds().last(), Some(&EventKind::New));
}

#[test]
fn a_reset_that_its_receiver_ignores_ends_no_inspection() {
    let mut bench = Bench::new(Options::default());
    bench.tcp(CLIENT, SERVER, 999, SYN, b"");
    bench.tcp(CLIENT, SERVER, 70_000, RST | ACK, b""); // of the last connection, overtaken by the SYN
    bench.tcp(SERVER, CLIENT, 90_000, RST | ACK, b"");
    bench.refuse(70_000);
    bench.tcp(SERVER, CLIENT, 4999, SYN | ACK, b"");
    bench.tcp(SERVER, CLIENT, 5001, RST, b""); // in the window: it is asked whether it meant that
    assert_eq!(bench.last().state, State::Inspecting);
    bench.tcp(SERVER, CLIENT, 5000, ACK, b"SSH-2.0-OpenSSH_9.2\r\n");
    assert_eq!(bench.last().protocol.as_str(), "SSH");
}

#[test]
fn a_reset_where_it_is_expected_ends_the_inspection() {
    let refused = |bench: &mut Bench| bench.refuse(1000);
    let cut = |bench: &mut Bench| {
        bench.tcp(SERVER, CLIENT, 4999, SYN | ACK, b"");
        bench.tcp(CLIENT, SERVER, 1000, FIN | ACK, b"?");
        bench.tcp(CLIENT, SERVER, 1002, RST, b"");
    };
    for end in [refused, cut] {
        let mut bench = Bench::new(Options::default());
        bench.tcp(CLIENT, SERVER, 999, SYN, b"");
        end(&mut bench);
        assert_eq!(bench.last().state, State::GaveUp);
    }
}

#[test]
fn an_answer_to_another_syn_opens_a_new_flow_though_the_old_one_did_not_end() {
    let mut bench = Bench::new(Options { guess: false, ..Options::default() });
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, ACK, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    bench.tcp(SERVER, CLIENT, 4999, SYN | ACK, b""); // once more: what came did not arrive
    bench.tcp(CLIENT, SERVER, 70_000, SYN, b""); // whoever sends this alone changes nothing
    assert!(!bench.kinds().iter().any(|kind| matches!(kind, EventKind::Ended(_))));
    bench.tcp(SERVER, CLIENT, 90_000, SYN | ACK, b"");
    assert_eq!(bench.kinds()[bench.log.0.len() - 2..], [EventKind::Ended(EndReason::Idle), EventKind::New]);
    assert_eq!(bench.last().source_port, CLIENT.1);
}

#[test]
fn an_answer_to_another_attempt_before_anything_was_said_is_of_the_same_flow() {
    let mut bench = Bench::new(Options { guess: false, ..Options::default() });
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 70_000, SYN, b"");
    bench.tcp(SERVER, CLIENT, 90_000, SYN | ACK, b"");
    bench.tcp(CLIENT, SERVER, 70_001, ACK, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_eq!(
        (bench.kinds().iter().filter(|kind| **kind == EventKind::New).count(), bench.last().protocol.clone()),
        (1, "HTTP".to_owned())
    );
}

#[test]
fn a_syn_after_a_refused_one_is_the_same_flow_until_something_was_said() {
    let mut bench = Bench::new(Options::default());
    bench.tcp(CLIENT, SERVER, 10, SYN, b"");
    bench.refuse(11);
    bench.tcp(CLIENT, SERVER, 70_000, SYN, b"");
    bench.refuse(70_001);
    assert_eq!(bench.engine.flow_count(), 1);
    bench.tcp(SERVER, CLIENT, 5, SYN, b""); // from the other end: another flow
    assert_eq!(bench.kinds().iter().filter(|kind| matches!(kind, EventKind::Ended(_))).count(), 1);

    let mut bench = Bench::new(Options::default());
    bench.tcp(CLIENT, SERVER, 10, SYN, b"");
    bench.refuse(11);
    bench.handshake();
    bench.tcp(CLIENT, SERVER, 1000, ACK, b"GET / HTTP/1.1\r\nHost: www.tube.example\r\n\r\n");
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("Tube", State::Final));
    bench.tcp(SERVER, CLIENT, 5000, RST, b"");
    bench.tcp(CLIENT, SERVER, 90_000, SYN, b"");
    let records = bench.finish();
    assert_eq!(records.iter().map(|record| record.app.as_str()).collect::<Vec<_>>(), ["Unknown"]);
    assert_eq!((bench.engine.counters().flows, bench.engine.counters().classified), (2, 1));
}

#[test]
fn flows_end_by_reset_by_idleness_and_by_shutdown() {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.tcp(SERVER, CLIENT, 5000, RST, b"");
    bench.udp((3, 9), (4, 9), b"?");
    bench.log.0.clear();
    bench.engine.advance(bench.now_ns + 20 * SECOND_NS, &mut bench.log);
    assert_eq!(bench.kinds(), [EventKind::Ended(EndReason::Rst)]);
    bench.engine.advance(bench.now_ns + 200 * SECOND_NS, &mut bench.log);
    assert_eq!(bench.kinds().last(), Some(&EventKind::Ended(EndReason::Idle)));
    bench.udp((3, 9), (4, 9), b"?");
    bench.finish();
    assert_eq!(bench.kinds(), [EventKind::Ended(EndReason::Shutdown)]);
    assert_eq!(bench.engine.flow_count(), 0);
}

#[test]
fn the_table_is_bounded_and_the_flow_idle_for_longest_makes_room() {
    let mut bench = Bench::new(Options { max_flows: 3, ..Options::default() });
    for port in 1..=3 {
        bench.udp((1, port), (2, 9), b"?");
    }
    bench.udp((1, 1), (2, 9), b"?"); // no longer the oldest
    bench.udp((1, 4), (2, 9), b"?");
    let evicted: Vec<_> =
        bench.log.0.iter().filter(|(kind, _)| *kind == EventKind::Ended(EndReason::Evicted)).collect();
    assert_eq!(evicted.iter().map(|(_, record)| record.source_port).collect::<Vec<_>>(), [2]);
    assert_eq!((bench.engine.flow_count(), bench.engine.counters().evicted), (3, 1));
}

#[test]
fn a_flow_that_nobody_claims_is_given_up_and_says_so() {
    let mut bench = Bench::new(Options::default());
    bench.udp((1, 1), (2, 53), &[0xff; 40]);
    let record = bench.last();
    assert_eq!((record.state, record.app.as_str(), record.app_id), (State::GaveUp, "Unknown", 0x1400_0000));
    assert_eq!(bench.kinds(), [EventKind::New, EventKind::Verdict]);
}

#[test]
fn a_flow_that_says_nothing_is_given_up_when_its_time_is_over() {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    bench.engine.advance(bench.now_ns + 61 * SECOND_NS, &mut bench.log);
    assert_eq!((bench.kinds().last(), bench.last().state), (Some(&EventKind::Verdict), State::GaveUp));
}

#[test]
fn a_name_that_is_asked_for_does_not_make_the_dns_flow_the_application() {
    let mut bench = Bench::new(Options::default());
    let query = [&DNS_QUERY[..12], b"\x04tube\x07example\x00\x00\x01\x00\x01"].concat();
    bench.udp((1, 5000), (2, 9999), &query);
    let record = bench.last();
    assert_eq!((record.app.as_str(), record.protocol.as_str()), ("Tube", "DNS"));
}

#[test]
fn vlans_keep_equal_addresses_apart() {
    let mut bench = Bench::new(Options::default());
    let packet = ipv4(UDP, 1, 2, &udp(5, 53, DNS_QUERY));
    for tags in [vec![], vec![0x81, 0, 0, 7], vec![0x88, 0xa8, 0, 9, 0x81, 0, 0, 8]] {
        bench.feed(&[&[2; 12][..], &tags, &[8, 0], &packet].concat());
    }
    let records = bench.finish();
    let mut vlans: Vec<_> = records.iter().map(|record| (record.vlan, record.path.as_str())).collect();
    vlans.sort_unstable();
    assert_eq!(vlans, [(0, "eth.ip.udp.dns"), (7, "eth.vlan.ip.udp.dns"), (8, "eth.vlan.vlan.ip.udp.dns")]);
}

#[test]
fn ipv6_extension_headers_are_skipped() {
    let datagram = udp(5, 53, DNS_QUERY);
    let chain = [&[60, 0, 1, 4, 0, 0, 0, 0][..], &[UDP, 0, 1, 4, 0, 0, 0, 0], &datagram].concat();
    let size = u16::try_from(chain.len()).unwrap().to_be_bytes();
    let packet = [&[0x60, 0, 0, 0, size[0], size[1], 0, 64][..], &[0xfd; 16], &[0xfe; 16], &chain].concat();
    let mut bench = Bench::new(Options::default());
    bench.feed(&ethernet(&packet));
    assert_eq!((bench.last().path.as_str(), bench.last().source_port), ("eth.ip6.udp.dns", 5));
}

#[test]
fn an_echo_and_its_reply_are_a_flow_with_the_identifier_and_the_kind_of_message() {
    let mut bench = Bench::new(Options::default());
    bench.feed(&ethernet(&ipv4(1, 1, 2, &[8, 0, 0, 0, 0x12, 0x34, 0, 1])));
    bench.feed(&ethernet(&ipv4(1, 2, 1, &[0, 0, 0, 0, 0x12, 0x34, 0, 1])));
    let records = bench.finish();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((record.app.as_str(), record.state), ("ICMP", State::Final));
    assert_eq!((record.source_port, record.destination_port), (0x1234, 0x0800));
}

#[test]
fn no_frame_does_harm_however_it_is_cut_or_changed() {
    let mut bench = Bench::new(Options::default());
    let whole = ethernet(&ipv4(TCP, 1, 2, &tcp(1, 2, 5, ACK, &client_hello("www.tube.example", 10))));
    for end in 0..whole.len() {
        bench.feed(&whole[..end]);
    }
    for at in 0..whole.len() {
        for byte in [0, 0x44, 0x4f, 0x60, 0xff] {
            let mut changed = whole.clone();
            changed[at] = byte;
            bench.feed(&changed);
        }
    }
    assert!(bench.engine.counters().malformed > 0);
}

#[test]
fn memory_for_streams_is_bounded_over_all_flows() {
    let mut bench = Bench::new(Options { max_held_bytes: 2000, ..Options::default() });
    for port in 1..=4 {
        bench.tcp((1, port), SERVER, 1000, ACK, &[&b"POST /"[..], &[b'a'; 900]].concat());
    }
    assert_eq!(bench.engine.counters().held_bytes_exceeded, 2);
}

#[test]
fn memory_for_metadata_is_bounded_over_all_flows_and_given_back() {
    let mut bench = Bench::new(Options { max_held_bytes: 800, ..Options::default() });
    let request = [b"GET /", &[b'a'; 300][..], b" HTTP/1.1\r\n\r\n"].concat();
    let exchange = |bench: &mut Bench, port| {
        bench.tcp((1, port), SERVER, 1000, ACK, &request);
        bench.tcp(SERVER, (1, port), 1, ACK, b"HTTP/1.1 200 OK\r\n\r\n");
    };
    let kept = |records: &[FlowRecord]| records.iter().map(|record| record.metadata.len()).collect::<Vec<_>>();
    (1..=4).for_each(|port| exchange(&mut bench, port));
    assert_eq!(bench.engine.counters().values_dropped, 6);
    assert_eq!(kept(&bench.finish()), [3, 3, 0, 0]);
    exchange(&mut bench, 5);
    assert_eq!(kept(&bench.finish()), [3]);
}

#[test]
fn the_inspection_budget_ends_a_flow_that_keeps_everybody_waiting() {
    let mut bench = Bench::new(Options { max_inspected_packets: 5, ..Options::default() });
    bench.handshake();
    for at in 0..8 {
        bench.tcp(CLIENT, SERVER, 1000 + at, ACK, b"A");
    }
    assert_eq!((bench.last().state, bench.last().verdict_packet), (State::GaveUp, 8));
}
