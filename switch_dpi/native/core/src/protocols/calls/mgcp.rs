//! MGCP (RFC 3435): a call agent commands gateways; the media of its session descriptions are announced. Some carry it over TCP.

use crate::formats::sdp::expect_media;
use crate::probing::answers::matched;
use crate::probing::dialogue::{is_word_of, may_become_word_of};
use crate::probing::examples::{client, query, reply, telling};
use crate::probing::lines::{Lines, is_text, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// RFC 3435 §2.3.
const VERBS: &[&[u8]] = &[b"EPCF", b"CRCX", b"MDCX", b"DLCX", b"RQNT", b"NTFY", b"AUEP", b"AUCX", b"RSIP", b"MESG"];
/// Parameter lines of commands and responses (RFC 3435 §3.2.2).
const PARAMETERS: &[u8] = b"CIZXNLMQSRDOEPAKT";
/// Datagrams read of one flow.
const MAX_DATAGRAMS: u8 = 16;
/// Bytes read of a stream: some calls.
const MAX_STREAM_SIZE: usize = 8192;

/// MGCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mgcp",
    name: "MGCP",
    selector: 714,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2427, 2727],
    first_bytes: FirstBytes::Of(b"ECMDRNAecmdrna0123456789"),
    max_probe_size: 512,
    probe,
    inspector: Some(|| Box::<Mgcp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut lines = Lines::new(sample.data, 0);
    if sample.transport.is_stream() {
        return match lines.next() {
            Some(line) if is_text(line) && is_command(line) => matched(95, "MGCP command", line.len()),
            None if may_become_word_of(sample.data, VERBS) => Probe::NeedMore,
            _ => Probe::No,
        };
    }
    let Some(line) = lines.next().filter(|line| is_text(line)) else { return Probe::No };
    if is_command(line) {
        return matched(95, "MGCP command", line.len());
    }
    if !is_response(line) {
        return Probe::No;
    }
    let answers = Lines::new(sample.reverse, 0).next().is_some_and(is_command);
    match lines.next() {
        _ if answers => matched(90, "MGCP response", line.len()),
        Some([kind, b':', b' ', ..]) if PARAMETERS.contains(kind) => matched(75, "MGCP response", line.len()),
        _ => Probe::NeedMore,
    }
}

/// `CRCX 1204 aaln/1@gw.example.net MGCP 1.0`.
fn is_command(line: &[u8]) -> bool {
    let (_, rest) = split_word(line);
    let (transaction, rest) = split_word(rest);
    let (_endpoint, version) = split_word(rest);
    is_word_of(line, VERBS) && decimal(transaction).is_some() && version.starts_with(b"MGCP ")
}

/// `200 1204 OK`.
fn is_response(line: &[u8]) -> bool {
    let (code, rest) = split_word(line);
    code.len() == 3 && decimal(code).is_some() && decimal(split_word(rest).0).is_some()
}

/// Reads endpoints and session descriptions.
#[derive(Debug, Default)]
struct Mgcp {
    datagrams: u8,
}

impl Inspector for Mgcp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(u8::from(!sample.transport.is_stream()));
        if let Some(line) = Lines::new(sample.data, 0).next().filter(|line| is_command(line)) {
            found.text(Attribute::MgcpEndpoint, split_word(split_word(split_word(line).1).1).0);
        }
        expect_media(sample.data, sample.direction, found);
        if self.datagrams >= MAX_DATAGRAMS || (sample.transport.is_stream() && sample.data.len() > MAX_STREAM_SIZE) {
            Progress::Done
        } else {
            Progress::Settled
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(query("a connection is created", b"CRCX 1204 aaln/1@gw.example.net MGCP 1.0\r\nC: A3C47F21456789F0\r\nL: p:10, a:PCMU\r\nM: recvonly\r\n"), &[(Attribute::MgcpEndpoint, "aaln/1@gw.example.net")]),
    reply("the gateway answers with its media", b"200 1204 OK\r\nI: FDE234C8\r\n\r\nv=0\r\no=- 25678 753849 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 3456 RTP/AVP 0\r\n"),
    telling(
        client(
            "the media change, over TCP",
            b"MDCX 1209 aaln/1@gw.example.net MGCP 1.0\r\nC: A3C4\r\n\r\nv=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 3456 RTP/AVP 0\r\n",
        ),
        &[(Attribute::MgcpEndpoint, "aaln/1@gw.example.net")],
    ),
    query("a gateway restarts", b"RSIP 9 *@gw.example.net MGCP 1.0 NCS 1.0\r\nRM: restart\r\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_response_waits_for_its_command() {
        let sample = |data, reverse| Sample { transport: Transport::Udp, data, reverse, ..Sample::EMPTY };
        assert_eq!(probe(&sample(b"200 7 OK\r\n", b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(b"200 7 OK\r\n", b"DLCX 7 a@b MGCP 1.0\r\n")), Probe::Match(_)));
        assert_eq!(probe(&sample(b"NTFY * HTTP/1.1\r\n", b"")), Probe::No);
    }
}
