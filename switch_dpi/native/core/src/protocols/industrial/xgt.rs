//! XGT of LS Electric's controllers over TCP and UDP (XGT FEnet manual): a header that begins with the company's name.

use crate::probing::fields::{Fields, Verdict, answer, answered, require, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Names of the present and the former series.
const NAMES: [&[u8]; 2] = [b"LSIS-XGT", b"LGIS-GLO"];

/// XGT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xgt",
    name: "LSIS-XGT",
    selector: 386,
    category: "industrial",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2004, 2005],
    first_bytes: FirstBytes::Of(b"L"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    let start = fields.rest().get(..8).unwrap_or(fields.rest());
    require(NAMES.iter().any(|name| name.starts_with(start)))?;
    fields.take(8)?;
    fields.matched(100, "XGT header")
}

const EXAMPLES: &[Example] = &[
    sent(
        "a word is read",
        Transport::Tcp,
        b"LSIS-XGT\0\0\x00\x00\xa0\x33\x00\x00\x10\x00\x00\x15\x54\x00\x02\x00\x00\x00\x01\x00\x06\x00%MW100",
    ),
    answered("its value", Transport::Udp, b"LSIS-XGT\0\0\x00\x00\xa0\x11\x00\x00\x0e\x00\x00\x24\x55\x00\x02\x00\x00\x00\x00\x00\x01\x00\x02\x00\x34\x12"),
];
