//! CoAP over UDP (RFC 7252) and TCP (RFC 8323), with Shelly's announcements: methods, paths and the host. A message has few
//! fixed bits, so its options must be known, in order and of a legal size.

use crate::formats::coap_message::{Message, OptionReader, has_udp_form, over_tcp, over_udp};
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

const PORT: u16 = 5683;
/// Capabilities and settings: what each end sends first over TCP (RFC 8323 §5.3).
const CSM: u8 = 0xe1;
/// Bits that are fixed in messages compared; random bytes have none.
const FIRM_BITS: u32 = 32;
const URI_HOST: u32 = 3;
const URI_PATH: u32 = 11;
const URI_QUERY: u32 = 15;

/// CoAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "coap",
    name: "COAP",
    selector: 362,
    category: "iot",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[PORT],
    first_bytes: FirstBytes::Any,
    max_probe_size: 512,
    probe: |sample| answer(if sample.transport.is_stream() { stream(sample) } else { datagram(sample) }),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn datagram(sample: &Sample<'_>) -> Verdict {
    let Some(message) = over_udp(sample.data) else {
        require(sample.is_at_port(&[PORT]) && has_udp_form(sample.data))?;
        return Ok(matched(52, "form of a CoAP message", sample.data.len()));
    };
    let mut bits = message.fixed_bits;
    // an answer repeats the token, and an acknowledgement the message id (RFC 7252 §4.2, §5.3.1)
    if let Some(asked) = over_udp(sample.reverse).filter(|asked| asked.is_request() != message.is_request()) {
        let same_token = asked.token == message.token && !asked.token.is_empty();
        bits += if asked.id == message.id { 16 } else { 0 };
        bits += if same_token { 8 * u32::try_from(asked.token.len()).unwrap_or(0) } else { 0 };
    }
    let size = sample.data.len();
    match bits {
        bits if bits >= FIRM_BITS => Ok(matched(75, "CoAP message", size)),
        _ if sample.is_at_port(&[PORT]) => Ok(matched(58, "CoAP message", size)),
        _ => Ok(Probe::NeedMore),
    }
}

/// The settings, and what follows them.
fn stream(sample: &Sample<'_>) -> Verdict {
    let first = over_tcp(sample.data)?;
    require(first.code == CSM || first.fixed_bits > 20)?;
    let next = over_tcp(sample.data.get(first.size..).unwrap_or_default());
    let bits = first.fixed_bits + next.map_or(0, |next| next.fixed_bits);
    require(next.map_or_else(|stopped| stopped == Probe::NeedMore, |_| true))?;
    match bits {
        bits if bits >= FIRM_BITS => Ok(matched(75, "CoAP messages over TCP", first.size)),
        _ if sample.is_at_port(&[PORT]) && first.code == CSM => Ok(matched(59, "CoAP settings", first.size)),
        _ => Ok(Probe::NeedMore),
    }
}

/// Code, path and host of the requests.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if !sample.transport.is_stream() {
        if let Some(message) = over_udp(sample.data) {
            read_message(&message, found);
        }
        return Progress::Settled;
    }
    let mut rest = sample.data;
    while let Ok(message) = over_tcp(rest) {
        read_message(&message, found);
        rest = rest.get(message.size..).unwrap_or_default();
    }
    Progress::Settled
}

fn read_message(message: &Message<'_>, found: &mut Findings) {
    if !message.is_request() {
        return;
    }
    found.uint(Attribute::CoapCode, message.code.into());
    let mut path = Vec::new();
    for option in OptionReader::new(message.options) {
        match option.number {
            URI_HOST => found.set_host(option.value),
            URI_QUERY if option.value.starts_with(b"lwm2m=") => found.set_service("lwm2m"), // OMA LwM2M 1.2 §6.2.1
            URI_PATH => path.extend([b"/", option.value].concat()),
            _ => {}
        }
    }
    if !path.is_empty() {
        found.text(Attribute::CoapPath, &path);
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "GET coap://example.org/temperature",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x41\x01\x7d\x34\x20\x3bexample.org\x8btemperature",
        expect: &[(Attribute::CoapCode, "1"), (Attribute::CoapPath, "/temperature")],
    },
    Example {
        title: "POST of a device's registration",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x44\x02\x00\x01\xde\xad\xbe\xef\xb2rd\x11\x28\x39lwm2m=1.1\x07ep=dev1\xff</1/0>",
        expect: &[(Attribute::CoapCode, "2"), (Attribute::CoapPath, "/rd")],
    },
    Example {
        title: "settings, then GET over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x40\xe1\x22\x04\x80\x20\xc1\x01\x4a\xbbtemperature",
        expect: &[(Attribute::CoapPath, "/temperature")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_message_waits_for_its_answer() {
        let ping = Sample { transport: Transport::Udp, data: b"\x40\x00\x12\x34", ..Sample::EMPTY };
        assert_eq!((DESCRIPTOR.probe)(&ping), Probe::NeedMore);
        let request = b"\x44\x01\x12\x34\x01\x02\x03\x04";
        let response = Sample { data: b"\x64\x45\x12\x34\x01\x02\x03\x04\xffhi", reverse: request, ..ping };
        assert!(matches!((DESCRIPTOR.probe)(&response), Probe::Match(evidence) if evidence.confidence >= 60));
        let odd = b"\x43\x01\x05\xca\x72\x16\x33\x2b.well-known\x04core"; // option 2 is nobody's
        assert_eq!((DESCRIPTOR.probe)(&Sample { data: odd, ..ping }), Probe::No);
        let guess = Sample { responder_port: PORT, data: odd, ..ping };
        assert!(matches!((DESCRIPTOR.probe)(&guess), Probe::Match(evidence) if evidence.confidence < 60));
        let guess = Sample { responder_port: PORT, ..ping };
        assert!(matches!((DESCRIPTOR.probe)(&guess), Probe::Match(evidence) if evidence.confidence < 60));
    }
}
