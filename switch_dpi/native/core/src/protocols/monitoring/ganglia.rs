//! Ganglia: metrics of gmond 3.1 and later in XDR over UDP (RFC 4506), and its XML report over TCP (Ganglia sources).

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::beginnings::begins;
use crate::probing::examples::{query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Metadata, then values by type, then a request for metadata.
const FIRST_FORMAT: u32 = 128;
const LAST_FORMAT: u32 = 136;
/// Host and metric names.
const MAX_NAME_SIZE: u32 = 255;
const REPORT: &[u8] = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n<!DOCTYPE GANGLIA_XML [";

/// Ganglia.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ganglia",
    name: "Ganglia",
    selector: 1578,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[8649, 8651],
    first_bytes: FirstBytes::Of(&[0, b'<']),
    max_probe_size: REPORT.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        of_stream(begins(sample.data, REPORT).holds(), 100, "XML report", REPORT.len())
    } else {
        of_datagram(is_metric(sample.data), 90, "metric", sample.data.len())
    }
}

fn is_metric(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if !(FIRST_FORMAT..=LAST_FORMAT).contains(&reader.u32()?) {
        return Some(false);
    }
    Some(is_name(&mut reader)? && is_name(&mut reader)? && reader.u32()? <= 1)
}

/// A string filled up to four bytes.
fn is_name(reader: &mut Reader<'_>) -> Option<bool> {
    let size = reader.u32()?;
    if !(1..=MAX_NAME_SIZE).contains(&size) {
        return Some(false);
    }
    let padded = reader.take(size.next_multiple_of(4) as usize)?;
    let (name, padding) = padded.split_at_checked(size as usize)?;
    Some(name.iter().all(u8::is_ascii_graphic) && padding.iter().all(|byte| *byte == 0))
}

const EXAMPLES: &[Example] = &[
    query("value", b"\x00\x00\x00\x86\x00\x00\x00\x03db1\x00\x00\x00\x00\x08load_one\x00\x00\x00\x00\x00\x00\x00\x04%.2f\x3e\xd7\x0a\x3d"),
    server("report", b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n<!DOCTYPE GANGLIA_XML [\n  <!ELEMENT GANGLIA_XML (GRID|CLUSTER|HOST)*>\n"),
];
