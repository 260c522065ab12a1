//! EtherSIO (ESIO) of Saia Burgess: cyclic input and output of remote modules over UDP (as publicly described).

use crate::probing::fields::{Fields, Verdict, answer, answered, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First bytes of every telegram.
const MAGIC: &[u8] = b"ESIO";

/// EtherSIO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ether-sio",
    name: "EtherSIO",
    selector: 317,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[6060],
    first_bytes: FirstBytes::Of(b"E"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    fields.expect(MAGIC)?;
    fields.byte(|high| high == 0)?;
    fields.byte(|kind| kind <= 2)?;
    fields.matched(95, "ESIO telegram")
}

const EXAMPLES: &[Example] = &[
    sent(
        "transfer of outputs",
        Transport::Udp,
        b"ESIO\x00\x01\x00\x00\x00\x31\x76\x16\x00\x00\x00\x10\x00\x00\x00\x0d\x01\x00\x00\x00\x00\x5c\x00\x00",
    ),
    answered("status", Transport::Udp, b"ESIO\x00\x02\x00\x00\x00\x31\x76\x16\x00\x00\x00\x04\x00\x00\x00\x00"),
];
