//! gpsd's protocol over TCP (gpsd "gpsd_json"): objects of JSON with a class, commands with a question mark.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// What an answer begins with: every object has a class first.
const CLASS: &[u8] = b"{\"class\":\"";
/// The classes.
const CLASSES: [&[u8]; 17] = [
    b"VERSION\"",
    b"DEVICES\"",
    b"DEVICE\"",
    b"WATCH\"",
    b"TPV\"",
    b"SKY\"",
    b"GST\"",
    b"ATT\"",
    b"IMU\"",
    b"TOFF\"",
    b"PPS\"",
    b"OSC\"",
    b"POLL\"",
    b"AIS\"",
    b"RTCM2\"",
    b"RTCM3\"",
    b"ERROR\"",
];
const COMMANDS: [&[u8]; 6] = [b"?WATCH", b"?VERSION", b"?DEVICES", b"?DEVICE", b"?POLL", b"?TOFF"];

/// gpsd.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gpsd",
    name: "gpsd",
    selector: 361,
    category: "iot",
    transports: &[Transport::Tcp],
    ports: &[2947],
    first_bytes: FirstBytes::Of(b"{?"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let (data, words): (&[u8], &[&[u8]]) = match sample.data.strip_prefix(CLASS) {
        Some(rest) => (rest, &CLASSES),
        None if sample.data.first() == Some(&b'{') => {
            require(CLASS.starts_with(sample.data))?;
            return Ok(Probe::NeedMore);
        }
        None => (sample.data, &COMMANDS),
    };
    let Some(word) = words.iter().find(|word| data.starts_with(word)) else {
        require(words.iter().any(|word| word.starts_with(data)))?;
        return Ok(Probe::NeedMore);
    };
    if data.len() == sample.data.len() {
        let Some(next) = data.get(word.len()) else { return Ok(Probe::NeedMore) };
        require(matches!(next, b'=' | b';' | b'S' | b'\n' | b'\r'))?;
    }
    Ok(matched(97, "gpsd object or command", sample.data.len() - data.len() + word.len()))
}

const EXAMPLES: &[Example] = &[
    server(
        "version",
        b"{\"class\":\"VERSION\",\"release\":\"3.22\",\"rev\":\"3.22\",\"proto_major\":3,\"proto_minor\":14}\r\n",
    ),
    client("watch", b"?WATCH={\"enable\":true,\"json\":true};\r\n"),
];
