//! n2n, versions 2 and 3 (`n2n_typedefs.h` of ntop/n2n): the common header with the community's name.

use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Version, time to live, flags.
const FIXED_SIZE: usize = 4;
/// A packet is forwarded at most this often (N2N_DEFAULT_TTL is 2).
const MAX_TTL: u8 = 2;
/// The lower bits of the flags are the packet's type: 1 to 11; above stand three flags.
const TYPE_BITS: u16 = 0x001f;
const KNOWN_FLAGS: u16 = 0x00e0;
const MAX_TYPE: u16 = 11;
/// The shortest message that follows the header: a cookie.
const MIN_BODY_SIZE: usize = 4;

/// n2n.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "n2n",
    name: "n2n",
    selector: 1224,
    category: "vpn",
    transports: &[Transport::Udp],
    ports: &[7654, 7777],
    first_bytes: FirstBytes::Of(&[2, 3]),
    max_probe_size: 32,
    probe,
    inspector: Some(|| Box::<N2n>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some([2 | 3, 0..=MAX_TTL, ..]), Some(flags)) = (data.first_chunk::<FIXED_SIZE>(), u16_at(data, 2)) else {
        return Probe::No;
    };
    let kind_fits = (1..=MAX_TYPE).contains(&(flags & TYPE_BITS)) && flags & !(TYPE_BITS | KNOWN_FLAGS) == 0;
    let Some(name) = community(data).filter(|_| kind_fits) else { return Probe::No };
    // zeros fill the name's field: four of them and the letters make up for a short header
    let zeros = field_size(data) - name.len();
    match name.len() {
        4.. if zeros >= 2 => matched(80, "common header with a community", FIXED_SIZE + field_size(data)),
        2.. => matched(65, "common header with a community", FIXED_SIZE + field_size(data)),
        _ => Probe::NeedMore,
    }
}

/// Version 3 has 20 bytes for the name, version 2 has 16.
fn field_size(data: &[u8]) -> usize {
    if data.first() == Some(&3) { 20 } else { 16 }
}

/// Letters, then zeros to the end of the field.
fn community(data: &[u8]) -> Option<&[u8]> {
    let field = data.get(FIXED_SIZE..FIXED_SIZE + field_size(data))?;
    let size = field.iter().position(|byte| *byte == 0)?;
    let (name, zeros) = field.split_at_checked(size)?;
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic) && zeros.iter().all(|byte| *byte == 0);
    let has_body = data.len() >= FIXED_SIZE + field_size(data) + MIN_BODY_SIZE;
    (is_name && has_body).then_some(name)
}

/// Reads the community.
#[derive(Debug, Default)]
struct N2n;

impl Inspector for N2n {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(name) = community(sample.data) {
            found.text(Attribute::N2nCommunity, name);
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "REGISTER_SUPER of version 2",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x02\x02\0\x05office\0\0\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a\x02\0\x5e\x10\0\x02\0\0\0\0",
        expect: &[(Attribute::N2nCommunity, "office")],
    },
    Example {
        title: "REGISTER_SUPER_ACK of version 3",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x03\x02\0\x27office\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a\x02\0\x5e\x10\0\x01\x0a\0\0\x02\x18\0\x3c\0\0\xd4\x31\x0a\0\0\x01\0",
        expect: &[(Attribute::N2nCommunity, "office")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_and_then_zeros_only() {
        for data in [
            &b"\x02\x02\0\x05off\0ce\0\0\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a"[..],
            b"\x02\x02\0\x0coffice\0\0\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a",
            b"\x02\x02\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x8b\x15\xc4\x9a",
        ] {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No);
        }
    }
}
