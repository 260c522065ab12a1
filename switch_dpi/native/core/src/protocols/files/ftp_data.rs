//! FTP's data connections (RFC 959 §3.2). They are found where the control connection announced them; a listing is known by
//! its form too.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The longest line of a listing looked at.
const MAX_LINE_SIZE: usize = 512;

/// FTP, data connection.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ftp-data",
    name: "FTP data",
    selector: 566,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[20],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_digit() || b"-dlbcpstTmMuUfFwW".contains(&byte)),
    max_probe_size: MAX_LINE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[unix, dos, machine];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `drwxr-xr-x   2 ann users 4096 …`, perhaps behind `total 12`.
fn unix(cursor: &mut Cursor<'_>) -> Recognised {
    if cursor.sample.data.first() == Some(&b't') {
        cursor.literal(b"total ")?;
        require(cursor.line(20)?.iter().all(u8::is_ascii_digit))?;
    }
    cursor.one_of(b"-dlbcps")?;
    for _ in 0..3 {
        cursor.one_of(b"r-")?;
        cursor.one_of(b"w-")?;
        cursor.one_of(b"xsStT-")?;
    }
    cursor.one_of(b" +.@")?;
    let line = cursor.line(MAX_LINE_SIZE)?;
    require(line.trim_ascii_start().first().is_some_and(u8::is_ascii_digit))?;
    Ok((75, "listing of files"))
}

/// `01-23-2024  08:32PM       <DIR> docs`.
fn dos(cursor: &mut Cursor<'_>) -> Recognised {
    for separator in *b"--" {
        cursor.all(2, |byte| byte.is_ascii_digit())?;
        cursor.literal(&[separator])?;
    }
    cursor.all(2, |byte| byte.is_ascii_digit())?;
    let line = cursor.line(MAX_LINE_SIZE)?;
    let time = line.trim_ascii_start();
    let year = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let time = if year == 2 { line.get(2..).unwrap_or_default().trim_ascii_start() } else { time };
    require(matches!(time, [b'0'..=b'1', b'0'..=b'9', b':', _, _, b'A' | b'P', b'M', b' ', ..]))?;
    Ok((75, "listing of files"))
}

/// `type=file;size=12;modify=20240123080000; name` (RFC 3659 §7.2).
fn machine(cursor: &mut Cursor<'_>) -> Recognised {
    const FACTS: &[&[u8]] =
        &[b"type=", b"Type=", b"modify=", b"Modify=", b"size=", b"Size=", b"perm=", b"Perm=", b"unique=", b"UNIX."];
    cursor.any_literal(FACTS)?;
    let line = cursor.line(MAX_LINE_SIZE)?;
    let is_fact = |name: &[u8]| line.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
    require(line.contains(&b' ') && (is_fact(b";modify=") || is_fact(b";size=") || is_fact(b";type=")))?;
    Ok((80, "machine listing of files"))
}

const EXAMPLES: &[Example] = &[
    server("Unix", b"-rw-r--r--    1 ann      users        1024 Jan 23 08:32 readme.txt\r\n"),
    server("Unix with a total", b"total 12\r\ndrwxr-xr-x  2 ann users 4096 Jan 23 08:32 docs\r\n"),
    server("DOS", b"01-23-24  08:32PM       <DIR>          docs\r\n"),
    server("MLSD", b"type=file;size=12;modify=20240123080000; readme.txt\r\n"),
];
