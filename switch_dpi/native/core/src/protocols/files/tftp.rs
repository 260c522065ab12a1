//! TFTP (RFC 1350) with options (RFC 2347 to 2349, 7440). A transfer moves to a port of the server's choice.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const PORT: u16 = 69;
/// Longest file name believed.
const MAX_NAME_SIZE: usize = 512;
/// Options that are registered (IANA "TFTP option names").
const OPTIONS: &[&[u8]] = &[b"blksize", b"timeout", b"tsize", b"multicast", b"windowsize", b"rollover", b"blksize2"];

/// TFTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tftp",
    name: "TFTP",
    selector: 565,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| Box::<Tftp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, options, error, block];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// RRQ and WRQ: file, mode, options.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    cursor.within(1, 2)?;
    let name = cursor.rest().iter().position(|byte| *byte == 0).ok_or(Probe::No)?;
    require((1..=MAX_NAME_SIZE).contains(&name))?;
    cursor.all(name, |byte| byte >= b' ')?;
    cursor.literal(b"\0")?;
    let mode = cursor.text_until(0, 8)?.to_ascii_lowercase();
    require(matches!(mode.as_slice(), b"octet" | b"netascii" | b"mail"))?;
    Ok((95, "TFTP request"))
}

/// OACK: an option that is registered, and its value.
fn options(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x06")?;
    let name = cursor.text_until(0, 16)?.to_ascii_lowercase();
    require(OPTIONS.contains(&name.as_slice()))?;
    cursor.text_until(0, 32)?;
    Ok((100, "TFTP options accepted"))
}

/// ERROR: code, text, zero.
fn error(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x05\0")?;
    cursor.within(0, 8)?;
    let text = cursor.text_until(0, 256)?;
    require(cursor.rest().is_empty())?;
    match text.len() {
        6.. => Ok((80, "TFTP error")),
        _ if cursor.sample.is_at_port(&[PORT]) => Ok((55, "TFTP error")),
        _ => Err(Probe::NeedMore),
    }
}

/// DATA and ACK say little alone: the first blocks must answer each other.
fn block(cursor: &mut Cursor<'_>) -> Recognised {
    let (kind, number) = block_head(cursor)?;
    let mut peer = cursor.of_peer();
    let (theirs, answered) = match block_head(&mut peer) {
        Ok(head) => head,
        Err(_) if request(&mut cursor.of_peer()).is_ok() => return Ok((90, "TFTP answer")),
        Err(_) => return Err(Probe::NeedMore),
    };
    require(kind != theirs && number != 0)?;
    let follows = if kind == 4 { number == answered } else { number == answered.wrapping_add(1) };
    require(follows && number < 64)?;
    Ok((75, "TFTP block"))
}

/// DATA (3) with a block number, ACK (4) with nothing more.
fn block_head(cursor: &mut Cursor<'_>) -> Checked<(u8, u16)> {
    cursor.literal(b"\0")?;
    let (kind, number) = (cursor.within(3, 4)?, cursor.u16()?);
    require(kind == 3 || cursor.rest().is_empty())?;
    Ok((kind, number))
}

/// Reads the file's name and announces the transfer, which comes from another port to the one that asked.
#[derive(Debug, Default)]
struct Tftp;

impl Inspector for Tftp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(([0, 1 | 2], names)) = sample.data.split_first_chunk::<2>() {
            found.text(Attribute::TftpFile, names.split(|byte| *byte == 0).next().unwrap_or_default());
            let port = match sample.direction {
                Direction::Originator => sample.originator_port,
                Direction::Responder => sample.responder_port,
            };
            let (transport, by) = (Transport::Udp, sample.direction);
            found.expect(Expectation { transport, address: None, by, port, protocol: "tftp" });
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    telling(query("read", b"\0\x01boot.img\0octet\0"), &[(Attribute::TftpFile, "boot.img")]),
    telling(
        query("write with options", b"\0\x02up.cfg\0netascii\0blksize\x001428\0tsize\x000\0"),
        &[(Attribute::TftpFile, "up.cfg")],
    ),
    reply("options accepted", b"\0\x06blksize\x001428\0tsize\x0012345\0"),
    reply("error", b"\0\x05\0\x01File not found\0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram<'a>(data: &'a [u8], reverse: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Udp, data, reverse, ..Sample::EMPTY }
    }

    #[test]
    fn blocks_answer_each_other() {
        let data = b"\0\x03\0\x01hello";
        assert_eq!(probe(&datagram(data, b"")), Probe::NeedMore);
        assert!(matches!(probe(&datagram(b"\0\x04\0\x01", data)), Probe::Match(_)));
        assert!(matches!(probe(&datagram(b"\0\x03\0\x02x", b"\0\x04\0\x01")), Probe::Match(_)));
        assert_eq!(probe(&datagram(b"\0\x04\0\x02", data)), Probe::No);
        assert_eq!(probe(&datagram(b"\0\x04\0\x01x", data)), Probe::No);
    }

    #[test]
    fn the_transfer_is_expected_at_the_port_that_asked() {
        let (mut tftp, mut found) = (Tftp, Findings::default());
        tftp.feed(&datagram(EXAMPLES[0].data, b""), &mut found);
        assert_eq!(found.take_expected().first().map(|e| (e.port, e.by)), Some((50_000, Direction::Originator)));
    }
}
