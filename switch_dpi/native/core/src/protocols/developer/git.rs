//! Git's own transport (Git, gitprotocol-pack, gitprotocol-common): lines behind their size in four hexadecimal digits.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// A request has at most this many bytes: a path and a host.
const MAX_REQUEST_SIZE: usize = 4096;

/// Git.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "git",
    name: "Git",
    selector: 573,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[9418],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_hexdigit()),
    max_probe_size: 64,
    probe,
    inspector: Some(|| Box::<Git>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, answer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn line_size(cursor: &mut Cursor<'_>) -> Checked<usize> {
    let digits = cursor.all(4, |byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))?;
    let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
    size.ok_or(Probe::No)
}

fn request(cursor: &mut Cursor<'_>) -> Recognised {
    require(line_size(cursor)? > 20)?;
    cursor.any_literal(&[b"git-upload-pack ", b"git-receive-pack ", b"git-upload-archive "])?;
    Ok((100, "Git request"))
}

/// References: an object's name in forty digits, a space; or a version, a failure, an object that is wanted.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    require(line_size(cursor)? >= 8)?;
    let mut object = *cursor;
    match cursor.any_literal(&[b"version ", b"ERR ", b"want ", b"command=", b"shallow "]) {
        Ok(1) => return cursor.text(4).map(|_| (80, "Git failure")),
        Ok(_) => return Ok((95, "Git line")),
        Err(Probe::NeedMore) => return Err(Probe::NeedMore),
        Err(_) => {}
    }
    object.all(40, |byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))?;
    object.literal(b" ")?;
    *cursor = object;
    Ok((100, "Git reference"))
}

/// Reads repository and host of the request: `git-upload-pack /path\0host=name\0`.
#[derive(Debug, Default)]
struct Git;

impl Inspector for Git {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder || sample.data.len() < 5 {
            return Progress::Settled;
        }
        let digits = sample.data.get(..4).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).unwrap_or(0);
        let Some(line) = sample.data.get(4..size) else {
            return if !(5..=MAX_REQUEST_SIZE).contains(&size) { Progress::Done } else { Progress::Settled };
        };
        let mut parts = line.split(|byte| *byte == 0);
        let path = parts.next().and_then(|request| request.splitn(2, |byte| *byte == b' ').nth(1));
        if let Some(path) = path.filter(|_| line.starts_with(b"git-")) {
            found.text(Attribute::GitRepository, path.trim_ascii_end());
        }
        if let Some(host) = parts.find_map(|part| part.strip_prefix(b"host=")) {
            let end = host.iter().rposition(|byte| *byte == b':').filter(|_| !host.ends_with(b"]"));
            found.set_host(host.get(..end.unwrap_or(host.len())).unwrap_or_default());
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("fetch", b"0032git-upload-pack /project.git\0host=example.org\0"),
        &[(Attribute::GitRepository, "/project.git")],
    ),
    server("references", b"003fa3c5b1d0c9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4 refs/heads/master\n0000"),
    server("version 2", b"000eversion 2\n"),
    server("failure", b"0024ERR access denied or no such repo"),
];
