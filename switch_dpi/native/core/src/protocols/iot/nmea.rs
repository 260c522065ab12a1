//! NMEA 0183 (IEC 61162-1) over TCP and UDP: sentences with their checksum, of receivers and instruments of ships. The reports
//! of ships (AIS) and the datagrams of IEC 61162-450 have files of their own.

use crate::formats::nmea_sentence::{Kind, first_sentence};
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::{query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// NMEA 0183.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nmea-0183",
    name: "NMEA-0183",
    selector: 356,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[10_110],
    first_bytes: FirstBytes::Of(b"$\\"),
    max_probe_size: 256,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let sentence = first_sentence(sample)?;
    require(sentence.kind == Kind::Plain)?;
    Ok(matched(90, "sentence with its checksum", sentence.size))
}

const EXAMPLES: &[Example] = &[
    query("position", b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"),
    server("course and speed", b"$GPVTG,054.7,T,034.4,M,005.5,N,010.2,K*48\r\n"),
];
