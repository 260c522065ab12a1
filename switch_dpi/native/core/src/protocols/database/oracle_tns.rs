//! Oracle's Transparent Network Substrate (Oracle Net Services; the packets have no public specification beyond what tools
//! and traces show): size, checksum, type, flags, header checksum, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

const CONNECT: u8 = 1;
const ACCEPT: u8 = 2;
const REFUSE: u8 = 4;
const REDIRECT: u8 = 5;
const DATA: u8 = 6;
const RESEND: u8 = 11;
const MARKER: u8 = 12;
/// Protocol versions in use: 300 (Oracle 7) to 330; from 315 on the size has four bytes.
const VERSIONS: std::ops::RangeInclusive<u16> = 300..=330;
/// How much of a connect packet is searched for the service.
const MAX_DESCRIPTOR_SIZE: usize = 4096;

/// Oracle's databases.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "oracle-tns",
    name: "Oracle",
    selector: 505,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[1521, 1526, 2483],
    first_bytes: FirstBytes::Where(|byte| byte < 0x20),
    max_probe_size: 128,
    probe,
    inspector: Some(|| Box::<Oracle>::default()),
    app: "oracle",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[handshake, secure_services, marker];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Size and type; both checksums are zero.
fn header(cursor: &mut Cursor<'_>, kinds: &[u8]) -> Result<(u16, u8), Probe> {
    let size = cursor.u16()?;
    require((8..=0x1fff).contains(&size))?;
    cursor.zeros(2)?;
    let kind = cursor.one_of(kinds)?;
    cursor.take(1)?;
    cursor.zeros(2)?;
    Ok((size, kind))
}

fn handshake(cursor: &mut Cursor<'_>) -> Recognised {
    let (size, kind) = header(cursor, &[CONNECT, ACCEPT, REFUSE, REDIRECT, RESEND])?;
    match kind {
        CONNECT => {
            require(size >= 34)?;
            let (version, least) = (cursor.u16()?, cursor.u16()?);
            require(VERSIONS.contains(&version) && least <= version && least >= 290)?;
        }
        ACCEPT => {
            require(size >= 24 && VERSIONS.contains(&cursor.u16()?))?;
        }
        RESEND => require(size == 8)?,
        _ => {
            if kind == REFUSE {
                cursor.take(2)?; // reasons of user and system
            }
            require(cursor.u16()? <= size)?;
            cursor.literal(b"(")?;
        }
    }
    Ok((95, "TNS packet"))
}

/// The first data packet of a session negotiates encryption: magic DEADBEEF behind the data flags.
fn secure_services(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.u16()? < 0x2000)?;
    cursor.take(2)?;
    cursor.literal(&[DATA])?;
    cursor.take(1)?;
    cursor.zeros(2)?;
    cursor.take(2)?;
    cursor.literal(b"\xde\xad\xbe\xef")?;
    Ok((100, "TNS service negotiation"))
}

/// A break or reset: three bytes of data.
fn marker(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x0b\0\0")?;
    cursor.literal(&[MARKER])?;
    cursor.take(1)?;
    cursor.literal(b"\0\0\x01\0")?;
    cursor.within(1, 2)?;
    Ok((90, "TNS marker"))
}

/// Reads the service's name in the connect descriptor.
#[derive(Debug, Default)]
struct Oracle;

impl Inspector for Oracle {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let size = sample.data.first_chunk().map_or(0, |size| usize::from(u16::from_be_bytes(*size)));
        if !matches!(sample.data.get(4), None | Some(&CONNECT)) {
            return Progress::Settled;
        }
        // a long descriptor follows the packet that announces it
        let searched = sample.data.get(..MAX_DESCRIPTOR_SIZE).unwrap_or(sample.data);
        for name in [&b"(SERVICE_NAME="[..], b"(SID="] {
            let Some(start) = searched.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name)) else {
                continue;
            };
            let value = searched.get(start + name.len()..).unwrap_or_default();
            if let Some(end) = value.iter().position(|byte| *byte == b')') {
                found.text(Attribute::OracleService, value.get(..end).unwrap_or_default());
                return Progress::Done;
            }
        }
        let is_over = sample.data.len() >= MAX_DESCRIPTOR_SIZE.max(size);
        if is_over { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "connect",
            b"\0\x66\0\0\x01\0\0\0\x01\x39\x01\x2c\0\0\x08\0\x7f\xff\x4f\x98\0\0\0\x01\0\x2c\0\x3a\0\0\x02\0\x41\x41\0\0\0\0\0\0\0\0\0\0(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=orcl)(CID=(USER=ann))))",
        ),
        &[(Attribute::OracleService, "orcl")],
    ),
    server("accept", b"\0\x20\0\0\x02\0\0\0\x01\x39\0\0\x08\0\x7f\xff\x01\0\0\0\0\x20\x41\x41\0\0\0\0\0\0\0\0"),
    server("resend", b"\0\x08\0\0\x0b\0\0\0"),
    server("refusal", b"\0\x2e\0\0\x04\0\0\0\x22\0\0\x22(DESCRIPTION=(ERR=12514)(VSNNUM=0))"),
    client("service negotiation", b"\0\x9c\0\0\x06\0\0\0\0\0\xde\xad\xbe\xef\0\x92\0\0\0\0\0\x04\0\0"),
];
