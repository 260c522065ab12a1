//! What entries tell beside domains: certificates, ALPN, user agents, fingerprints, networks; and that a flow keeps its set.

use super::*;
use crate::formats::tls::handshake::tests as hello;
use crate::formats::x509::tests::certificate;
use crate::protocol::Value;

const CATEGORIES: &str = "[[category]]\nid=2\nkey=\"video\"\nname=\"Video\"\n[[app]]\nid=12000\nkey=\"tube\"\nname=\"Tube\"\n\
                          category=\"video\"\ndomains=[\"tube.example\"]\n";

/// A set with an application `Desk` that has these lines, beside `Tube` with its domain.
fn set(lines: &str) -> Arc<Signatures> {
    let desk = "[[app]]\nid=12001\nkey=\"desk\"\nname=\"Desk\"\ncategory=\"video\"\ndomains=[]\n";
    let text = format!("{CATEGORIES}{desk}{lines}\n");
    Arc::new(Signatures::load(&[SourceFile { name: "told.toml", text: &text }]).unwrap())
}

fn bench(lines: &str, options: Options) -> Bench {
    Bench { engine: Engine::new(set(lines), options), log: Log::default(), now_ns: SECOND_NS }
}

fn request(host: &str, agent: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n\r\n").into_bytes()
}

fn verdict(bench: &Bench) -> (&str, State, u8) {
    let record = bench.last();
    (&record.app, record.state, record.confidence)
}

#[test]
fn a_user_agent_tells_where_the_host_does_not_and_the_evidence_says_so() {
    let mut bench = bench("user_agents=[\"Desk/\"]", Options::default());
    bench.tcp(CLIENT, SERVER, 1000, ACK, &request("192.0.2.7", "Mozilla/5.0 (X11) Desk/3.1"));
    assert_eq!(verdict(&bench), ("Desk", State::Final, 85));
    let evidence = &bench.last().evidence;
    assert!(evidence.starts_with("http.user_agent=Mozilla/5.0 (X11) Desk/3.1 matches desk/ ("), "{evidence}");
    bench.tcp((3, 1), SERVER, 1000, ACK, &request("www.tube.example", "Desk/3.1"));
    assert_eq!(bench.last().app, "Tube");
    assert!(bench.last().evidence.starts_with("http.host=www.tube.example matches tube.example ("));
}

#[test]
fn a_user_agent_in_a_later_segment_revises_a_verdict_that_the_host_settled() {
    let mut bench = bench("user_agents=[\"Desk/\"]", Options::default());
    let request = request("192.0.2.7", "Desk/3.1");
    let (first, second) = request.split_at(38);
    bench.tcp(CLIENT, SERVER, 1000, ACK, first);
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("HTTP", State::Final));
    bench.tcp(CLIENT, SERVER, 1000 + 38, ACK, second);
    assert_eq!(verdict(&bench), ("Desk", State::Revised, 85));
}

#[test]
fn an_offered_protocol_counts_more_than_a_fingerprint() {
    let hello = record(&hello::client_hello(b"\x00\x10\x00\x09\x00\x07\x06desk/6"));
    let mut plain = bench("", Options::default());
    plain.tcp(CLIENT, SERVER, 1000, ACK, &hello);
    let ja4 = plain.last().metadata.iter().find_map(|(name, value)| match value {
        Value::Text(text) if name.name == "tls.ja4" => Some(text.clone()),
        _ => None,
    });
    let other = "[[app]]\nid=12002\nkey=\"other\"\nname=\"Other\"\ncategory=\"video\"\ndomains=[]\nalpn=[\"desk/\"]";
    let by_print = format!("tls_fingerprints=[\"{}\"]", ja4.unwrap());
    let mut both = bench(&format!("{by_print}\n{other}"), Options::default());
    both.tcp(CLIENT, SERVER, 1000, ACK, &hello);
    assert_eq!(verdict(&both), ("Other", State::Final, 90));
    assert!(
        both.last().evidence.starts_with("tls.alpn=desk/6 matches desk/ (ClientHello, "),
        "{}",
        both.last().evidence
    );
    let mut one = bench(&by_print, Options::default());
    one.tcp(CLIENT, SERVER, 1000, ACK, &hello);
    assert_eq!(verdict(&one), ("Desk", State::Final, 70));
    assert!(one.last().evidence.starts_with("tls.ja4=t12i"), "{}", one.last().evidence);
}

#[test]
fn a_certificate_tells_where_the_client_asked_for_no_name() {
    let answer = [server_hello(), certificate_message(&certificate("Desk Relay", "Root", &[]))].concat();
    for (client, app) in [(record(&hello::client_hello(b"")), "Desk"), (client_hello("www.other.example", 0), "TLS")] {
        let mut bench = bench("certificates=[\"Desk Relay\"]", Options::default());
        bench.tcp(CLIENT, SERVER, 1000, ACK, &client);
        bench.tcp(SERVER, CLIENT, 1, ACK, &record(&answer));
        assert_eq!(bench.last().app, app);
    }
    let answer = [server_hello(), certificate_message(&certificate("x", "Root", &["*.tube.example"]))].concat();
    let mut bench = bench("", Options::default());
    bench.tcp(CLIENT, SERVER, 1000, ACK, &record(&hello::client_hello(b"")));
    bench.tcp(SERVER, CLIENT, 1, ACK, &record(&answer));
    assert_eq!(verdict(&bench), ("Tube", State::Revised, 95));
    let evidence = &bench.last().evidence;
    assert!(evidence.starts_with("tls.certificate_name=tube.example matches tube.example ("), "{evidence}");
}

#[test]
fn a_network_is_a_guess_that_what_the_flow_says_confirms_or_revises() {
    let mut bench = bench("networks=[\"10.0.0.8/30\"]", Options::default());
    bench.tcp((1, 40_000), (9, 4443), 999, SYN, b"");
    assert_eq!(verdict(&bench), ("Desk", State::Guessed, 80));
    assert!(bench.last().evidence.contains("network of the application"), "{}", bench.last().evidence);
    bench.tcp((1, 40_000), (9, 4443), 1000, ACK, &client_hello("www.tube.example", 0));
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("Tube", State::Final));
    bench.tcp((1, 40_001), (10, 4443), 999, SYN, b"");
    assert_eq!(verdict(&bench), ("Desk", State::Guessed, 72), "it was wrong once");
    bench.tcp((1, 40_002), (12, 4443), 999, SYN, b"");
    assert_eq!(bench.last().state, State::Inspecting);
    bench.udp((1, 40_003), (9, 53), b"\x00");
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("DNS", State::Guessed));
}

#[test]
fn a_network_alone_settles_nothing_and_is_silent_when_guesses_are_off() {
    let options = Options { max_inspected_packets: 2, ..Options::default() };
    let mut open = bench("networks=[\"10.0.0.8/30\"]", options);
    for at in 0..4 {
        open.tcp((1, 40_000), (9, 4443), 1000 + at, ACK, b"\x01");
    }
    assert_eq!((open.last().app.as_str(), open.last().state), ("Desk", State::Guessed));
    assert_eq!(open.finish()[0].state, State::Guessed);
    let mut closed = bench("networks=[\"10.0.0.8/30\"]", Options { guess: false, ..options });
    closed.tcp((1, 40_000), (9, 4443), 999, SYN, b"");
    assert_eq!(closed.last().state, State::Inspecting);
}

#[test]
fn a_flow_keeps_the_entries_that_it_began_with() {
    let mut bench = bench("user_agents=[\"Desk/\"]\nnetworks=[\"10.0.0.8/30\"]", Options::default());
    bench.tcp((1, 1), SERVER, 999, SYN, b"");
    bench.engine.replace_signatures(set("networks=[\"10.0.0.16/30\"]"));
    let request = request("192.0.2.7", "Desk/3.1");
    bench.tcp((1, 1), SERVER, 1000, ACK, &request);
    assert_eq!(bench.last().app, "Desk");
    bench.tcp((1, 2), SERVER, 1000, ACK, &request);
    assert_eq!(bench.last().app, "HTTP");
    bench.tcp((1, 3), (9, 4443), 999, SYN, b"");
    assert_eq!(bench.last().state, State::Inspecting);
    bench.tcp((1, 4), (17, 4443), 999, SYN, b"");
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("Desk", State::Guessed));
}

#[test]
fn a_resolver_is_not_remembered_by_what_was_asked() {
    let mut bench = bench("", Options::default());
    let question = b"\x03www\x04tube\x07example\x00\x00\x01\x00\x01";
    let query = [&DNS_QUERY[..12], question].concat();
    for port in 40_000..40_003 {
        bench.udp((1, port), (3, 53), &query);
        assert_eq!(bench.last().app, "Tube");
    }
    bench.udp((1, 40_009), (3, 53), b"\x00");
    assert_eq!((bench.last().app.as_str(), bench.last().state), ("DNS", State::Guessed));
}

fn record(fragment: &[u8]) -> Vec<u8> {
    let size = u16::try_from(fragment.len()).unwrap().to_be_bytes();
    [&[22, 3, 3, size[0], size[1]], fragment].concat()
}

fn server_hello() -> Vec<u8> {
    [&[2, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat()
}

fn certificate_message(certificate: &[u8]) -> Vec<u8> {
    let u24 = |size: usize| u32::try_from(size).unwrap().to_be_bytes()[1..].to_vec();
    let entry = [u24(certificate.len()), certificate.to_vec()].concat();
    [vec![11], u24(entry.len() + 3), u24(entry.len()), entry].concat()
}

#[test]
fn a_hello_that_comes_whole_is_not_kept_nor_is_what_its_sender_says_behind_it() {
    let mut bench = Bench::new(Options::default());
    bench.handshake();
    let hello = client_hello("www.tube.example", 300);
    bench.tcp(CLIENT, SERVER, 1000, ACK, &hello);
    let held = bench.engine.held().inspected;
    assert!((1..hello.len()).contains(&held), "what was found, and not the hello: {held}");
    let sequence = 1000 + u32::try_from(hello.len()).unwrap();
    bench.tcp(CLIENT, SERVER, sequence, ACK, &[20, 3, 3, 0, 1, 1]);
    assert_eq!(bench.engine.held().inspected, held);
    let answer = [&[22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0xc0, 0x2f, 0]].concat();
    let (one, two) = answer.split_at(20);
    bench.tcp(SERVER, CLIENT, 5000, ACK, one);
    assert_eq!(bench.engine.held().inspected, held + one.len());
    bench.tcp(SERVER, CLIENT, 5020, ACK, two);
    let record = bench.finish().remove(0);
    let cipher = record.metadata.iter().find(|(name, _)| name.name == "tls.cipher");
    assert_eq!((record.app.as_str(), cipher.map(|(_, value)| value)), ("Tube", Some(&Value::Uint(0xc02f))));
}
