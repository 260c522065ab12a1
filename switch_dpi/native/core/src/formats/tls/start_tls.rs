//! TLS that begins in the middle of a conversation, after a command to begin it (RFC 3207 SMTP, RFC 9051 §6.2.1 IMAP, RFC 2595 POP3,
//! RFC 4217 FTP): the first handshake record at the start of a line. The flow goes on as the protocol's form over TLS.

use crate::formats::tls::family::TlsInspector;
use crate::protocol::{Findings, Inspector, Progress, Sample};

/// A record of handshake messages, major version 3 (RFC 8446 §5.1): no line of text begins so.
const RECORD_START: &[u8] = &[22, 3];

/// Waits for TLS in both directions, and reads it.
pub struct StartTls {
    key: &'static str,
    starts: [Option<usize>; 2],
    tls: Option<TlsInspector>,
}

impl StartTls {
    /// The flow will go on as the protocol with this key.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key, starts: [None; 2], tls: None }
    }

    /// Whether TLS begins at `position`, where the next line would.
    #[must_use]
    pub fn begins(sample: &Sample<'_>, position: usize) -> bool {
        sample.data.get(position..).is_some_and(|rest| rest.starts_with(RECORD_START))
    }

    /// Reads the TLS that has begun, or begins at `position`; `None` while the direction still speaks in lines.
    pub fn feed(&mut self, sample: &Sample<'_>, position: usize, found: &mut Findings) -> Option<Progress> {
        let start = sample.direction.of(&mut self.starts);
        if start.is_none() && Self::begins(sample, position) {
            *start = Some(position);
            found.go_on_as(self.key, "TLS record after commands");
        }
        let data = sample.data.get((*start)?..)?;
        let tls = self.tls.get_or_insert_default();
        Some(tls.feed(&Sample { data, other: &[], ..*sample }, found))
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::attributes::Attribute;
    use crate::protocol::{Descriptor, Direction, Findings, Progress, Sample};
    use crate::protocols::{ftp, imap, pop3, smtp, tls};

    /// A direction of a conversation, fed in pieces; what was found, and what the flow went on as.
    fn read(protocol: &Descriptor, data: &[u8], piece: usize) -> (Findings, Option<&'static str>) {
        let (mut inspector, mut found, mut key) = ((protocol.inspector.unwrap())(), Findings::default(), None);
        for end in (piece..data.len()).step_by(piece).chain([data.len()]) {
            let shown = Sample { data: &data[..end], direction: Direction::Originator, ..Sample::EMPTY };
            let progress = inspector.feed(&shown, &mut found);
            assert!(progress != Progress::Done, "the other direction is still to come");
            key = found.take_goes_on().map(|(key, _)| key).or(key);
        }
        (found, key)
    }

    #[test]
    fn tls_behind_a_command_is_read_whatever_the_pieces() {
        let hello = tls::DESCRIPTOR
            .examples
            .iter()
            .find(|example| example.expect.contains(&(Attribute::TlsSni, "www.example.org")));
        let hello = hello.unwrap().data;
        for (protocol, command, expected) in [
            (&ftp::DESCRIPTOR, "AUTH TLS\r\n", "ftps"),
            (&smtp::DESCRIPTOR, "EHLO me\r\nSTARTTLS\r\n", "smtps"),
            (&imap::DESCRIPTOR, "a STARTTLS\r\n", "imaps"),
            (&pop3::DESCRIPTOR, "STLS\r\n", "pops"),
        ] {
            let data = [command.as_bytes(), hello].concat();
            let (whole, key) = read(protocol, &data, data.len());
            assert_eq!((whole.host(), key), (Some("www.example.org"), Some(expected)));
            for piece in [1, 3, 50] {
                assert_eq!(read(protocol, &data, piece), (whole.clone(), key), "{expected} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn lines_alone_change_nothing() {
        let (found, key) = read(&ftp::DESCRIPTOR, b"AUTH TLS\r\nUSER ann\r\n", 1);
        assert_eq!((found.host(), key, found.count()), (None, None, 1));
    }
}
