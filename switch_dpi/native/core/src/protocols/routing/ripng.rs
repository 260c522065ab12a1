//! RIPng (RFC 2080): RIP for IPv6.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const PORT: u16 = 521;
/// Command, version, zero (§2.1).
const HEADER_SIZE: usize = 4;
const ENTRY_SIZE: usize = 20;
/// Infinity, and the metric that marks a next hop (§2.1.1).
const MAX_METRIC: u8 = 16;
const METRIC_NEXT_HOP: u8 = 0xff;
/// Unicast (2000::/3), unique local and link-local prefixes, by their first byte; the default route begins with zero.
const PREFIX_BEGINNINGS: [u8; 6] = [0x20, 0x24, 0x26, 0x2a, 0xfc, 0xfd];

/// RIPng.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ripng",
    name: "RIPng",
    selector: 1554,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    match routes(sample.data) {
        Some(0) | None => Probe::No,
        // a request for all routes has the bytes of RIP version 1
        Some(_) if is_usual_port => matched(85, "header and routes", HEADER_SIZE),
        Some(marked) if marked >= 2 => matched(75, "header and routes", HEADER_SIZE),
        Some(_) => Probe::NeedMore,
    }
}

/// One and how many routes have a prefix or a next hop that can be none of RIP's; 0 when this is no RIPng.
fn routes(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    let [command, version] = reader.array()?;
    if !matches!(command, 1 | 2) || version != 1 || reader.u16()? != 0 {
        return Some(0);
    }
    if reader.is_empty() || !reader.rest().len().is_multiple_of(ENTRY_SIZE) {
        return Some(0);
    }
    let mut marked = 1;
    while !reader.is_empty() {
        let prefix: [u8; 16] = reader.array()?;
        let (tag, [length, metric]) = (reader.u16()?, reader.array()?);
        let is_next_hop = metric == METRIC_NEXT_HOP && tag == 0 && length == 0 && prefix.starts_with(&[0xfe, 0x80]);
        let is_route = (1..=MAX_METRIC).contains(&metric) && length <= 128;
        let is_known = PREFIX_BEGINNINGS.contains(&prefix[0]) && is_clear_behind(prefix, length);
        if !is_next_hop && !is_route {
            return Some(0);
        }
        marked += usize::from(is_next_hop || is_known);
    }
    Some(marked)
}

/// Whether the bits behind the prefix are zero.
fn is_clear_behind(prefix: [u8; 16], length: u8) -> bool {
    let value = u128::from_be_bytes(prefix);
    value.checked_shl(length.into()).unwrap_or(0) == 0
}

const EXAMPLES: &[Example] = &[
    query("response with two prefixes", b"\x02\x01\x00\x00\x20\x01\x0d\xb8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x30\x01\x20\x01\x0d\xb8\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x30\x02"),
    query("response with a next hop", b"\x02\x01\x00\x00\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x01\x00\x00\x00\xff\x20\x01\x0d\xb8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x30\x01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_all_routes_needs_the_port() {
        let mut data = vec![1, 1, 0, 0];
        data.extend([0; 19]);
        data.push(MAX_METRIC);
        let sample = Sample { transport: CARRIER, data: &data, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        assert!(matches!(probe(&Sample { responder_port: PORT, ..sample }), Probe::Match(_)));
    }
}
