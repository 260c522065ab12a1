//! Microsoft SQL Server: TDS 4.2 and 7.0 to 7.4 ([MS-TDS]).

use crate::formats::tds::{HEADER_SIZE, RESPONSE, header, old_login_version};
use crate::formats::utf16;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

const SQL_BATCH: u8 = 0x01;
const RPC: u8 = 0x03;
const ATTENTION: u8 = 0x06;
const TRANSACTION: u8 = 0x0e;
const LOGIN7: u8 = 0x10;
const PRELOGIN: u8 = 0x12;
/// Where Login7's table of offsets begins, after its fixed fields (§2.2.6.4).
const LOGIN7_TABLE_AT: usize = 36;

/// Microsoft SQL Server.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mssql-tds",
    name: "MsSQL-TDS",
    selector: 503,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[1433],
    first_bytes: FirstBytes::Of(&[SQL_BATCH, 0x02, RPC, RESPONSE, ATTENTION, TRANSACTION, LOGIN7, PRELOGIN]),
    max_probe_size: 640,
    probe,
    inspector: Some(|| Box::<Tds>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[prelogin, login7, request, response, attention, old_login];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// §2.2.6.5: a list of options, the first is the version (token 0, six bytes), which stands behind the list.
fn prelogin(cursor: &mut Cursor<'_>) -> Recognised {
    let header = header(cursor, &[PRELOGIN, RESPONSE])?;
    cursor.literal(b"\0")?;
    let offset = cursor.u16()?;
    require(offset % 5 == 1 && (6..=96).contains(&offset) && usize::from(offset) + 6 + HEADER_SIZE <= header.size)?;
    cursor.literal(b"\0\x06\x01")?;
    Ok((100, "TDS pre-login"))
}

/// §2.2.6.4: size, version, packet size, client version, process, connection.
fn login7(cursor: &mut Cursor<'_>) -> Recognised {
    let header = header(cursor, &[LOGIN7])?;
    let size = usize::try_from(cursor.u32_le()?).unwrap_or(usize::MAX);
    require(size + HEADER_SIZE >= header.size && size < 128 * 1024)?;
    let version = cursor.u32_le()?;
    require(matches!(
        version,
        0x7000_0000 | 0x7100_0000 | 0x7100_0001 | 0x7209_0002 | 0x730a_0003 | 0x730b_0003 | 0x7400_0004 | 0x0800_0000
    ))?;
    Ok((100, "TDS login"))
}

/// SQL batch, RPC and transaction requests begin with ALL_HEADERS (§2.2.5.3): a transaction descriptor.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    header(cursor, &[SQL_BATCH, RPC, TRANSACTION])?;
    cursor.literal(b"\x16\0\0\0\x12\0\0\0\x02\0")?;
    Ok((100, "TDS request"))
}

/// ERROR, INFO, LOGINACK, ENVCHANGE (§2.2.7): a token and a size that fits the packet.
fn response(cursor: &mut Cursor<'_>) -> Recognised {
    let header = header(cursor, &[RESPONSE])?;
    let token = cursor.one_of(&[0xaa, 0xab, 0xad, 0xe3, 0x81, 0xfd])?;
    if token == 0xfd {
        require(header.size == HEADER_SIZE + 13)?; // DONE, alone
        return Ok((65, "TDS end of a command"));
    }
    let size = usize::from(cursor.u16_le()?);
    if token == 0x81 {
        require((1..=1024).contains(&size))?; // COLMETADATA: the number of columns
        cursor.take(2)?;
        cursor.zeros(2)?; // user type
        return Ok((70, "TDS columns"));
    }
    require(size > 3 && HEADER_SIZE + 3 + size <= header.size)?;
    match token {
        0xad => {
            cursor.within(0, 1)?;
            require(matches!(cursor.u8()?, 0x04 | 0x07 | 0x70..=0x75))?;
        }
        0xe3 => {
            cursor.within(1, 20)?;
        }
        _ => {
            cursor.take(4)?;
            cursor.take(1)?;
            cursor.within(0, 25)?; // class
            require(usize::from(cursor.u16_le()?) * 2 <= size)?;
        }
    }
    Ok((80, "TDS response"))
}

/// §2.2.1.7: a header alone.
fn attention(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x06\x01\0\x08\0\0")?;
    cursor.within(0, 1)?;
    cursor.literal(b"\0")?;
    Ok((70, "TDS attention"))
}

fn old_login(cursor: &mut Cursor<'_>) -> Recognised {
    require(old_login_version(cursor)? == 4)?;
    Ok((95, "TDS 4 login"))
}

/// Reads user, application, server and database of a Login7.
#[derive(Debug, Default)]
struct Tds;

impl Inspector for Tds {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut data = sample.data;
        while let Some([kind, _, high, low]) = data.first_chunk::<4>() {
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(packet) = data.get(HEADER_SIZE..size) else { return Progress::Settled };
            if *kind == LOGIN7 {
                read_login(packet, found);
                return Progress::Done;
            }
            data = data.get(size.max(HEADER_SIZE)..).unwrap_or_default();
        }
        Progress::Settled
    }
}

/// The table holds offset and length in characters of each name, in UTF-16, little-endian.
fn read_login(login: &[u8], found: &mut Findings) {
    let name = |index: usize| {
        let entry = login.get(LOGIN7_TABLE_AT + 4 * index..)?.first_chunk::<4>()?;
        let [offset, length] = [u16::from_le_bytes([entry[0], entry[1]]), u16::from_le_bytes([entry[2], entry[3]])];
        let start = usize::from(offset);
        login.get(start..start + 2 * usize::from(length)).map(utf16::decode_le)
    };
    let mut tell = |index, attribute| {
        if let Some(text) = name(index).filter(|text| !text.is_empty()) {
            found.text(attribute, text.as_bytes());
        }
    };
    tell(1, Attribute::TdsUser);
    tell(3, Attribute::TdsApplication);
    tell(8, Attribute::TdsDatabase);
    if let Some(host) = name(4) {
        found.set_host(host.as_bytes());
    }
}

const EXAMPLES: &[Example] = &[
    client(
        "pre-login",
        b"\x12\x01\0\x2f\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\x04\x04\0\x26\0\x01\xff\x09\0\0\0\0\0\x01\0\xb8\x0d\0\0\x01",
    ),
    server(
        "pre-login answer",
        b"\x04\x01\0\x25\0\0\x01\0\0\0\x15\0\x06\x01\0\x1b\0\x01\x02\0\x1c\0\x01\x03\0\x1d\0\0\xff\x0b\0\x0c\x38\0\0\0\0",
    ),
    telling(
        client(
            "login of version 7.4",
            b"\x10\x01\0r\0\0\x01\0j\0\0\0\x04\0\0t\0\x10\0\0\x07\0\0\0\0\x01\0\0\0\0\0\0\xe0\x03\0\0\0\0\0\0\x09\x04\0\0^\0\0\0^\0\x02\0b\0\0\0b\0\0\0b\0\x02\0\0\0\0\0f\0\0\0f\0\0\0f\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0s\0a\0d\0b\0d\0b\0",
        ),
        &[(Attribute::TdsUser, "sa"), (Attribute::TdsDatabase, "db")],
    ),
    client("SQL batch", b"\x01\x01\0\x2c\0\0\x01\0\x16\0\0\0\x12\0\0\0\x02\0\0\0\0\0\0\0\0\0\x01\0\0\0S\0E\0L\0E\0C\0T\0 "),
    server("login accepted", b"\x04\x01\0\x20\0\x35\x01\0\xe3\x08\0\x01\x01d\0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    client("login of version 4.2", b"\x02\0\x02\0\0\0\0\0host\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04sa\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02pw\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x021234\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x02\0\0prog\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    client("attention", b"\x06\x01\0\x08\0\0\x01\0"),
];
