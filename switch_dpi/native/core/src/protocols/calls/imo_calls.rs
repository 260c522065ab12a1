//! Calls of imo: only the keep-alives between the two ends, and between them and a relay, have a form: a mark, a clock in
//! milliseconds, zeros. The sound around them looks random.

use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Mark and clock (eight bytes, little-endian).
const SIZE: usize = 10;
/// Smaller packets than these carry no sound.
const MIN_SOUND_SIZE: usize = 100;

/// imo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "imo-calls",
    name: "IMO",
    selector: 725,
    category: "voip",
    transports: &[Transport::Udp],
    probe,
    app: "imo",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    // a relay's stand behind a zero
    let ping = if data.len() == SIZE + 1 { data.strip_prefix(&[0]).unwrap_or(data) } else { data };
    if let [9, 2 | 3, a, b, c, d, 0, 0, 0, 0] = ping {
        let has_clock = [a, b, c].into_iter().any(|byte| *byte != 0) && *d < 0x10;
        return if has_clock { matched(75, "imo keep-alive", data.len()) } else { Probe::No };
    }
    // before the first keep-alive: single bytes that open the path, or sound of one of the ends
    let follows_opening = sample.other.len() == 1;
    let is_sound =
        data.len() >= MIN_SOUND_SIZE && (follows_opening || matches!(data, [0x80..=0x8f, _, 0x0d..=0x1a, ..]));
    let opens = data.len() == 1 || is_sound;
    if opens { Probe::NeedMore } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    query("between the ends", b"\x09\x02\xdc\x9a\x02\x00\x00\x00\x00\x00"),
    reply("answered", b"\x09\x03\xdc\x9a\x02\x00\x00\x00\x00\x00"),
    reply("from a relay", b"\x00\x09\x03\x21\x9a\x02\x00\x00\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_may_follow_what_opens_the_path() {
        let sound = [0x6a; MIN_SOUND_SIZE];
        let sample = Sample { transport: Transport::Udp, data: &sound, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::No);
        assert_eq!(probe(&Sample { other: b"\x76", ..sample }), Probe::NeedMore);
    }

    #[test]
    fn zeros_and_other_sizes_are_refused() {
        for data in
            [&b"\x09\x02\0\0\0\0\0\0\0\0"[..], b"\x09\x02\xdc\x9a\x02\0\0\0\0\0\0", b"\x09\x04\x01\0\0\0\0\0\0\0"]
        {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
