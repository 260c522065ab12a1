//! Subversion's own protocol (Subversion, libsvn_ra_svn/protocol): lists of words, numbers and strings.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const SCHEME: &[u8] = b":svn";
/// How much of the client's greeting is searched for the URL.
const MAX_GREETING_SIZE: usize = 1024;

/// Subversion.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "svn",
    name: "SVN",
    selector: 572,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[3690],
    first_bytes: FirstBytes::Of(b"("),
    probe,
    inspector: Some(|| Box::<Svn>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[server_greeting, client_greeting];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Least and greatest version, mechanisms, capabilities; or a failure.
fn server_greeting(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"( success ( ", b"( failure ( ( "])?;
    if which == 0 {
        cursor.any_literal(&[b"1 2 (", b"2 2 (", b"( "])?;
    } else {
        cursor.all(1, |byte| byte.is_ascii_digit())?;
    }
    Ok((100, "Subversion greeting"))
}

fn client_greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"( ")?;
    cursor.within(b'1', b'2')?;
    cursor.literal(b" ( ")?;
    cursor.any_literal(&[
        b"edit-pipeline ",
        b"svndiff1 ",
        b"accepts-svndiff2 ",
        b"absent-entries ",
        b"depth ",
        b"mergeinfo ",
    ])?;
    Ok((100, "Subversion client's greeting"))
}

/// Reads the URL, a string behind its size.
#[derive(Debug, Default)]
struct Svn;

impl Inspector for Svn {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let searched = sample.data.get(..MAX_GREETING_SIZE).unwrap_or(sample.data);
        let Some(at) = searched.windows(SCHEME.len()).position(|window| window == SCHEME) else {
            let is_over = sample.direction == Direction::Originator && sample.data.len() >= MAX_GREETING_SIZE;
            return if is_over { Progress::Done } else { Progress::Settled };
        };
        let (before, url) = searched.split_at_checked(at + 1).unwrap_or_default();
        let digits =
            before.rsplit(|byte| *byte == b' ').next().unwrap_or_default().strip_suffix(b":").unwrap_or_default();
        let size: usize = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let Some(url) = url.get(..size) else { return Progress::Settled };
        found.text(Attribute::SvnUrl, url);
        let authority = url.splitn(3, |byte| *byte == b'/').nth(2).unwrap_or_default();
        let host = authority.split(|byte| matches!(byte, b'/' | b':')).next().unwrap_or_default();
        found.set_host(host.rsplit(|byte| *byte == b'@').next().unwrap_or_default());
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"( success ( 2 2 ( ) ( edit-pipeline svndiff1 absent-entries commit-revprops depth ) ) ) "),
    telling(
        client(
            "greeting",
            b"( 2 ( edit-pipeline svndiff1 absent-entries depth ) 23:svn://svn.example.org/a 10:SVN/1.14.2 ( ) ) ",
        ),
        &[(Attribute::SvnUrl, "svn://svn.example.org/a")],
    ),
];
