//! MAVLink 1 and 2, of drones and their ground stations, over UDP and TCP: the check sequence includes a byte that belongs to
//! the message's definition (mavlink.io, "Packet Serialization"). Little-endian.

use crate::formats::checks::crc16_reflected;
use crate::probing::fields::{Fields, Verdict, answer, matched, require, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// First bytes of version 1 and 2.
const VERSION_1: u8 = 0xfe;
const VERSION_2: u8 = 0xfd;
/// Payload of at most 255 bytes, header, check sequence, signature.
const MAX_SIZE: usize = 255 + 10 + 2 + 13;
/// A frame is signed (version 2).
const SIGNED: u8 = 1;
/// The common messages: id, extra byte of the check sequence.
const EXTRA: [(u32, u8); 46] = [
    (0, 50), (1, 124), (2, 137), (4, 237), (20, 214), (21, 159), (22, 220), (23, 168), (24, 24), (26, 170), (27, 144), (29, 115),
    (30, 39), (31, 246), (32, 185), (33, 104), (34, 237), (35, 244), (36, 222), (42, 28), (44, 221), (62, 183), (65, 118),
    (66, 148), (69, 243), (70, 124), (74, 20), (76, 152), (77, 143), (85, 140), (87, 150), (105, 93), (109, 185), (111, 34),
    (116, 76), (125, 203), (129, 46), (137, 195), (141, 47), (147, 154), (148, 178), (230, 163), (241, 90), (242, 104),
    (245, 130), (253, 83),
];

/// MAVLink.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mavlink",
    name: "MAVLink",
    selector: 364,
    category: "iot",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[14_550, 14_540, 5760],
    first_bytes: FirstBytes::Of(&[VERSION_1, VERSION_2]),
    max_probe_size: MAX_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut fields = Fields::of(sample);
    let first = fields.u8()?;
    let size = usize::from(fields.u8()?);
    let id = if first == VERSION_1 {
        fields.array::<3>()?; // sequence number, system, component
        u32::from(fields.u8()?)
    } else {
        require(first == VERSION_2)?;
        fields.byte(|incompatible| incompatible & !SIGNED == 0)?;
        fields.array::<4>()?;
        let [low, middle, high] = fields.array()?;
        u32::from_le_bytes([low, middle, high, 0])
    };
    let Some((_, extra)) = EXTRA.iter().find(|(known, _)| *known == id) else {
        return if sample.transport.is_stream() { Err(Probe::No) } else { Err(Probe::NeedMore) };
    };
    fields.take(size)?;
    let body = sample.data.get(1..fields.position()).unwrap_or_default();
    let crc = crc16_reflected(0x8408, crc16_reflected(0x8408, 0xffff, body), &[*extra]);
    require(fields.u16_le()? == crc)?;
    Ok(matched(85, "frame with its check sequence", fields.position()))
}

const EXAMPLES: &[Example] = &[
    sent("heartbeat, version 1", Transport::Udp, b"\xfe\x09\x00\x01\x01\x00\x00\x00\x00\x00\x02\x03\x51\x04\x03\x7d\xdd"),
    sent("heartbeat, version 2", Transport::Udp, b"\xfd\x09\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x02\x03\x51\x04\x03\xe7\x1e"),
    sent("the same over TCP", Transport::Tcp, b"\xfd\x09\x00\x00\x05\xff\xbe\x00\x00\x00\x00\x00\x00\x00\x06\x08\xc0\x04\x03\x96\xd5"),
];
