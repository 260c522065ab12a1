//! HEP: SIP and media reports copied to Homer and other capture servers; versions 1 to 3.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const MARK: &[u8] = b"HEP3";
/// Mark, size of all, and the first chunk's vendor, kind and size.
const HEADER_SIZE: usize = 12;

/// HEP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hep",
    name: "HEP",
    selector: 768,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[9060, 9063],
    first_bytes: FirstBytes::Of(b"H\x01\x02"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_stream = sample.transport.is_stream();
    let Some(rest) = sample.data.strip_prefix(MARK) else {
        let may_be = is_stream && MARK.starts_with(sample.data);
        return if may_be {
            Probe::NeedMore
        } else if is_stream {
            Probe::No
        } else {
            probe_old(sample.data)
        };
    };
    let mut reader = Reader::new(rest);
    let (size, _vendor, kind) = (reader.u16(), reader.u16(), reader.u16());
    match (size, kind) {
        (Some(size), Some(_)) if usize::from(size) < HEADER_SIZE => Probe::No,
        (Some(size), Some(0x01..=0x40)) if is_stream || usize::from(size) == sample.data.len() => {
            matched(100, "HEP 3", HEADER_SIZE)
        }
        (_, None) if is_stream => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Version, size of the header, family, protocol, ports; then addresses, and SIP behind the header.
fn probe_old(data: &[u8]) -> Probe {
    let fits = matches!(data, [1 | 2, 16 | 28 | 40, 2 | 10, 6 | 17 | 132, ..]);
    let size = data.get(1).copied().map(usize::from).unwrap_or_default();
    let inner = data.get(size..).unwrap_or_default();
    let is_sip = inner.starts_with(b"SIP/2.0 ")
        || inner.iter().take(10).take_while(|byte| byte.is_ascii_uppercase()).count() >= 3;
    if fits && is_sip { matched(75, "HEP with SIP", size) } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    query(
        "version 3 over UDP",
        b"HEP3\x00\x1b\x00\x00\x00\x01\x00\x07\x02\x00\x00\x00\x02\x00\x07\x11\x00\x00\x00\x0f\x00\x07x",
    ),
    client("version 3 over TCP", b"HEP3\x00\x14\x00\x00\x00\x01\x00\x07\x02\x00\x00\x00\x02\x00\x07\x11"),
    query(
        "version 1",
        b"\x01\x10\x02\x11\x13\xc4\x13\xc4\xc0\x00\x02\x01\xc0\x00\x02\x02REGISTER sip:example.org SIP/2.0\r\n",
    ),
];
