//! eDonkey 2000, eMule and the Kad network ("The eMule Protocol Specification", Kulbak and Bickson, 2005; opcodes of the public
//! clients). Over TCP a frame is protocol, size (four bytes), opcode; over UDP protocol and opcode; little-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, query, server};
use crate::probing::numbers::{size_of_u32, u8_at, u32_le_at};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Protocols: eDonkey, eMule's extension, eMule packed.
const EDONKEY: u8 = 0xe3;
const EMULE: u8 = 0xc5;
const PACKED: u8 = 0xd4;
/// Kad, and Kad packed (zlib).
const KAD: u8 = 0xe4;
const KAD_PACKED: u8 = 0xe5;
/// Size of the frame's head without its opcode.
const HEAD_SIZE: usize = 5;
/// The largest frame believed: a block of a file and its numbers.
const MAX_FRAME_SIZE: u32 = 0x2_0000;
/// A user hash, a file hash, a Kad id.
const ID_SIZE: usize = 16;
/// A contact of Kad: id, address, ports, version.
const CONTACT_SIZE: usize = 25;
/// Kad's search: opcode pair, how many are wanted, target, receiver.
const KAD_SEARCH_SIZE: usize = 2 + 1 + 2 * ID_SIZE;

/// eDonkey.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "edonkey",
    name: "eDonkey",
    selector: 919,
    category: "peer-to-peer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[4661, 4662, 4665, 4672],
    first_bytes: FirstBytes::Of(&[EDONKEY, EMULE, PACKED, KAD, KAD_PACKED]),
    max_probe_size: 64,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.transport {
        Transport::Tcp => probe_stream(sample.data),
        _ => probe_datagram(sample),
    }
}

/// The head, and what the first messages of a connection have behind it.
fn probe_stream(data: &[u8]) -> Probe {
    let head = [In(PACKED.min(EMULE), EDONKEY), Any, Any, In(0, 1), Is(0), Any];
    match fits(data, &head) {
        Beginning::Other => return Probe::No,
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Whole => {}
    }
    let (Some(protocol), Some(size), Some(opcode)) = (u8_at(data, 0), u32_le_at(data, 1), u8_at(data, HEAD_SIZE))
    else {
        return Probe::NeedMore;
    };
    if size == 0 || size > MAX_FRAME_SIZE || !matches!(protocol, EDONKEY | EMULE | PACKED) {
        return Probe::No;
    }
    let body = HEAD_SIZE + 1;
    let start = match (protocol, opcode) {
        (EDONKEY, 0x01) if u8_at(data, body) == Some(16) => fits(data.get(body..).unwrap_or_default(), &HELLO),
        (EDONKEY, 0x01 | 0x4c) => fits(data.get(body..).unwrap_or_default(), &LOGIN),
        (PACKED, _) => fits(data.get(body..).unwrap_or_default(), &[Is(0x78), In(0x01, 0xda)]),
        _ => return next_frame(data, size),
    };
    match start {
        Beginning::Whole => matched(90, "first message", 24),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => next_frame(data, size),
    }
}

/// The size of a hash, and a user hash with the two bytes that eMule sets.
const HELLO: [Byte; 16] = [Is(16), Any, Any, Any, Any, Any, Is(14), Any, Any, Any, Any, Any, Any, Any, Any, Is(111)];
/// The same hash alone.
const LOGIN: [Byte; 15] = [Any, Any, Any, Any, Any, Is(14), Any, Any, Any, Any, Any, Any, Any, Any, Is(111)];

/// A frame that ends where the next one begins.
fn next_frame(data: &[u8], size: u32) -> Probe {
    let end = HEAD_SIZE + size_of_u32(size);
    let next = data.get(end..).unwrap_or_default();
    match fits(next, &[In(EMULE, EDONKEY), Any, Any, In(0, 1), Is(0)]) {
        Beginning::Whole => matched_if(matches!(next.first(), Some(&(EDONKEY | EMULE | PACKED))), 75, "two frames", 6),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

fn probe_datagram(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let Some([protocol, opcode]) = data.first_chunk().copied() else { return Probe::No };
    match protocol {
        KAD => return probe_kad(sample, opcode),
        KAD_PACKED => {
            return matched_if(has(data, 2, &[0x78]) && is_kad(opcode) && data.len() > 12, 55, "Kad, packed", 3);
        }
        EDONKEY | EMULE => {}
        _ => return Probe::No,
    }
    // state request and its answer: the challenge is repeated; sources are asked for by hash
    let answers = has(sample.reverse, 0, &[EDONKEY, 0x96]) && u32_le_at(data, 2) == u32_le_at(sample.reverse, 2);
    let (is_known, is_sure) = match (protocol, opcode) {
        (EDONKEY, 0x96) => (data.len() == 6 || data.len() == 34, has(data, 4, &[0xaa, 0x55])),
        (EDONKEY, 0x97) => (data.len() >= 14, answers),
        (EDONKEY, 0x94 | 0x9a) => (data.len() >= 18, false),
        (EDONKEY, 0x98 | 0x99 | 0x9b | 0x92 | 0xa2 | 0xa3) | (EMULE, 0x90..=0x93) => (true, false),
        _ => (false, false),
    };
    let is_second =
        has(sample.other, 0, &[protocol]) && sample.other.get(1).is_some_and(|byte| (0x90..=0xa3).contains(byte));
    match (is_known, is_sure) {
        (true, true) => matched(75, "state of a server", 6),
        (true, false) if is_usual(sample) => matched(if is_second { 58 } else { 55 }, "message", 2),
        (true, false) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const fn is_usual(sample: &Sample<'_>) -> bool {
    matches!(sample.originator_port, 4661..=4672) || matches!(sample.responder_port, 4661..=4672)
}

/// Opcodes of both versions of Kad.
const fn is_kad(opcode: u8) -> bool {
    matches!(opcode, 0x00 | 0x01 | 0x08..=0x0a | 0x10 | 0x11 | 0x18..=0x1a | 0x20..=0x22 | 0x28..=0x2a | 0x30..=0x35)
        || matches!(opcode, 0x38..=0x3b | 0x40..=0x45 | 0x48..=0x4c | 0x50..=0x5a | 0x60..=0x62)
}

/// Messages whose size follows from what they say are believed alone, others after another one of Kad.
fn probe_kad(sample: &Sample<'_>, opcode: u8) -> Probe {
    let data = sample.data;
    let is_sure = match opcode {
        0x20 | 0x21 => data.len() == KAD_SEARCH_SIZE && matches!(u8_at(data, 2), Some(2 | 4 | 11)),
        0x28 | 0x29 => {
            let contacts = u8_at(data, 2 + ID_SIZE).map_or(0, usize::from);
            contacts > 0 && data.len() == 2 + ID_SIZE + 1 + contacts * CONTACT_SIZE
        }
        0x11 | 0x19 => data.len() == 22 && has(data, 21, &[0]) && u8_at(data, 20).is_some_and(|version| version < 16),
        _ => false,
    };
    if is_sure {
        return matched(65, "Kad message", 20);
    }
    if !is_kad(opcode) {
        return Probe::No;
    }
    let is_kad_before = |other: &[u8]| has(other, 0, &[KAD]) && other.get(1).copied().is_some_and(is_kad);
    match is_kad_before(sample.other) || is_kad_before(sample.reverse) {
        true => matched(58, "Kad messages", 2),
        false if is_usual(sample) => matched(55, "Kad message", 2),
        false => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    client("hello to a peer", b"\xe3\x1d\x00\x00\x00\x01\x10\x5a\x11\x90\x02\x33\x0e\x77\x21\x90\xab\x01\x72\xc3\x9e\x6f\x4c\x0a\x00\x02\x05\x36\x12\x00\x00\x00\x00\x00"),
    client("login to a server", b"\xe3\x23\x00\x00\x00\x01\x5a\x11\x90\x02\x33\x0e\x77\x21\x90\xab\x01\x72\xc3\x9e\x6f\x4c\x00\x00\x00\x00\x36\x12\x01\x00\x00\x00\x02\x01\x00\x01\x03\x00ann"),
    server("message of a server and the client's id", b"\xe3\x05\x00\x00\x00\x38\x02\x00hi\xe3\x05\x00\x00\x00\x40\x11\x90\x02\x5a"),
    query("Kad: search for a node", b"\xe4\x21\x0b\x5a\x11\x90\x02\x33\x0e\x77\x21\x90\xab\x01\x72\xc3\x9e\x6f\x4c\x0a\x00\x02\x05\x36\x12\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09"),
    query("state of a server", b"\xe3\x96\x07\x31\xaa\x55"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_begins_alike_is_let_go() {
        for data in [
            &b"\xe3\x05\x00\x00\x00\x38\x02\x00hiGET /"[..],
            b"\xe3\x00\x00\x00\x00\x01",
            b"\xe4\x01",
            b"\xe3\x01\x02\x05",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn two_short_messages_of_kad_are_enough() {
        let sample = Sample { transport: Transport::Udp, data: b"\xe4\x60", ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        assert!(
            matches!(probe(&Sample { reverse: b"\xe4\x61\x36\x12", ..sample }), Probe::Match(e) if e.confidence == 58)
        );
    }
}
