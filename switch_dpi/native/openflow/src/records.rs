//! A flow at a moment as a record of a FLOW_EVENTS message: the same bytes as `ofext/events.py` makes, which says what they
//! mean. A test compares the two.

use std::borrow::Cow;
use std::net::IpAddr;

/// Bytes of a record.
const MAX_RECORD_SIZE: usize = 32_768;
/// Bytes of a text.
const MAX_TEXT_SIZE: usize = 1024;
const HEAD_SIZE: usize = 4;
const TLV_HEAD_SIZE: usize = 4;
const TRUNCATED: u8 = 1;

// Types of TLVs.
const FLOW_IPV4: u16 = 1;
const FLOW_IPV6: u16 = 2;
const TIMES: u16 = 3;
const VERDICT: u16 = 4;
const COUNTERS: u16 = 5;
const PATH: u16 = 6;
const EVIDENCE: u16 = 7;
const END_REASON: u16 = 8;
const METADATA: u16 = 9;

/// What a record says, metadata apart; the fields are those of `ofext.events.FlowEvent`.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// New, verdict, ended.
    pub kind: u8,
    /// Of the agent.
    pub flow_id: u64,
    /// Of the event, of the first and of the last packet, in nanoseconds since 1970.
    pub times_ns: [u64; 3],
    /// Addresses of originator and responder, of one family.
    pub addresses: [IpAddr; 2],
    /// Ports of the same.
    pub ports: [u16; 2],
    /// Protocol number above IP.
    pub protocol_number: u8,
    /// VLAN id, 0 for none.
    pub vlan: u16,
    /// App-IDs of the verdict and of what carries it.
    pub app_ids: [u32; 2],
    /// Category, state, confidence.
    pub verdict: [u8; 3],
    /// At which the verdict fell.
    pub verdict_packet: u32,
    /// Packets of both ends, bytes of both ends.
    pub counters: [u64; 4],
    /// `eth.ip.tcp.tls`.
    pub path: &'a str,
    /// For people.
    pub evidence: &'a str,
    /// 0 for none.
    pub end_reason: u8,
}

impl Record<'_> {
    /// Appends the record to `out`.
    pub fn write<'a>(&self, out: &mut Vec<u8>, metadata: impl IntoIterator<Item = (u16, Cow<'a, [u8]>)>) {
        let start = out.len();
        out.extend_from_slice(&[0, 0, self.kind, 0]);
        self.flow(out);
        put_tlv(out, TIMES, self.times_ns.as_flattened_bytes());
        if self.app_ids != [0; 2] || self.verdict != [0; 3] || self.verdict_packet != 0 {
            self.verdict(out);
        }
        if self.counters != [0; 4] {
            put_tlv(out, COUNTERS, self.counters.as_flattened_bytes());
        }
        let mut is_truncated = put_text(out, PATH, self.path);
        is_truncated |= put_text(out, EVIDENCE, self.evidence);
        if self.end_reason != 0 {
            put_tlv(out, END_REASON, [self.end_reason]);
        }
        for (attribute, value) in metadata {
            if out.len() - start + TLV_HEAD_SIZE + 2 + value.len() > MAX_RECORD_SIZE {
                is_truncated = true;
                continue;
            }
            put_tlv(out, METADATA, attribute.to_be_bytes().into_iter().chain(value.iter().copied()));
        }
        let [high, low] = u16::try_from(out.len() - start).unwrap_or_default().to_be_bytes(); // at most 32,768
        if let Some([first, second, _, flags]) = out.get_mut(start..start + HEAD_SIZE) {
            (*first, *second, *flags) = (high, low, if is_truncated { TRUNCATED } else { 0 });
        }
    }

    fn flow(&self, out: &mut Vec<u8>) {
        let [source_port, destination_port] = self.ports;
        let [source, destination] = self.addresses;
        let kind = if source.is_ipv4() { FLOW_IPV4 } else { FLOW_IPV6 };
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, if source.is_ipv4() { 24 } else { 48 }]);
        out.extend_from_slice(&self.flow_id.to_be_bytes());
        out.extend_from_slice(&[self.protocol_number, 0]);
        for number in [self.vlan, source_port, destination_port] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        for address in [source, destination] {
            match address {
                IpAddr::V4(address) => out.extend_from_slice(&address.octets()),
                IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
            }
        }
    }

    fn verdict(&self, out: &mut Vec<u8>) {
        let [app_id, protocol_id] = self.app_ids;
        let numbers = [app_id.to_be_bytes(), protocol_id.to_be_bytes()].into_iter().flatten();
        let rest = self.verdict.into_iter().chain([0]).chain(self.verdict_packet.to_be_bytes());
        put_tlv(out, VERDICT, numbers.chain(rest));
    }
}

trait BigEndian {
    fn as_flattened_bytes(&self) -> impl Iterator<Item = u8>;
}

impl<const N: usize> BigEndian for [u64; N] {
    fn as_flattened_bytes(&self) -> impl Iterator<Item = u8> {
        self.iter().flat_map(|number| number.to_be_bytes())
    }
}

fn put_tlv(out: &mut Vec<u8>, kind: u16, value: impl IntoIterator<Item = u8>) {
    out.extend_from_slice(&kind.to_be_bytes());
    let place = out.len();
    out.extend_from_slice(&[0, 0]);
    out.extend(value);
    let size = u16::try_from(out.len() - place - 2).unwrap_or_default(); // below MAX_RECORD_SIZE
    if let Some(room) = out.get_mut(place..place + 2) {
        room.copy_from_slice(&size.to_be_bytes());
    }
}

/// Nothing for an empty text; whether it had to be cut.
fn put_text(out: &mut Vec<u8>, kind: u16, text: &str) -> bool {
    let mut end = text.len().min(MAX_TEXT_SIZE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if !text.is_empty() {
        put_tlv(out, kind, text.as_bytes().iter().take(end).copied());
    }
    end < text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(path: &'a str, evidence: &'a str) -> Record<'a> {
        Record {
            kind: 2,
            flow_id: 1,
            times_ns: [3, 1, 2],
            addresses: [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()],
            ports: [1, 2],
            protocol_number: 6,
            vlan: 0,
            app_ids: [0; 2],
            verdict: [0; 3],
            verdict_packet: 0,
            counters: [0; 4],
            path,
            evidence,
            end_reason: 0,
        }
    }

    fn written(record: &Record<'_>, metadata: &[(u16, &[u8])]) -> Vec<u8> {
        let mut out = vec![0xff; 3];
        record.write(&mut out, metadata.iter().map(|(id, value)| (*id, Cow::Borrowed(*value))));
        out.split_off(3)
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let bytes = written(&record("", ""), &[]);
        assert_eq!(bytes.len(), 4 + 28 + 28);
        assert_eq!(bytes[..4], [0, 60, 2, 0]);
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_the_record_says_so() {
        let long = "é".repeat(600);
        let bytes = written(&record(&long, ""), &[]);
        assert_eq!(bytes[3], TRUNCATED);
        assert_eq!(bytes.len(), 60 + 4 + 1024);
        let bytes = written(&record(&format!("x{long}"), ""), &[]);
        assert_eq!(bytes.len(), 60 + 4 + 1023);
    }

    #[test]
    fn values_beyond_the_limit_are_left_out() {
        let big = vec![7; 32_000];
        let bytes = written(&record("", ""), &[(1, &big), (2, &big), (3, b"small")]);
        assert_eq!(bytes.len(), 60 + 6 + 32_000 + 6 + 5);
        assert_eq!(bytes[3], TRUNCATED);
        assert!(bytes.ends_with(b"\x00\x03small"));
    }
}
