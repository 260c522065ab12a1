//! NFS, versions 2 to 4 (RFC 1094, 1813, 7530, 8881), with its mount, lock, status, quota and ACL programs, and the port mapper's
//! look-ups of them (RFC 1833), over ONC RPC.

use crate::formats::sun_rpc::{self, NFS_PROGRAMS, PORTMAP};
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// How much of a universal address `h1.h2.h3.h4.p1.p2` is read (RFC 5665 §5.2.3.3).
const MAX_UNIVERSAL_SIZE: usize = 64;
const TCP: u32 = 6;

/// NFS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nfs",
    name: "NFS",
    selector: 550,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2049, 111],
    max_probe_size: 1024,
    probe,
    inspector: Some(|| Box::<Nfs>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[call, reply];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn call(cursor: &mut Cursor<'_>) -> Recognised {
    let call = sun_rpc::call(cursor)?;
    require(NFS_PROGRAMS.contains(&call.subject()))?;
    Ok((100, "NFS call"))
}

fn reply(cursor: &mut Cursor<'_>) -> Recognised {
    let xid = sun_rpc::reply(cursor)?;
    require(NFS_PROGRAMS.contains(&sun_rpc::answered_call(cursor, xid)?.subject()))?;
    Ok((100, "NFS reply"))
}

/// Reports the program, and announces the flow that a port mapper's answer leads to.
#[derive(Debug, Default)]
struct Nfs {
    asked: Option<(u32, Transport)>,
}

impl Inspector for Nfs {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(call) = sun_rpc::head(*sample) {
            found.uint(Attribute::SunrpcProgram, call.program.into());
            if call.program != PORTMAP {
                return Progress::Done;
            }
            let carrier = if call.version == 2 && asks_for_tcp(sample) { Transport::Tcp } else { sample.transport };
            self.asked = Some((call.version, carrier));
            return Progress::Settled;
        }
        let Some((version, transport)) = self.asked else { return Progress::Settled };
        let mut cursor = Cursor::of(sample);
        if sun_rpc::reply(&mut cursor).is_err() {
            return Progress::Settled;
        }
        if let Some(port) = answered_port(&cursor, version).filter(|port| *port != 0) {
            let by = Direction::Responder;
            found.expect(Expectation { transport, address: None, by, port, protocol: "nfs" });
        }
        Progress::Settled
    }
}

/// PMAPPROC_GETPORT ends with program, version, protocol, port.
fn asks_for_tcp(sample: &Sample<'_>) -> bool {
    let end = sample.data.len().saturating_sub(8);
    sample.data.get(end..).and_then(|tail| tail.first_chunk::<4>()).is_some_and(|b| u32::from_be_bytes(*b) == TCP)
}

/// A number in version 2, a universal address in versions 3 and 4.
fn answered_port(cursor: &Cursor<'_>, version: u32) -> Option<u16> {
    let (number, text) = cursor.rest().split_first_chunk::<4>()?;
    let number = u32::from_be_bytes(*number);
    if version == 2 {
        return u16::try_from(number).ok();
    }
    let size = usize::try_from(number).ok().filter(|size| *size <= MAX_UNIVERSAL_SIZE)?;
    let mut numbers = text.get(..size)?.rsplit(|byte| *byte == b'.');
    let mut byte = || std::str::from_utf8(numbers.next()?).ok()?.parse::<u8>().ok();
    let (low, high) = (byte()?, byte()?);
    Some(u16::from_be_bytes([high, low]))
}

const EXAMPLES: &[Example] = &[
    telling(
        query(
            "null call of version 3",
            b"\x38\x43\x8a\x19\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        &[(Attribute::SunrpcProgram, "100003")],
    ),
    telling(
        client(
            "call of version 4 over TCP",
            b"\x80\0\0\x2c\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x04\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        &[(Attribute::SunrpcProgram, "100003")],
    ),
    query(
        "port of the mount program",
        b"\x38\x43\x4f\x69\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x86\xa5\0\0\0\x03\0\0\0\x11\0\0\0\0",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram<'a>(direction: Direction, data: &'a [u8], reverse: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Udp, direction, data, reverse, ..Sample::EMPTY }
    }

    #[test]
    fn a_reply_counts_after_its_call() {
        let reply = b"\x38\x43\x4f\x69\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x18";
        let question = EXAMPLES[2].data;
        assert!(matches!(probe(&datagram(Direction::Responder, reply, question)), Probe::Match(_)));
        assert_eq!(probe(&datagram(Direction::Responder, reply, b"")), Probe::NeedMore);
        let mut other = question.to_vec();
        other[0] = 1;
        assert_eq!(probe(&datagram(Direction::Responder, reply, &other)), Probe::No);
    }

    #[test]
    fn the_port_that_is_answered_is_expected() {
        let (mut nfs, mut found) = (Nfs::default(), Findings::default());
        nfs.feed(&datagram(Direction::Originator, EXAMPLES[2].data, b""), &mut found);
        let reply = b"\x38\x43\x4f\x69\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x18";
        nfs.feed(&datagram(Direction::Responder, reply, b""), &mut found);
        let expected = found.take_expected();
        assert_eq!(
            expected.first().map(|e| (e.port, e.transport, e.by)),
            Some((1048, Transport::Udp, Direction::Responder))
        );
    }
}
