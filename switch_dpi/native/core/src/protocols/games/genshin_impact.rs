//! Genshin Impact and its sisters: KCP with a conversation of eight bytes (number and token), behind a handshake of 20 bytes
//! with fixed first and last words (as public descriptions of the game's servers have it). Over UDP; the handshake is
//! big-endian, the segments little-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply};
use crate::probing::numbers::u32_at;
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use crate::protocols::kcp::{COMMANDS, are_segments};

/// First and last word of: connect, its answer, disconnect.
const FRAMES: [(u32, u32); 3] = [(0x0000_00ff, 0xffff_ffff), (0x0000_0145, 0x1451_4545), (0x0000_0194, 0x1941_9494)];
const FRAME_SIZE: usize = 20;
/// 1,234,567,890: the word before the last of connect and its answer.
const ENET_TYPE: &[u8] = b"\x49\x96\x02\xd2";
/// Genshin Impact.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "genshin-impact",
    name: "GenshinImpact",
    selector: 907,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[22101, 22102],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.len() == FRAME_SIZE {
        let ends = (u32_at(data, 0), u32_at(data, 16));
        if FRAMES.iter().any(|(first, last)| ends == (Some(*first), Some(*last))) {
            return matched(if has(data, 12, ENET_TYPE) { 100 } else { 95 }, "handshake", 20);
        }
    }
    if !data.get(8).is_some_and(|command| COMMANDS.contains(command)) {
        return Probe::No;
    }
    matched_if(are_segments(data, 8), 75, "segments with a token", 28)
}

const EXAMPLES: &[Example] = &[
    query("connect", b"\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00\x49\x96\x02\xd2\xff\xff\xff\xff"),
    reply("answer to connect", b"\x00\x00\x01\x45\x00\x02\x91\x7a\x5c\x10\x93\x00\x49\x96\x02\xd2\x14\x51\x45\x45"),
    query("push of four bytes", b"\x7a\x91\x02\x00\x00\x93\x10\x5c\x51\x00\x00\x01\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x45\x67\x00\x01"),
];
