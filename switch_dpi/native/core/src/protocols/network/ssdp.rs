//! SSDP of UPnP (UPnP Device Architecture 2.0 §1): searches, answers and announcements; HTTP's form in datagrams.

use crate::probing::answers::matched;
use crate::probing::beginnings::begins_any;
use crate::probing::lines::{Lines, contains_ignoring_case, starts_with_ignoring_case};
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const REQUESTS: [&[u8]; 2] = [b"M-SEARCH * HTTP/1.", b"NOTIFY * HTTP/1."];
const ANSWER: &[u8] = b"HTTP/1.1 200 OK";
/// Headers that an answer has and that nothing else over UDP has.
const ANSWER_HEADERS: [&[u8]; 3] = [b"\nST:", b"\nUSN:", b"\nNT:"];
/// Datagrams read: a device announces itself and each of its services.
const MAX_DATAGRAMS: u8 = 6;
const HEADERS: [(&[u8], Attribute); 5] = [
    (b"ST:", Attribute::SsdpTarget),
    (b"NT:", Attribute::SsdpTarget),
    (b"USER-AGENT:", Attribute::SsdpUserAgent),
    (b"SERVER:", Attribute::SsdpServer),
    (b"LOCATION:", Attribute::SsdpLocation),
];

/// SSDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ssdp",
    name: "SSDP",
    selector: 1585,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[1900],
    first_bytes: FirstBytes::Of(b"MNH"),
    probe,
    inspector: Some(|| DatagramReader::boxed(read, MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if begins_any(sample.data, &REQUESTS).holds() == Some(true) {
        return matched(100, "request line", 16);
    }
    let is_answer = starts_with_ignoring_case(sample.data, ANSWER)
        && sample.data.starts_with(b"H")
        && ANSWER_HEADERS.iter().any(|header| contains_ignoring_case(sample.data, header));
    if is_answer { matched(95, "answer to a search", ANSWER.len()) } else { Probe::No }
}

fn read(data: &[u8], found: &mut Findings) {
    for line in Lines::new(data, 0) {
        for (header, attribute) in HEADERS {
            if starts_with_ignoring_case(line, header) {
                let value = line.get(header.len()..).unwrap_or_default().trim_ascii();
                if !value.is_empty() {
                    found.text(attribute, value);
                }
            }
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "search",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: ssdp:all\r\nUSER-AGENT: Linux UPnP/1.1 player/3.2\r\n\r\n",
        expect: &[(Attribute::SsdpTarget, "ssdp:all"), (Attribute::SsdpUserAgent, "Linux UPnP/1.1 player/3.2")],
    },
    Example {
        title: "announcement",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"NOTIFY * HTTP/1.1\r\nHost:239.255.255.250:1900\r\nNT:upnp:rootdevice\r\nNTS:ssdp:alive\r\nLocation:http://192.0.2.7/d.xml\r\n\r\n",
        expect: &[(Attribute::SsdpTarget, "upnp:rootdevice"), (Attribute::SsdpLocation, "http://192.0.2.7/d.xml")],
    },
    Example {
        title: "answer",
        transport: CARRIER,
        direction: Direction::Responder,
        data: b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 tv/1.0\r\n\r\n",
        expect: &[(Attribute::SsdpServer, "Linux UPnP/1.0 tv/1.0")],
    },
];
