//! MAVLink 1 and 2, of drones and their ground stations, over UDP and TCP: the check sequence includes a byte that belongs to
//! the message's definition (mavlink.io, "Packet Serialization"). Little-endian.

use crate::formats::checks::crc16_reflected;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query};
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
    (0, 50),
    (1, 124),
    (2, 137),
    (4, 237),
    (20, 214),
    (21, 159),
    (22, 220),
    (23, 168),
    (24, 24),
    (26, 170),
    (27, 144),
    (29, 115),
    (30, 39),
    (31, 246),
    (32, 185),
    (33, 104),
    (34, 237),
    (35, 244),
    (36, 222),
    (42, 28),
    (44, 221),
    (62, 183),
    (65, 118),
    (66, 148),
    (69, 243),
    (70, 124),
    (74, 20),
    (76, 152),
    (77, 143),
    (85, 140),
    (87, 150),
    (105, 93),
    (109, 185),
    (111, 34),
    (116, 76),
    (125, 203),
    (129, 46),
    (137, 195),
    (141, 47),
    (147, 154),
    (148, 178),
    (230, 163),
    (241, 90),
    (242, 104),
    (245, 130),
    (253, 83),
];

/// MAVLink.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mavlink",
    name: "MAVLink",
    selector: 364,
    category: "iot",
    risk: Some(60),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[14_550, 14_540, 5760],
    first_bytes: FirstBytes::Of(&[VERSION_1, VERSION_2]),
    max_probe_size: MAX_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let first = cursor.u8()?;
    let size = usize::from(cursor.u8()?);
    let id = if first == VERSION_1 {
        cursor.array::<3>()?; // sequence number, system, component
        u32::from(cursor.u8()?)
    } else {
        require(first == VERSION_2)?;
        cursor.byte(|incompatible| incompatible & !SIGNED == 0)?;
        cursor.array::<4>()?;
        let [low, middle, high] = cursor.array()?;
        u32::from_le_bytes([low, middle, high, 0])
    };
    let Some((_, extra)) = EXTRA.iter().find(|(known, _)| *known == id) else {
        return if sample.transport.is_stream() { Err(Probe::No) } else { Err(Probe::NeedMore) };
    };
    cursor.take(size)?;
    let body = sample.data.get(1..cursor.position()).unwrap_or_default();
    let crc = crc16_reflected(0x8408, crc16_reflected(0x8408, 0xffff, body), &[*extra]);
    require(cursor.u16_le()? == crc)?;
    Ok(matched(85, "frame with its check sequence", cursor.position()))
}

const EXAMPLES: &[Example] = &[
    query("heartbeat, version 1", b"\xfe\x09\x00\x01\x01\x00\x00\x00\x00\x00\x02\x03\x51\x04\x03\x7d\xdd"),
    query(
        "heartbeat, version 2",
        b"\xfd\x09\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x02\x03\x51\x04\x03\xe7\x1e",
    ),
    client(
        "the same over TCP",
        b"\xfd\x09\x00\x00\x05\xff\xbe\x00\x00\x00\x00\x00\x00\x00\x06\x08\xc0\x04\x03\x96\xd5",
    ),
];
