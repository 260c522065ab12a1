//! NetBIOS over TCP and UDP (RFC 1001, RFC 1002): names, datagrams, and sessions that carry SMB 1.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, reply, server, telling};
use crate::probing::lines::contains_ignoring_case;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// A name of sixteen bytes takes twice as many: each half byte is a letter from A to P (RFC 1001 §14.1).
const ENCODED_SIZE: usize = 32;
/// NB, NBSTAT, and what a redirect names (RFC 1002 §4.2.1.2).
const TYPES: &[u16] = &[0x0001, 0x0002, 0x000a, 0x0020, 0x0021];
const SMB1: &[u8] = b"\xffSMB";
/// Where the names are in a datagram (RFC 1002 §4.4.1).
const DATAGRAM_HEADER_SIZE: usize = 14;

/// NetBIOS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netbios",
    name: "NetBIOS",
    selector: 553,
    category: "network",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[137, 138, 139],
    max_probe_size: 256,
    probe,
    inspector: Some(|| Box::<Netbios>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const STREAM: &[Form] = &[session_request, session_answer, keep_alive, smb];
const DATAGRAM: &[Form] = &[name_service, datagram, datagram_error, damaged_name_service];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, if sample.transport.is_stream() { STREAM } else { DATAGRAM })
}

/// An encoded name, up to the size of its scope or the zero that ends it.
fn name(cursor: &mut Cursor<'_>) -> Checked<()> {
    cursor.literal(&[32])?;
    cursor.all(ENCODED_SIZE, |byte| matches!(byte, b'A'..=b'P'))?;
    cursor.within(0, 63).map(|_| ())
}

/// RFC 1002 §4.2: a query asks one question; a registration has a record too; an answer has a record or none.
fn name_service(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.take(2)?;
    let flags = cursor.u16()?;
    require(matches!(flags >> 11 & 0x0f, 0 | 5..=9 | 15))?;
    require(flags & 0x0060 == 0 && flags & 0x0f <= 7)?;
    let counts = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
    require(matches!(counts, [0..=1, 0..=1, 0..=32, 0..=32]) && counts != [0; 4])?;
    name(cursor)?;
    if cursor.rest().len() > 4 || counts == [1, 0, 0, 0] {
        require(TYPES.contains(&cursor.u16()?))?;
        require(cursor.u16()? & 0x7fff == 1)?;
    }
    Ok((100, "NetBIOS name service message"))
}

/// A message of the name service that breaks a rule, at its port: most of an encoded name where it must stand.
fn damaged_name_service(cursor: &mut Cursor<'_>) -> Recognised {
    const HEADER_SIZE: usize = 12;
    const ENOUGH_LETTERS: usize = 24;
    require(cursor.sample.is_at_port(&[137]))?;
    cursor.take(HEADER_SIZE)?;
    let rest = cursor.rest();
    let letters = rest.iter().take(1 + ENCODED_SIZE).filter(|byte| matches!(byte, b'A'..=b'P')).count();
    require(letters >= ENOUGH_LETTERS)?;
    Ok((57, "most of a NetBIOS name"))
}

/// RFC 1002 §4.4: type, flags, id, source address and port, size, offset, both names.
fn datagram(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(0x10, 0x12)?;
    require(cursor.u8()? & 0xf0 == 0)?;
    cursor.take(8)?;
    let (size, offset) = (cursor.u16()?, cursor.u16()?);
    let rest = usize::from(size);
    require(rest >= cursor.rest().len() || cursor.rest().len() - rest < 64)?;
    require(offset < 0x0800)?;
    let mut ahead = *cursor;
    if offset == 0 && name(&mut ahead).is_ok() {
        return Ok((100, "NetBIOS datagram"));
    }
    const TO_SMB: usize = 2 * (ENCODED_SIZE + 2);
    let names_are_odd = cursor.rest().get(TO_SMB..).is_some_and(|user| user.starts_with(SMB1));
    require(names_are_odd || (offset != 0 && size as usize == cursor.rest().len()))?;
    Ok((if names_are_odd { 85 } else { 55 }, "NetBIOS datagram"))
}

/// RFC 1002 §4.4.3, §4.4.4: error, query request, positive and negative response.
fn datagram_error(cursor: &mut Cursor<'_>) -> Recognised {
    let kind = cursor.within(0x13, 0x16)?;
    require(cursor.u8()? & 0xf0 == 0)?;
    cursor.take(6)?;
    require(cursor.u16()? == 138)?;
    if kind == 0x13 {
        cursor.within(0x82, 0x84)?;
        require(cursor.rest().is_empty())?;
        return Ok((65, "NetBIOS datagram error"));
    }
    name(cursor)?;
    Ok((95, "NetBIOS datagram query"))
}

/// RFC 1002 §4.3.2: called and calling name.
fn session_request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x81\0\0")?;
    require(cursor.u8()? >= 68)?;
    name(cursor)?;
    Ok((100, "NetBIOS session request"))
}

/// RFC 1002 §4.3.3 to §4.3.5: yes, no and why, elsewhere. What follows a yes is SMB.
fn session_answer(cursor: &mut Cursor<'_>) -> Recognised {
    match cursor.within(0x82, 0x84)? {
        0x82 => {
            cursor.zeros(3)?;
            if cursor.of_peer().literal(b"\x81\0\0").is_err() {
                cursor.literal(b"\0")?;
                cursor.take(3)?;
                cursor.any_literal(&[SMB1, b"\xfeSMB"])?;
            }
        }
        0x83 => {
            cursor.literal(b"\0\0\x01")?;
            cursor.all(1, |byte| matches!(byte, 0x80..=0x83 | 0x8f))?;
        }
        _ => {
            cursor.literal(b"\0\0\x06")?;
            cursor.take(4)?;
            require(cursor.u16()? == 139)?;
        }
    }
    Ok((90, "NetBIOS session answer"))
}

/// RFC 1002 §4.3.7; alone it is too short to be sure; twice, or before a message of SMB, it is not.
fn keep_alive(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x85\0\0\0")?;
    if cursor.any_literal(&[b"\x85\0\0\0", b"\0"])? == 1 {
        cursor.take(3)?;
        cursor.any_literal(&[SMB1, b"\xfeSMB"])?;
    }
    Ok((65, "NetBIOS keep-alive"))
}

/// A session message with SMB 1. A client that can SMB 2 too begins so: there the answer decides.
fn smb(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = cursor.u24()?;
    require((32..0x2_0000).contains(&size))?;
    cursor.literal(SMB1)?;
    const NEGOTIATE: u8 = 0x72;
    let (command, answer) = (cursor.u8()?, cursor.of_peer().rest());
    let whole = usize::try_from(size).unwrap_or_default().min(200).saturating_sub(5);
    if command == NEGOTIATE && contains_ignoring_case(cursor.take(whole)?, b"SMB 2.") {
        let Some(magic) = answer.get(4..8) else { return Err(Probe::NeedMore) };
        require(magic == SMB1)?;
    }
    Ok((100, "SMB 1 in a NetBIOS session"))
}

/// Reads names, and whether SMB is carried.
#[derive(Debug, Default)]
struct Netbios {
    datagrams: u8,
}

impl Inspector for Netbios {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let start = sample.data.get(..512).unwrap_or(sample.data);
        if !sample.transport.is_stream() {
            let is_datagram = matches!(start.first(), Some(0x10..=0x16));
            let at =
                if is_datagram && start.get(DATAGRAM_HEADER_SIZE) == Some(&32) { DATAGRAM_HEADER_SIZE } else { 12 };
            read_name(start.get(at..).unwrap_or_default(), found);
            if start.windows(SMB1.len()).any(|window| window == SMB1) {
                found.set_service("smb1");
                return Progress::Done;
            }
            self.datagrams = self.datagrams.saturating_add(1);
            return if self.datagrams > 8 { Progress::Done } else { Progress::Settled };
        }
        if start.first() == Some(&0x81) {
            read_name(start.get(4..).unwrap_or_default(), found);
        }
        for (magic, service) in [(SMB1, "smb1"), (&b"\xfeSMB"[..], "smb")] {
            if start.windows(magic.len()).any(|window| window == magic) {
                found.set_service(service);
                return Progress::Done;
            }
        }
        Progress::Settled
    }
}

/// Two letters make a byte; the last of the sixteen says what kind of name it is, spaces fill the rest.
fn read_name(data: &[u8], found: &mut Findings) {
    let Some(letters) = data.get(1..=ENCODED_SIZE).filter(|_| data.first() == Some(&32)) else { return };
    if !letters.iter().all(|letter| matches!(letter, b'A'..=b'P')) {
        return;
    }
    let pairs = letters.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>());
    let name: Vec<u8> = pairs.map(|[high, low]| (high - b'A') << 4 | (low - b'A')).take(15).collect();
    let text = name.trim_ascii_end();
    if text.iter().any(|byte| byte.is_ascii_graphic()) && text.iter().all(|byte| *byte >= b' ') {
        found.text(Attribute::NetbiosName, text);
    }
}

const EXAMPLES: &[Example] = &[
    telling(query("name query", b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0\x20EGFCEFEECACACACACACACACACACACACA\0\0\x20\0\x01"), &[(Attribute::NetbiosName, "FRED")]),
    query(
        "registration",
        b"\x12\x35\x29\x10\0\x01\0\0\0\0\0\x01\x20EGFCEFEECACACACACACACACACACACAAA\0\0\x20\0\x01\xc0\x0c\0\x20\0\x01\0\x04\x93\xe0\0\x06\0\0\xc0\0\x02\x07",
    ),
    reply(
        "positive answer",
        b"\x12\x34\x85\0\0\0\0\x01\0\0\0\0\x20EGFCEFEECACACACACACACACACACACACA\0\0\x20\0\x01\0\x04\x93\xe0\0\x06\0\0\xc0\0\x02\x07",
    ),
    query(
        "datagram with SMB",
        b"\x11\x02\0\x0c\xc0\0\x02\x07\0\x8a\0\x68\0\0\x20EGFCEFEECACACACACACACACACACACAAA\0\x20FHEPFCELEHFCEPFFFACACACACACACABN\0\xffSMB\x25\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    client(
        "session request",
        b"\x81\0\0\x44\x20CKFDENECFDEFFCFGEFFCCACACACACACA\0\x20EGFCEFEECACACACACACACACACACACAAA\0",
    ),
    client(
        "negotiation of SMB 1",
        b"\0\0\0\x2f\xffSMB\x72\0\0\0\0\x18\x01\x28\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34\0\0\0\0\0\x0c\0\x02NT LM 0.12\0",
    ),
    server("session refused", b"\x83\0\0\x01\x82"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_of_dns_is_none_of_netbios() {
        let ask = |data| probe(&Sample { transport: Transport::Udp, data, responder_port: 137, ..Sample::EMPTY });
        assert_eq!(ask(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01"), Probe::No);
        assert_eq!(
            ask(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x20abcdefghijklmnopabcdefghijklmnop\0\0\x01\0\x01"),
            Probe::No
        );
    }

    #[test]
    fn a_damaged_name_is_guessed_at_its_port() {
        let data = b"\x12\x34\x01\x10\0\x01\0\0\0\0\0\0\x20EGFCEFsECACACACACACACACACACACACA\0\0\x20\0\x01";
        let sample = Sample { transport: Transport::Udp, data, responder_port: 137, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(evidence) if evidence.confidence < 60));
        assert_eq!(probe(&Sample { responder_port: 1137, ..sample }), Probe::No);
    }

    #[test]
    fn who_offers_both_versions_is_decided_by_the_answer() {
        let offer = b"\0\0\0\x3a\xffSMB\x72\0\0\0\0\x18\x53\xc8\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34\0\0\0\0\0\x17\0\x02NT LM 0.12\0\x02SMB 2.002\0";
        let asked = Sample { data: offer, ..Sample::EMPTY };
        assert_eq!(probe(&asked), Probe::NeedMore);
        assert_eq!(probe(&Sample { other: b"\0\0\0\x40\xfeSMB", ..asked }), Probe::No);
        assert!(matches!(probe(&Sample { other: b"\0\0\0\x40\xffSMB", ..asked }), Probe::Match(_)));
    }
}
