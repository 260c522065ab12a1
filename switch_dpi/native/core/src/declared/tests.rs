//! Declared protocols from outside: a data file and frames in, events out. The protocol is made up here.

use std::sync::Arc;

use crate::declared::{FIRST_ATTRIBUTE, FIRST_SELECTOR};
use crate::engine::tests::{ACK, SYN, TCP, UDP, ethernet, ipv4, tcp, udp};
use crate::engine::{Engine, Frame};
use crate::flow::State;
use crate::options::{Options, SECOND_NS};
use crate::protocol::Transport;
use crate::protocol::attributes::Attribute;
use crate::protocols::ALL;
use crate::report::app_id::AppId;
use crate::report::event::{Event, EventKind, Sink};
use crate::report::json;
use crate::report::record::FlowRecord;
use crate::signatures::{Signatures, SourceFile};

const CATEGORIES: &str = "[[category]]\nid=33\nkey=\"industrial\"\nname=\"Industry\"\nrisk=40\n\
    [[app]]\nid=43900\nkey=\"acme-cloud\"\nname=\"Acme Cloud\"\ncategory=\"industrial\"\ndomains=[\"acme.example\"]\n";

/// Request: `ACME`, version, kind, unit, size of the rest, host behind its size. Answer: `ACMR`, state, address, text.
const ACME: &str = r#"[[protocol]]
id = 9100
key = "acme"
name = "Acme Control"
category = "industrial"
transports = ["tcp", "udp"]
ports = [7001]

[[protocol.pattern]]
direction = "originator"
bytes = [{ text = "ACME" }, { offset = 4, hex = "10", mask = "f0" }]
length = { offset = 8, size = 2, least = 1, most = 300 }
next = { bytes = [{ text = "ACMR" }], least_size = 5 }

[[protocol.pattern]]
direction = "either"
regex = 'acme-hello v[0-9]+\.[0-9]+ [a-z]+\r\n'
confidence = 85

[[protocol.field]]
name = "acme.unit"
type = "uint"
direction = "originator"
bytes = [{ text = "ACME" }]
offset = 6
size = 2

[[protocol.field]]
name = "acme.host"
type = "text"
direction = "originator"
bytes = [{ text = "ACME" }]
offset = 10
prefix = 1
host = true

[[protocol.field]]
name = "acme.state"
type = "uint"
direction = "responder"
bytes = [{ text = "ACMR" }]
offset = 4
size = 1

[[protocol.field]]
name = "acme.peer"
id = 0x9001
type = "ip"
direction = "responder"
bytes = [{ text = "ACMR" }]
offset = 5
size = 4

[[protocol.field]]
name = "acme.version"
type = "text"
regex = 'acme-hello v([0-9]+\.[0-9]+)'
group = 1

[[protocol.example]]
title = "a request and its answer"
transport = "tcp"
messages = [
    { direction = "originator", hex = "41434d45 11 02 0007 000a 09 706c632e61636d65 2e" },
    { direction = "responder", hex = "41434d52 03 c0000201" },
]
expect = { "acme.unit" = 7, "acme.state" = 3, "acme.peer" = "192.0.2.1" }

[[protocol.counter_example]]
title = "another version"
transport = "udp"
messages = [{ direction = "originator", hex = "41434d45 21 02 0007 0001 00" }]
"#;

const HOST: &[u8] = b"plc7.acme.example";
const ANSWER: &[u8] = b"ACMR\x03\xc0\x00\x02\x01";
const CLIENT: (u8, u16) = (1, 41_000);
const SERVER: (u8, u16) = (2, 39_999);

fn request() -> Vec<u8> {
    let size = u8::try_from(HOST.len()).unwrap();
    [&b"ACME\x11\x02\x00\x07\x00"[..], &[size + 1, size], HOST].concat()
}

fn load(acme: &str) -> Result<Signatures, String> {
    let files = [("base.toml", CATEGORIES), ("acme.toml", acme)].map(|(name, text)| SourceFile { name, text });
    Signatures::load(&files).map_err(|error| error.to_string())
}

#[derive(Default)]
struct Log {
    last: Option<FlowRecord>,
    line: String,
    verdicts: usize,
}

impl Sink for Log {
    fn event(&mut self, event: Event<'_>) {
        self.verdicts += usize::from(event.kind == EventKind::Verdict);
        self.last = Some(FlowRecord::from(event.flow));
        self.line.clear();
        json::write_record(&mut self.line, "c", &event.flow).unwrap();
    }
}

struct Bench {
    engine: Engine,
    log: Log,
    now_ns: u64,
    sequences: [u32; 2],
}

impl Bench {
    fn new(acme: &str) -> Self {
        let options = Options { max_inspected_packets: 500, ..Options::default() };
        let engine = Engine::new(Arc::new(load(acme).unwrap()), options);
        Self { engine, log: Log::default(), now_ns: SECOND_NS, sequences: [1000, 5000] }
    }

    fn feed(&mut self, frame: &[u8]) {
        self.now_ns += 1_000_000;
        let original_size = u32::try_from(frame.len()).unwrap();
        self.engine.feed(Frame { at_ns: self.now_ns, link_type: 1, original_size, data: frame }, &mut self.log);
    }

    fn handshake(&mut self) {
        self.feed(&ethernet(&ipv4(TCP, 1, 2, &tcp(CLIENT.1, SERVER.1, 999, SYN, b""))));
        self.feed(&ethernet(&ipv4(TCP, 2, 1, &tcp(SERVER.1, CLIENT.1, 4999, SYN | ACK, b""))));
    }

    /// Sends in pieces of `size` bytes.
    fn say(&mut self, is_reply: bool, payload: &[u8], size: usize) {
        let (from, to) = if is_reply { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
        for piece in payload.chunks(size) {
            let sequence = &mut self.sequences[usize::from(is_reply)];
            let segment = tcp(from.1, to.1, *sequence, ACK, piece);
            *sequence += u32::try_from(piece.len()).unwrap();
            self.feed(&ethernet(&ipv4(TCP, from.0, to.0, &segment)));
        }
    }

    fn send(&mut self, is_reply: bool, payload: &[u8]) {
        let (from, to) = if is_reply { (SERVER, CLIENT) } else { (CLIENT, SERVER) };
        self.feed(&ethernet(&ipv4(UDP, from.0, to.0, &udp(from.1, to.1, payload))));
    }

    fn end(&mut self) -> FlowRecord {
        self.engine.finish(&mut self.log);
        self.log.last.clone().unwrap()
    }
}

fn values(record: &FlowRecord) -> Vec<String> {
    let mut values: Vec<String> =
        record.metadata.iter().map(|(attribute, value)| format!("{}={value:?}", attribute.name)).collect();
    values.sort();
    values
}

#[test]
fn a_stream_is_told_by_both_directions_at_once_or_byte_by_byte() {
    let mut told = Vec::new();
    for size in [1000, 7, 1] {
        let mut bench = Bench::new(ACME);
        bench.handshake();
        bench.say(false, &request(), size);
        bench.say(true, ANSWER, size);
        let record = bench.end();
        assert_eq!((record.protocol.as_str(), record.state, record.confidence), ("Acme Control", State::Final, 99));
        assert_eq!((record.app.as_str(), record.app_id), ("Acme Cloud", AppId::ours(43_900).0));
        assert_eq!((record.category.as_str(), record.path.as_str()), ("industrial", "eth.ip.tcp.acme.acme-cloud"));
        assert!(record.evidence.contains("acme.host=plc7.acme.example matches acme.example"), "{}", record.evidence);
        assert!(bench.log.line.contains(r#""acme.unit":7,"#), "{}", bench.log.line);
        told.push(values(&record));
    }
    let expected = [
        "acme.host=Text(\"plc7.acme.example\")",
        "acme.peer=Text(\"192.0.2.1\")",
        "acme.state=Uint(3)",
        "acme.unit=Uint(7)",
    ];
    assert!(told.iter().all(|values| values == &expected), "{told:?}");
}

#[test]
fn datagrams_are_told_by_their_answer_and_what_was_asked_is_read_too() {
    let mut bench = Bench::new(ACME);
    bench.send(false, &request());
    assert_eq!(bench.log.verdicts, 0);
    bench.send(true, ANSWER);
    let record = bench.end();
    assert_eq!((record.protocol.as_str(), record.verdict_packet), ("Acme Control", 2));
    assert_eq!(values(&record).len(), 4);
    for (asked, answered) in [(&request()[..20], ANSWER), (&request()[..], &b"ACMQ\x03"[..])] {
        let mut bench = Bench::new(ACME);
        bench.send(false, asked);
        bench.send(true, answered);
        assert_eq!(bench.end().state, State::GaveUp);
    }
}

#[test]
fn an_expression_tells_whoever_speaks_first() {
    for is_reply in [false, true] {
        let mut bench = Bench::new(ACME);
        bench.handshake();
        bench.say(is_reply, b"acme-hello v2.31 plant\r\n", 1);
        let record = bench.end();
        assert_eq!((record.app_key.as_str(), record.confidence), ("acme", 85));
        assert_eq!(record.evidence, "pattern 2 (acme.toml, offset 0, 0 bytes)");
        assert_eq!(values(&record), ["acme.version=Text(\"2.31\")"]);
    }
}

#[test]
fn flows_keep_the_names_of_the_set_that_they_began_with() {
    let mut bench = Bench::new(ACME);
    bench.handshake();
    bench.say(false, b"acme-hello v2.31 ", 99);
    let other = ACME.replace("Acme Control", "Other").replace("acme.version", "acme.release");
    bench.engine.replace_signatures(Arc::new(load(&other).unwrap()));
    bench.say(false, b"plant\r\n", 99);
    let record = bench.end();
    assert_eq!(
        (record.protocol.as_str(), values(&record).concat()),
        ("Acme Control", "acme.version=Text(\"2.31\")".into())
    );
}

#[test]
fn a_flow_of_an_earlier_set_teaches_the_new_one_nothing() {
    for replaced in [false, true] {
        let mut bench = Bench::new(ACME);
        bench.send(false, &request());
        if replaced {
            bench.engine.replace_signatures(Arc::new(load(ACME).unwrap()));
        }
        bench.send(true, ANSWER);
        let again = udp(CLIENT.1 + 1, SERVER.1, b"?");
        bench.feed(&ethernet(&ipv4(UDP, CLIENT.0, SERVER.0, &again)));
        let expected = if replaced { State::Inspecting } else { State::Guessed };
        assert_eq!(bench.log.last.as_ref().unwrap().state, expected);
    }
}

#[test]
fn a_set_knows_its_protocols_and_attributes() {
    let set = load(ACME).unwrap();
    let last = set.protocols().last().unwrap();
    assert_eq!((last.key, last.name, last.selector), ("acme", "Acme Control", 9100));
    assert_eq!(set.protocol(ALL.len()), Some(last));
    assert_eq!(set.protocol(ALL.len() + 1), None);
    assert_eq!(set.attribute(0x9001).unwrap().name, "acme.peer");
    let unit = set.attributes().find(|attribute| attribute.name == "acme.unit").unwrap();
    assert!(unit.id >= FIRST_ATTRIBUTE && set.attribute(unit.id) == Some(unit));
    assert_eq!(set.category(set.protocol_category(ALL.len())).unwrap().key, "industrial");
    assert_eq!(set.protocol_risk(ALL.len()), 40);
    let own = load(&ACME.replace("\nports", "\nrisk = 100\nports")).unwrap();
    assert_eq!(own.protocol_risk(ALL.len()), 100);
    assert!(set.warnings().is_empty());
    assert!(ALL.iter().all(|native| native.selector < FIRST_SELECTOR));
    assert!(Attribute::ALL.iter().all(|native| native.id() < FIRST_ATTRIBUTE));
}

#[test]
fn faults_name_file_line_and_what_was_expected() {
    for (good, bad, line, text) in [
        ("id = 9100", "id = 10100", 2, "id 10100 of acme is not between 9000 and 9999"),
        ("key = \"acme\"", "key = \"tls\"", 3, "key tls is that of protocol tls already"),
        ("\"industrial\"", "\"none\"", 5, "category none of acme is not declared"),
        ("[\"tcp\", \"udp\"]", "[\"sctp\"]", 6, "transport \"sctp\", tcp or udp was expected"),
        ("\nports", "\nport", 7, "unknown field `port`"),
        ("\nports", "\nrisk = 101\nports", 7, "risk 101 of acme is not between 0 and 100"),
        ("hex = \"10\", mask", "hex = \"11\", mask", 11, "bytes have a bit that the mask does not"),
        ("offset = 4, hex", "offset = -4, hex", 11, "counts from the end, which a stream does not have"),
        (", most = 300", "", 12, "most (and least) were expected"),
        ("v[0-9]+", "(v[0-9]+", 17, "unclosed group"),
        ("\\r\\n'", "$'", 17, "what follows a match"),
        ("'acme-hello v[0-9]+\\.[0-9]+ [a-z]+\\r\\n'", "'[a-z]+\\r'", 15, "fixes 11 bits over TCP, at least 16"),
        ("\"acme.unit\"\ntype", "\"unit\"\ntype", 21, "is not like acme.unit"),
        ("\"acme.unit\"\ntype", "\"tls.sni\"\ntype", 21, "is Uint, but the native attribute is Text"),
        ("id = 0x9001", "id = 5", 47, "id 5 of field acme.peer is not from 32768 to 65535"),
        ("group = 1", "group = 2", 57, "expression has no group 2"),
        ("\"acme.unit\" = 7", "\"acme.unit\" = 8", 60, "should have acme.unit = 8, but has [\"7\"]"),
        ("41434d52 03", "41434d53 03", 60, "should be claimed by it, but is unknown"),
        ("000a 09", "zz0a 09", 64, "'z' (character 21) is not a hexadecimal digit"),
        ("hex = \"41434d45 21 02 0007 0001 00\"", "text = \"acme-hello v1.1 x\\r\\n\"", 69, "is claimed by acme"),
        ("ports = [7001]", "replaces = [\"x\"]", 7, "replaces \"x\", which is no native protocol"),
    ] {
        assert_eq!(ACME.matches(good).count().min(1), 1, "{good}");
        let error = load(&ACME.replacen(good, bad, 1)).unwrap_err();
        assert!(
            error.starts_with(&format!("acme.toml:{line}: ")) && error.contains(text),
            "{error}, not {line}: {text}"
        );
    }
}

const HELLO: &str = r#"[[protocol]]
id = 9101
key = "hello"
name = "Hello"
category = "industrial"
transports = ["tcp"]
[[protocol.pattern]]
direction = "originator"
bytes = [{ hex = "00524551" }]
[[protocol.example]]
title = "any"
transport = "tcp"
messages = [{ direction = "originator", hex = "00524551 ff" }]
"#;

#[test]
fn what_a_native_protocol_shows_is_taken_only_by_who_replaces_it() {
    let error = load(HELLO).unwrap_err();
    assert!(error.starts_with("acme.toml:1: pattern 1 of hello claims the example"), "{error}");
    assert!(error.contains("of the protocol gearman: fix more bytes, or say replaces = [\"gearman\"]"), "{error}");
    let replacing = HELLO.replace("category", "replaces = [\"gearman\"]\ncategory");
    let set = load(&replacing).unwrap();
    let native = ALL.iter().position(|native| native.key == "gearman").unwrap();
    let beginning = set.ports().beginning(Transport::Tcp, 0);
    assert!(!beginning.contains(native) && beginning.contains(ALL.len()));
}

#[test]
fn what_fixes_little_is_a_guess_and_its_author_is_told() {
    let weak = HELLO.replace("{ hex = \"00524551\" }", "{ hex = \"fff3a0\", mask = \"fffff0\" }");
    let weak = weak.replace("00524551 ff", "fff3a7").replace("direction = \"originator\"\nb", "confidence = 95\nb");
    let set = load(&weak).unwrap();
    let warnings: Vec<String> = set.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["acme.toml:8: confidence 95 is lowered to 59: the pattern fixes 20 bits over TCP"]);
}
