//! A conversation of DCE/RPC (The Open Group C706 §12.6, [MS-RPCE]) over TCP or in a named pipe: the interfaces that are bound, and
//! the ports that the endpoint mapper and the object exporters of DCOM answer.

use crate::bytes::Reader;
use crate::formats::dcerpc_interfaces::{Interface, interface};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, Expectation, Findings, Transport};

/// Common header (C706 §12.6.3.1).
pub const HEADER_SIZE: usize = 16;
/// Types of fragments.
pub const BIND: u8 = 11;
/// See [`BIND`].
pub const ALTER_CONTEXT: u8 = 14;
/// See [`BIND`].
pub const RESPONSE: u8 = 2;
/// Contexts of a bind that are read.
const MAX_CONTEXTS: u8 = 8;
/// Ports that one answer may announce.
const MAX_PORTS: usize = 8;
/// Characters of a string binding's address and port: a name and five digits in brackets.
const MAX_BINDING_LENGTH: usize = 128;

/// What the interfaces that were bound answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
    /// The endpoint mapper answers towers.
    asks_mapper: bool,
    /// The activator and the resolver of DCOM answer string bindings.
    asks_exporter: bool,
}

impl Calls {
    /// Reads a whole fragment, header and all.
    pub fn read(&mut self, fragment: &[u8], found: &mut Findings) {
        let Some(header) = fragment.first_chunk::<HEADER_SIZE>() else { return };
        let is_little = header[4] == 0x10;
        match header[2] {
            BIND | ALTER_CONTEXT => self.read_contexts(fragment, is_little, found),
            RESPONSE if self.asks_mapper => announce_towers(fragment, found),
            RESPONSE if self.asks_exporter => announce_bindings(fragment, found),
            _ => {}
        }
    }

    /// Each context has an id, how many transfer syntaxes, the interface with its version, and the syntaxes of twenty bytes each.
    fn read_contexts(&mut self, fragment: &[u8], is_little: bool, found: &mut Findings) {
        let mut reader = Reader::new(fragment.get(24..).unwrap_or_default());
        let count = reader.array::<4>().map_or(0, |[count, ..]| count);
        for _ in 0..count.min(MAX_CONTEXTS) {
            let (Some([_, _, syntaxes, _]), Some(uuid)) = (reader.array::<4>(), reader.take(16)) else { return };
            let interface = interface(uuid, is_little);
            self.asks_mapper |= interface.name == "epm";
            self.asks_exporter |= matches!(interface.name.as_str(), "ISystemActivator" | "IOXIDResolver");
            tell(interface, found);
            if reader.take(4 + 20 * usize::from(syntaxes)).is_none() {
                return;
            }
        }
    }
}

/// Size of the fragment that begins here, as its header says; `None` while that is not there or cannot be.
#[must_use]
pub fn fragment_size(data: &[u8]) -> Option<usize> {
    let header = data.first_chunk::<HEADER_SIZE>()?;
    let size = [header[8], header[9]];
    let size = usize::from(if header[4] == 0x10 { u16::from_le_bytes(size) } else { u16::from_be_bytes(size) });
    (size >= HEADER_SIZE).then_some(size)
}

/// Names an interface.
pub fn tell(interface: Interface, found: &mut Findings) {
    found.text(Attribute::DcerpcInterface, interface.name.as_bytes());
    if let Some(service) = interface.service {
        found.set_service(service);
    }
}

/// A tower's floor for TCP, and for IP after it (C706 appendix L): the port that the mapper answers.
fn announce_towers(fragment: &[u8], found: &mut Findings) {
    const FLOOR: usize = 9;
    let ports = fragment.windows(FLOOR).filter_map(|window| match window {
        [1, 0, 7, 2, 0, high, low, 1, 0] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    });
    ports.take(MAX_PORTS).for_each(|port| expect(port, found));
}

/// String bindings of an object's exporter ([MS-DCOM] §2.2.19.3): tower 7 (TCP), then `host[port]` in UTF-16 up to a zero.
fn announce_bindings(fragment: &[u8], found: &mut Findings) {
    let mut ports = 0;
    let mut at = HEADER_SIZE;
    while let Some(rest) = fragment.get(at..).filter(|rest| rest.len() > 4 && ports < MAX_PORTS) {
        at += 1;
        let Some(port) = rest.strip_prefix(&[7, 0]).and_then(port_of_binding) else { continue };
        expect(port, found);
        ports += 1;
    }
}

fn port_of_binding(text: &[u8]) -> Option<u16> {
    let pairs = text.chunks_exact(2).take(MAX_BINDING_LENGTH);
    let letters: Vec<u8> =
        pairs.map_while(|pair| if let [letter @ 0x20..=0x7e, 0] = pair { Some(*letter) } else { None }).collect();
    let (host, rest) = letters.split_at(letters.iter().position(|letter| *letter == b'[')?);
    let digits = rest.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let port = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (!host.is_empty()).then_some(port)
}

fn expect(port: u16, found: &mut Findings) {
    let (transport, by) = (Transport::Tcp, Direction::Responder);
    if port != 0 {
        found.expect(Expectation { transport, address: None, by, port, protocol: "dcerpc" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(calls: &mut Calls, fragment: &[u8]) -> Vec<u16> {
        let mut found = Findings::default();
        calls.read(fragment, &mut found);
        found.take_expected().iter().map(|end| end.port).collect()
    }

    #[test]
    fn the_mapper_s_answer_is_expected() {
        let answer =
            b"\x05\0\x02\x03\x10\0\0\0\x25\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\0\x07\x02\0\xc0\x0c\x01\0\x09\x04\0\0";
        assert_eq!(ports(&mut Calls { asks_mapper: true, ..Calls::default() }, answer), [0xc00c]);
        assert_eq!(ports(&mut Calls::default(), answer), []);
    }

    #[test]
    fn bindings_of_an_exporter_are_expected() {
        let binding: Vec<u8> = "ws7[49154]".bytes().flat_map(|letter| [letter, 0]).collect();
        let answer =
            [&b"\x05\0\x02\x03\x10\0\0\0\x40\0\0\0\x01\0\0\0\0\0\0\0\x0a\0\xff\xff\x07\0"[..], &binding, &[0; 8]]
                .concat();
        let mut calls = Calls { asks_exporter: true, ..Calls::default() };
        assert_eq!(ports(&mut calls, &answer), [49_154]);
        for end in 0..answer.len() {
            ports(&mut calls, &answer[..end]);
        }
        assert_eq!(ports(&mut calls, &answer[..40]), []);
    }
}
