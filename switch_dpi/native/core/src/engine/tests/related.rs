//! What one flow tells of another: announced flows, guesses at the first packet; sites; sets of signatures.

use super::*;

const PASSIVE: &[u8] = b"220 ready\r\n331 name?\r\n230 in\r\n227 Entering Passive Mode (10,0,0,2,200,13)\r\n";

/// An answer to [`DNS_QUERY`]'s kind of question: `www.tube.example` has the address 10.0.0.9.
fn answer() -> Vec<u8> {
    let question = b"\x03www\x04tube\x07example\x00\x00\x01\x00\x01";
    let record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x09";
    [&b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"[..], question, record].concat()
}

fn looked_up(options: Options) -> Bench {
    let mut bench = Bench::new(options);
    let mut query = answer();
    query.truncate(12 + 22);
    query[2..8].copy_from_slice(&[1, 0, 0, 1, 0, 0]);
    bench.udp((1, 5353 + 1), (3, 53), &query);
    bench.udp((3, 53), (1, 5353 + 1), &answer());
    bench
}

#[test]
fn an_announced_flow_is_what_was_announced_and_knows_by_whom() {
    let mut bench = Bench::new(Options::default());
    bench.tcp((1, 40_000), (2, 21), 1000, ACK, b"USER ann\r\nPASS x\r\nPASV\r\n");
    bench.tcp((2, 21), (1, 40_000), 1, ACK, PASSIVE);
    let parent = bench.last().flow_id;
    bench.tcp((1, 40_001), (2, 51_213), 1000, SYN, b"");
    assert_eq!((bench.last().protocol.as_str(), bench.last().state), ("FTP data", State::Guessed));
    bench.tcp((2, 51_213), (1, 40_001), 1, ACK, b"\x89\x00\x01\x02 no protocol at all");
    let record = bench.last();
    assert_eq!((record.protocol.as_str(), record.state, record.parent), ("FTP data", State::Final, parent));
    assert_eq!(bench.engine.counters().announced, 1);
}

#[test]
fn bytes_that_leave_no_doubt_count_more_than_an_announcement() {
    let mut bench = Bench::new(Options::default());
    bench.tcp((1, 40_000), (2, 21), 1000, ACK, b"USER ann\r\nPASV\r\n");
    bench.tcp((2, 21), (1, 40_000), 1, ACK, PASSIVE);
    bench.tcp((1, 40_001), (2, 51_213), 1000, ACK, b"SSH-2.0-OpenSSH_9.2\r\n");
    assert_eq!(bench.last().protocol.as_str(), "SSH");
}

#[test]
fn a_looked_up_address_is_guessed_at_the_first_packet_and_confirmed() {
    let mut bench = looked_up(Options::default());
    bench.tcp((1, 40_000), (9, 4443), 999, SYN, b"");
    let record = bench.last();
    assert_eq!((record.app.as_str(), record.state, record.verdict_packet), ("Tube", State::Guessed, 1));
    assert!((50..=90).contains(&record.confidence) && record.evidence.contains("looked up"), "{}", record.evidence);
    bench.tcp((1, 40_000), (9, 4443), 1000, ACK, &client_hello("www.tube.example", 0));
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("Tube", State::Final));
    bench.tcp((2, 40_000), (9, 4444), 999, SYN, b"");
    assert_eq!(bench.last().state, State::Inspecting, "another client asked nothing");
}

#[test]
fn a_looked_up_application_stays_when_its_flow_says_nothing_known() {
    let mut bench = looked_up(Options { max_inspected_packets: 2, ..Options::default() });
    for at in 0..4 {
        bench.tcp((1, 40_000), (9, 4443), 1000 + at, ACK, b"\x01");
    }
    assert_eq!(
        (bench.last().app.as_str(), bench.last().state, bench.last().protocol.as_str()),
        ("Tube", State::Final, "Unknown")
    );
}

#[test]
fn a_server_is_guessed_from_its_earlier_flows() {
    let mut bench = Bench::new(Options::default());
    for port in 40_000..40_004 {
        bench.tcp((1, port), SERVER, 1000, ACK, &client_hello("www.tube.example", 0));
    }
    bench.tcp((3, 50_000), SERVER, 999, SYN, b"");
    let record = bench.last();
    assert_eq!((record.protocol.as_str(), record.app.as_str(), record.state), ("TLS", "Tube", State::Guessed));
    assert_eq!(record.path, "eth.ip.tcp.tls.tube");
}

#[test]
fn nothing_is_guessed_when_it_is_switched_off() {
    let mut bench = looked_up(Options { guess: false, ..Options::default() });
    bench.tcp((1, 40_000), (9, 4443), 999, SYN, b"");
    assert_eq!((bench.last().state, bench.engine.counters().guessed), (State::Inspecting, 0));
}

#[test]
fn a_site_that_nobody_knows_has_a_number_of_its_own() {
    let mut bench = Bench::new(Options::default());
    bench.tcp(CLIENT, SERVER, 1000, ACK, &client_hello("www.shop.example.co.uk", 0));
    let record = bench.last();
    assert_eq!((record.app.as_str(), record.site.as_str()), ("TLS", "example.co.uk"));
    assert_eq!(record.app_id, 0x1400_0000 | crate::signatures::sites::selector("example.co.uk"));
    assert_eq!((record.path.as_str(), record.risk), ("eth.ip.tcp.tls.example.co.uk", 0));
}

#[test]
fn a_look_up_is_named_by_what_it_asks_for_and_marked_as_itself() {
    let bench = looked_up(Options::default());
    let record = bench.last();
    assert_eq!((record.app.as_str(), record.protocol.as_str()), ("Tube", "DNS"));
    assert_eq!((record.mark_id, record.app_id, record.risk), (0x1400_0035, 0x1400_2ee0, 5));
}

#[test]
fn flows_finish_on_the_signatures_that_they_began_with() {
    let mut bench = Bench::new(Options::default());
    bench.tcp((1, 1), SERVER, 999, SYN, b"");
    let text = "[[category]]\nid=2\nkey=\"video\"\nname=\"Video\"\n\
                [[app]]\nid=12000\nkey=\"flix\"\nname=\"Flix\"\ncategory=\"video\"\ndomains=[\"tube.example\"]\n";
    let other = Signatures::load(&[SourceFile { name: "other.toml", text }]).unwrap();
    bench.engine.replace_signatures(Arc::new(other));
    let hello = client_hello("www.tube.example", 0);
    bench.tcp((1, 1), SERVER, 1000, ACK, &hello);
    assert_eq!(bench.last().app, "Tube");
    bench.tcp((1, 2), SERVER, 1000, ACK, &hello);
    assert_eq!(bench.last().app, "Flix");
    let mut apps: Vec<String> = bench.finish().into_iter().map(|record| record.app).collect();
    apps.sort();
    assert_eq!(apps, ["Flix", "Tube"]);
}

#[test]
fn segments_out_of_order_are_not_kept_when_reassembly_is_off() {
    for (reassemble, app) in [(true, "Tube"), (false, "TLS")] {
        let mut bench = Bench::new(Options { reassemble, ..Options::default() });
        bench.handshake();
        let hello = client_hello("www.tube.example", 300);
        let (first, rest) = hello.split_at(20);
        bench.tcp(CLIENT, SERVER, 1020, ACK, rest);
        bench.tcp(CLIENT, SERVER, 1000, ACK, first);
        assert_eq!(bench.finish()[0].app, app);
    }
}

/// A call's messages of H.323 between 192.0.2.5 and 192.0.2.9, between the ends of the bench.
fn call(message: &[u8]) -> Vec<u8> {
    let size = u16::try_from(message.len() + 4).unwrap().to_be_bytes();
    let mut whole = [&[3, 0], &size[..], message].concat();
    for at in 0..whole.len().saturating_sub(3) {
        match whole[at..at + 4] {
            [192, 0, 2, 5] => whole[at..at + 4].copy_from_slice(&[10, 0, 0, 1]),
            [192, 0, 2, 9] => whole[at..at + 4].copy_from_slice(&[10, 0, 0, 2]),
            _ => {}
        }
    }
    whole
}

#[test]
fn an_h323_call_leads_to_its_control_and_that_to_its_media() {
    use crate::formats::h323::signalling::tests::{CONNECT, SETUP};
    let mut bench = Bench::new(Options::default());
    bench.tcp((1, 40_000), (2, 1720), 1000, ACK, &call(SETUP));
    bench.tcp((2, 1720), (1, 40_000), 1, ACK, &call(CONNECT));
    let signalling = bench.last().flow_id;
    bench.udp((2, 30_000), (1, 5000), b"\x80\x08\0\x01\0\0\0\xa0\x12\x34\x56\x78voice");
    assert_eq!((bench.last().protocol.as_str(), bench.last().parent), ("RTP", signalling), "fast connect");
    bench.tcp((1, 40_001), (2, 4100), 1000, SYN, b"");
    assert_eq!((bench.last().protocol.as_str(), bench.last().parent), ("H.245", signalling));
    let control = bench.last().flow_id;
    let acknowledged = b"\x22\xc0\x00\x01\x02\x80\x10\x1c\x00\x00\xc0\x00\x02\x09\x17\x70\x00\xc0\x00\x02\x09\x17\x71";
    bench.tcp((2, 4100), (1, 40_001), 1, ACK, &call(acknowledged));
    bench.udp((1, 5002), (2, 6000), b"\x80\x08\0\x01\0\0\0\xa0\x12\x34\x56\x78voice");
    assert_eq!((bench.last().protocol.as_str(), bench.last().parent), ("RTP", control));
}

#[test]
fn media_belong_to_the_application_that_called() {
    let mut bench = Bench::new(Options::default());
    bench.udp((1, 5060), (2, 5060), b"INVITE sip:b@voice.tube.example SIP/2.0\r\nCall-ID: 1\r\n\r\nv=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n");
    let parent = bench.last().flow_id;
    bench.udp((2, 30_000), (1, 4000), b"\x80\x60\0\x01\0\0\0\xa0\x12\x34\x56\x78voice");
    bench.udp((2, 30_000), (1, 4000), b"\x80\x60\0\x02\0\0\x01\x40\x12\x34\x56\x78voice");
    let record = bench.last();
    assert_eq!((record.protocol.as_str(), record.app.as_str(), record.state), ("RTP", "Tube", State::Final));
    assert_eq!((record.parent, record.path.as_str()), (parent, "eth.ip.udp.rtp.tube"));
}

#[test]
fn frames_of_pptp_know_the_call_and_what_is_in_them_knows_the_frames() {
    let mut bench = Bench::new(Options::default());
    let request = [&b"\0\xa8\0\x01\x1a\x2b\x3c\x4d\0\x07\0\0\x12\x34"[..], &[0; 168 - 14]].concat();
    bench.tcp((1, 40_000), (2, 1723), 1000, ACK, &request);
    let call = bench.last().flow_id;
    let inner = ipv4(UDP, 7, 8, &udp(5000, 53, DNS_QUERY));
    let frame = [&b"\x30\x01\x88\x0b\0\0\x12\x34\0\0\0\x01\x21"[..], &inner].concat(); // the protocol in one byte
    bench.feed(&ethernet(&ipv4(47, 1, 2, &frame)));
    let records = bench.finish();
    let of = |path: &str| records.iter().find(|record| record.path == path).unwrap();
    let (gre, dns) = (of("eth.ip.gre"), of("eth.ip.gre.ppp.ip.udp.dns"));
    assert_eq!((gre.parent, dns.parent, dns.is_tunnelled), (call, gre.flow_id, true));
}

#[test]
fn a_peer_that_was_only_heard_of_is_believed_where_nothing_else_is_firm() {
    let mut bench = Bench::new(Options { max_inspected_packets: 4, ..Options::default() });
    let handshake = b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05abcdefghijklmnopqrst-TR4050-0123456789ab";
    let wanted = b"\0\0\0\x14\x14\0d1:md6:ut_pexi1eee";
    let added = b"\0\0\0\x13\x14\x01d5:added6:\x0a\0\0\x09\xc8\xd5e";
    bench.tcp((1, 40_000), (2, 6881), 1000, ACK, &[&handshake[..], &wanted[..]].concat());
    bench.tcp((2, 6881), (1, 40_000), 1, ACK, &[&handshake[..], &added[..]].concat());
    let parent = bench.log.0.first().unwrap().1.flow_id;
    bench.tcp((1, 40_001), (9, 51_413), 1000, SYN, b"");
    assert_eq!((bench.last().protocol.as_str(), bench.last().state), ("BitTorrent", State::Guessed));
    for at in 0..6_u8 {
        let payload: Vec<u8> = (0..96_u8).map(|byte| byte.wrapping_mul(73) ^ 0xa5 ^ at).collect();
        bench.tcp((1, 40_001), (9, 51_413), 1001 + 96 * u32::from(at), ACK, &payload);
    }
    let record = bench.last();
    assert_eq!((record.protocol.as_str(), record.state, record.parent), ("BitTorrent", State::Final, parent));
    assert!(record.confidence < 60, "{}", record.confidence);
    bench.tcp((3, 40_002), (9, 51_413), 1000, ACK, &client_hello("www.tube.example", 0));
    assert_eq!((bench.last().protocol.as_str(), bench.last().app.as_str()), ("TLS", "Tube"));
}
