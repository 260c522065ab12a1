//! iSCSI (RFC 7143): header segments of 48 bytes, big-endian. A session begins with a log-in.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Basic header segment (§11.2).
const HEADER_SIZE: usize = 48;
/// Log-in keys are within the first 8,192 bytes (§6.1); names come first.
const MAX_KEYS_SIZE: usize = 2048;

/// iSCSI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iscsi",
    name: "iSCSI",
    selector: 576,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[3260, 860],
    first_bytes: FirstBytes::Of(&[0x43, 0x23, 0x03]),
    max_probe_size: 128,
    probe,
    inspector: Some(|| Box::<Iscsi>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Login request and response (§11.12, §11.13): stages, versions 0, no additional header, and keys as text.
fn login(cursor: &mut Cursor<'_>) -> Recognised {
    let is_request = cursor.one_of(&[0x43, 0x03, 0x23])? != 0x23;
    require(cursor.u8()? & 0x30 == 0)?;
    cursor.zeros(3)?;
    let size = cursor.u24()?;
    require(size < 0x2_0000)?;
    cursor.take(HEADER_SIZE - 8 - 16)?;
    if is_request {
        cursor.zeros(16)?;
    } else {
        cursor.take(4)?; // greatest command number
        cursor.within(0, 3)?;
        cursor.take(1)?;
        cursor.zeros(10)?;
    }
    require(size > 0 || !is_request)?;
    if size == 0 {
        return Ok((75, "iSCSI log-in response"));
    }
    let key = cursor.all(4, |byte| byte.is_ascii_alphabetic())?;
    require(key.first().is_some_and(u8::is_ascii_uppercase))?;
    Ok((95, "iSCSI log-in"))
}

/// Reads initiator and target of the log-in request.
#[derive(Debug, Default)]
struct Iscsi;

impl Inspector for Iscsi {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder {
            return Progress::Settled;
        }
        let size =
            sample.data.get(5..8).map_or(0, |size| size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)));
        let Some(keys) = sample.data.get(HEADER_SIZE..HEADER_SIZE + size.min(MAX_KEYS_SIZE)) else {
            return Progress::Settled;
        };
        if size == 0 {
            return Progress::Settled;
        }
        for pair in keys.split(|byte| *byte == 0) {
            if let Some(name) = pair.strip_prefix(b"InitiatorName=") {
                found.text(Attribute::IscsiInitiator, name);
            } else if let Some(name) = pair.strip_prefix(b"TargetName=") {
                found.text(Attribute::IscsiTarget, name);
            }
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "log-in",
            b"\x43\x87\0\0\0\0\0\x28\0\x02\x3d\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0InitiatorName=iqn.2024-01.org.example:a\0",
        ),
        &[(Attribute::IscsiInitiator, "iqn.2024-01.org.example:a")],
    ),
    server(
        "log-in answered",
        b"\x23\x87\0\0\0\0\0\x18\0\x02\x3d\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0TargetPortalGroupTag=1\0\0",
    ),
];
