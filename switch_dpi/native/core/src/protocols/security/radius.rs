//! RADIUS (RFC 2865), accounting (RFC 2866), dynamic authorisation (RFC 5176), and the packets of RFC 3575.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Code, identifier, length, authenticator (RFC 2865 §3).
const HEADER_SIZE: usize = 20;
const MAX_SIZE: usize = 4096;
const USER_NAME: u8 = 1;
/// Ports of authentication, accounting, dynamic authorisation.
const PORTS: &[u16] = &[1812, 1813, 1645, 1646, 3799];

/// RADIUS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "radius",
    name: "RADIUS",
    selector: 562,
    category: "authentication",
    risk: Some(20),
    transports: &[Transport::Udp],
    ports: PORTS,
    first_bytes: FirstBytes::Where(|code| matches!(code, 1..=5 | 11..=13 | 21..=34 | 40..=45 | 50 | 51)),
    probe,
    inspector: Some(|| Box::<Radius>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The length agrees, and the attributes fill it to the last byte: each is more than its header and has a type in use.
fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.size();
    let code = cursor.u8()?;
    require(matches!(code, 1..=5 | 11..=13 | 21..=34 | 40..=45 | 50 | 51))?;
    cursor.u8()?;
    let length = usize::from(cursor.u16()?);
    require((HEADER_SIZE..=MAX_SIZE).contains(&length) && length <= size && size <= length + 32)?;
    cursor.take(16)?;
    let (mut rest, mut count, mut has_telling) = (length - HEADER_SIZE, 0, false);
    while rest > 0 {
        let (kind, own) = (cursor.u8()?, usize::from(cursor.u8()?));
        require(matches!(kind, 1..=191 | 241..=246) && (3..=rest).contains(&own))?;
        let value = cursor.take(own - 2)?;
        // a few attributes have a size or form of their own
        let fits = match kind {
            4 | 5..=10 | 12 | 13 | 15 | 16 | 23 | 27..=29 | 37 | 38 | 40..=43 | 45..=49 | 51 | 55 | 61 | 62 => own == 6,
            80 => own == 18,
            26 => own >= 8 && value.first() == Some(&0),
            1 | 30 | 31 | 32 | 44 | 77 | 87 => value.iter().all(|byte| *byte >= b' ' || *byte == 0),
            _ => true,
        };
        require(fits)?;
        has_telling |= matches!(kind, 1 | 4..=8 | 18 | 24..=26 | 30..=32 | 40 | 44 | 61 | 64 | 79 | 80 | 87 | 89);
        (rest, count) = (rest - own, count + 1);
    }
    let is_usual = PORTS.iter().any(|port| cursor.sample.is_at_port(&[*port]));
    match (count, has_telling, is_usual) {
        (2.., true, true) => Ok((95, "RADIUS packet")),
        (2.., true, _) => Ok((75, "RADIUS packet")),
        (1.., true, true) => Ok((80, "RADIUS packet")),
        (_, _, true) => Ok((55, "RADIUS packet")),
        (1, true, _) if length == size => Ok((60, "RADIUS packet")),
        _ => Err(Probe::NeedMore),
    }
}

/// Reads codes and user names.
#[derive(Debug, Default)]
struct Radius {
    datagrams: u8,
}

impl Inspector for Radius {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some((header, attributes)) = sample.data.split_first_chunk::<HEADER_SIZE>() {
            found.uint(Attribute::RadiusCode, header[0].into());
            let mut reader = Reader::new(attributes);
            while let (Some(kind), Some(size)) = (reader.u8(), reader.u8()) {
                let Some(value) = reader.take(usize::from(size).saturating_sub(2)) else { break };
                if kind == USER_NAME {
                    found.text(Attribute::RadiusUserName, value);
                }
            }
        }
        self.datagrams = self.datagrams.saturating_add(1);
        if self.datagrams >= 8 { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        query(
            "Access-Request",
            b"\x01\x07\0\x31abcdefghijklmnop\x01\x05ann\x02\x12abcdefghijklmnop\x04\x06\xc0\0\x02\x01",
        ),
        &[(Attribute::RadiusUserName, "ann"), (Attribute::RadiusCode, "1")],
    ),
    reply(
        "Access-Accept",
        b"\x02\x07\0\x26abcdefghijklmnop\x06\x06\0\0\0\x02\x07\x06\0\0\0\x01\x08\x06\xff\xff\xff\xfe",
    ),
    query(
        "Accounting-Request",
        b"\x04\x2a\0\x2aabcdefghijklmnop\x28\x06\0\0\0\x01\x2c\x0a00000001\x04\x06\xc0\0\x02\x01",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_must_fill_the_packet() {
        let claims = |data: &[u8]| probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY });
        let mut data = EXAMPLES[0].data.to_vec();
        data[21] = 6;
        assert_eq!(claims(&data), Probe::No);
        assert_eq!(claims(&EXAMPLES[0].data[..40]), Probe::No);
        assert_eq!(claims(b"\x03\x07\0\x14abcdefghijklmnop"), Probe::NeedMore);
    }
}
