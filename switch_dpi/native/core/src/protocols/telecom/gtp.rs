//! GPRS Tunnelling Protocol, versions 0 to 2 (3GPP TS 29.060, 29.281, 29.274) and GTP' of charging (TS 32.295). Which of its
//! parts a flow is, the inspector tells as its service.

use crate::formats::gtp::{self, G_PDU, Kind, Message, elements, read};
use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::probing::inner_packets::{FrameFit, ethernet_frame};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const CARRIER: Transport = Transport::Udp;
const PORTS: [u16; 4] = [2152, 2123, 3386, 2142];
/// Datagrams read of one flow for names.
const MAX_DATAGRAMS: u8 = 6;
const ECHO_REQUEST: u8 = 1;
const ECHO_RESPONSE: u8 = 2;
const END_MARKER: u8 = 254;

/// GTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gtp",
    name: "GTP",
    selector: 1589,
    transports: &[CARRIER],
    ports: &PORTS,
    first_bytes: FirstBytes::Where(|byte| byte >> 5 <= 2),
    probe,
    inspector: Some(|| Box::<Gtp>::default()),
    tunnel: Some(gtp::carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = PORTS.contains(&sample.originator_port) || PORTS.contains(&sample.responder_port);
    let Some(message) = read(sample.data) else { return Probe::No };
    let firm = match message.kind {
        Kind::User if message.message_type == G_PDU => {
            is_packet(message.body) || ethernet_frame(message.body) == Some(FrameFit::Checked)
        }
        Kind::User => message.version == 1 && message.body.len() < 64 && elements(&message, |_| {}),
        Kind::Control => is_control(&message),
        Kind::Prime => message.version > 0 && message.body.is_empty() && message.message_type <= 2,
    };
    let what = match message.kind {
        Kind::User => "user plane message",
        Kind::Control => "control message",
        Kind::Prime => "charging message",
    };
    match (firm, is_usual_port) {
        (true, true) => matched(95, what, 8),
        (true, false) => matched(75, what, 8),
        (false, true) => matched(58, what, 8),
        (false, false) => Probe::No,
    }
}

/// An inner IP packet whose size is that of the body (TS 29.281 §7.3.1).
fn is_packet(body: &[u8]) -> bool {
    match body {
        [0x45..=0x4f, _, a, b, ..] => usize::from(u16::from_be_bytes([*a, *b])) == body.len(),
        [0x60..=0x6f, _, _, _, a, b, _, _, ..] => usize::from(u16::from_be_bytes([*a, *b])) + 40 == body.len(),
        _ => false,
    }
}

/// A type of the version, and information elements that fill the message.
fn is_control(message: &Message<'_>) -> bool {
    let is_known = match message.version {
        2 => matches!(message.message_type, 1..=3 | 25..=200),
        _ => matches!(message.message_type, 1..=7 | 16..=37 | 48..=62 | 70 | 96..=123 | 128..=129 | 240 | 241),
    };
    let mut count = 0;
    is_known
        && elements(message, |_| count += 1)
        && (count > 0 || matches!(message.message_type, ECHO_REQUEST | ECHO_RESPONSE))
}

/// Names the part, and reads a few control messages.
#[derive(Debug, Default)]
struct Gtp {
    datagrams: u8,
}

impl Inspector for Gtp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        if let Some(message) = read(sample.data) {
            found.set_service(service(&message, sample.responder_port));
            if message.kind == Kind::Control {
                found.uint(Attribute::GtpMessageType, message.message_type.into());
                read_names(&message, found);
            }
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

/// Echoes are the same in the user and the control plane of version 1: there the port tells.
fn service(message: &Message<'_>, port: u16) -> &'static str {
    let is_echo = matches!(message.message_type, ECHO_REQUEST | ECHO_RESPONSE | END_MARKER);
    match message.kind {
        Kind::Prime => "gtp-prime",
        Kind::User => "gtp-u",
        Kind::Control if message.version == 1 && is_echo && port == 2152 => "gtp-u",
        Kind::Control => "gtp-c",
    }
}

/// IMSI and access point name: types 2 and 131 before version 2, types 1 and 71 in it.
fn read_names(message: &Message<'_>, found: &mut Findings) {
    let (imsi, apn) = if message.version == 2 { (1, 71) } else { (2, 131) };
    elements(message, |(kind, value)| {
        if kind == imsi {
            let digits: Vec<u8> = value
                .iter()
                .flat_map(|byte| [byte & 0x0f, byte >> 4])
                .take_while(|digit| *digit <= 9)
                .map(|digit| b'0' + digit)
                .collect();
            found.text(Attribute::GtpImsi, &digits);
        } else if kind == apn {
            found.text(Attribute::GtpApn, &domain(value));
        }
    });
}

/// Labels behind their sizes (TS 23.003 §9.1), with dots between them.
fn domain(data: &[u8]) -> Vec<u8> {
    let (mut reader, mut name) = (crate::bytes::Reader::new(data), Vec::new());
    while let Some(label) = reader.vector8() {
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(label);
    }
    name
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 2: create session request",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x48\x20\x00\x21\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x08\x00\x00\x01\x01\x21\x43\x65\x87\xf9\x47\x00\x09\x00\x08internet",
        expect: &[(Attribute::GtpImsi, "001010123456789"), (Attribute::GtpApn, "internet")],
    },
    Example {
        title: "version 1: create PDP context request",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x32\x10\x00\x20\x00\x00\x00\x00\x00\x01\x00\x00\x02\x00\x01\x01\x21\x43\x65\x87\xf9\x10\x00\x00\x00\x01\x14\x05\x83\x00\x09\x08internet",
        expect: &[(Attribute::GtpMessageType, "16"), (Attribute::GtpApn, "internet")],
    },
    query("version 1: echo request", b"\x32\x01\x00\x04\x00\x00\x00\x00\x00\x01\x00\x00"),
    query("a user's packet", b"\x30\xff\x00\x1d\x00\x00\x00\x07\x45\x00\x00\x1d\x00\x01\x00\x00\x40\x11\x66\xcc\xc0\x00\x02\x01\xc0\x00\x02\x02\xc3\x50\x00\x35\x00\x09\xab\xcd\x2a"),
    query("GTP' echo request", b"\x4e\x01\x00\x00\x00\x07"),
];
