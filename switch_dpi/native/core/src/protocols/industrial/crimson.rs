//! Crimson 3 of Red Lion's panels over TCP, as publicly described: size, register, then a request for the maker or the model.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// The size does not count itself; nothing is larger than a page of the configuration.
const MAX_SIZE: u16 = 0x0400;
/// Registers lie here.
const REGISTERS: std::ops::RangeInclusive<u8> = 0x20..=0x2f;

/// Red Lion Crimson.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crimson",
    name: "RedLion-Crimson",
    selector: 369,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[789],
    first_bytes: FirstBytes::Where(|byte| byte < 0x04),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    let size = fields.u16()?;
    require((4..MAX_SIZE).contains(&size))?;
    fields.expect(&[0x01])?;
    fields.byte(|register| REGISTERS.contains(&register))?;
    fields.byte(|kind| matches!(kind, 0x1a | 0x1b))?;
    fields.expect(&[0x00])?;
    require(fields.rest().len() <= usize::from(size) - 4)?;
    fields.take(usize::from(size) - 4)?;
    fields.matched(60, "Crimson register")
}

const EXAMPLES: &[Example] = &[
    sent("who made it", Transport::Tcp, b"\x00\x04\x01\x2b\x1b\x00"),
    answered("its maker", Transport::Tcp, b"\x00\x15\x01\x2b\x1b\x00Red Lion Control\x00"),
];
