//! AIS (ITU-R M.1371) in sentences of NMEA 0183 over TCP and UDP: what ships report of themselves.

use crate::formats::nmea_sentence::{Kind, first_sentence};
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::{query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// AIS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ais",
    name: "AIS",
    selector: 357,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[10_110, 4001],
    first_bytes: FirstBytes::Of(b"!\\"),
    max_probe_size: 256,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let sentence = first_sentence(sample)?;
    require(sentence.kind == Kind::Ship)?;
    Ok(matched(95, "sentence VDM or VDO with its checksum", sentence.size))
}

const EXAMPLES: &[Example] = &[
    query("position of a ship", b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n"),
    server("the same over TCP", b"!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n"),
];
