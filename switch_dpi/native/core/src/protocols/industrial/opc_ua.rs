//! OPC UA binary over TCP (OPC 10000-6 §7.1): the endpoint that is asked for and the security policy.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// Type, chunk type, size (§7.1.2.2).
const HEADER_SIZE: u32 = 8;
/// Buffers that servers offer are at most 16 MiB.
const MAX_SIZE: u32 = 0x0100_0000;
/// The longest URL (§7.1.2.3).
const MAX_URL_SIZE: u32 = 4_096;

/// OPC UA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "opc-ua",
    name: "OPC-UA",
    selector: 313,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[4840],
    first_bytes: FirstBytes::Of(b"HAERMOC"),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    const TYPES: [&[u8; 3]; 7] = [b"HEL", b"ACK", b"ERR", b"RHE", b"OPN", b"MSG", b"CLO"];
    let mut cursor = Cursor::of(sample);
    let start = cursor.rest().get(..3).unwrap_or(cursor.rest());
    require(TYPES.iter().any(|kind| kind.starts_with(start)))?;
    let kind = cursor.array::<3>()?;
    let has_chunks = matches!(&kind, b"MSG" | b"CLO" | b"OPN");
    cursor.byte(|chunk| chunk == b'F' || has_chunks && matches!(chunk, b'C' | b'A'))?;
    let size = cursor.u32_le()?;
    require((HEADER_SIZE + 4..=MAX_SIZE).contains(&size))?;
    match &kind {
        b"ACK" => require(size == 28)?,
        b"HEL" => require(size <= 32 + MAX_URL_SIZE)?,
        b"ERR" | b"RHE" => require(size <= HEADER_SIZE + 8 + 2 * MAX_URL_SIZE)?,
        _ => {}
    }
    cursor.matched(if has_chunks { 85 } else { 97 }, "OPC UA message header")
}

/// Strings stand behind their size in four bytes, little-endian; -1 is none (§5.2.2.4).
fn string<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let size = u32::from_le_bytes(reader.array()?);
    if size > MAX_URL_SIZE { None } else { reader.take(usize::try_from(size).ok()?) }
}

/// The first message is enough: Hello of the client, OpenSecureChannel where a capture begins later.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    for _ in 0..2 {
        let Some((kind, mut body)) = message(&mut reader) else { return Progress::Settled };
        match &kind {
            b"HEL" => {
                let url = body.take(20).and_then(|_| string(&mut body));
                let Some(url) = url else { continue };
                found.text(Attribute::OpcUaEndpoint, url);
                found.set_host(host(url));
            }
            b"OPN" => {
                let policy = body.take(4).and_then(|_| string(&mut body));
                found.text(Attribute::OpcUaSecurityPolicy, policy.unwrap_or_default());
                return Progress::Done;
            }
            _ => {}
        }
    }
    Progress::Settled
}

/// A whole message: type and what follows the size.
fn message<'a>(reader: &mut Reader<'a>) -> Option<([u8; 3], Reader<'a>)> {
    let kind = reader.array::<3>()?;
    reader.u8()?;
    let size = u32::from_le_bytes(reader.array()?).checked_sub(HEADER_SIZE)?;
    Some((kind, Reader::new(reader.take(usize::try_from(size).ok()?)?)))
}

/// What stands between `//` and the port or the path.
fn host(url: &[u8]) -> &[u8] {
    let start = url.windows(2).position(|pair| pair == b"//").map_or(0, |at| at + 2);
    let rest = url.get(start..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b':' | b'/')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "Hello",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"HELF\x38\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00opc.tcp://plc.local:4840",
        expect: &[(Attribute::OpcUaEndpoint, "opc.tcp://plc.local:4840")],
    },
    Example {
        title: "Acknowledge",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"ACKF\x1c\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[],
    },
    Example {
        title: "OpenSecureChannel without security",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"OPNF\x4f\x00\x00\x00\x00\x00\x00\x00\x2f\x00\x00\x00http://opcfoundation.org/UA/SecurityPolicy#None\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x01\x00\x00\x00",
        expect: &[(Attribute::OpcUaSecurityPolicy, "http://opcfoundation.org/UA/SecurityPolicy#None")],
    },
    Example {
        title: "message in the middle of a session",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"MSGF\x1c\x00\x00\x00\x05\x00\x00\x00\x01\x00\x00\x00\x34\x00\x00\x00\x02\x00\x00\x00\x01\x00\x79\x02",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_a_url_ends_at_its_port_or_path() {
        assert_eq!(host(b"opc.tcp://plc.local:4840/ua"), b"plc.local");
        assert_eq!(host(b"opc.tcp://plc/ua"), b"plc");
        assert_eq!(host(b"plc"), b"plc");
    }
}
