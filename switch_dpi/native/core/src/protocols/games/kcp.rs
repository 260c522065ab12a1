//! KCP ("Protocol definition" in its README): segments with a header of 24 bytes, little-endian, over UDP. Wrapped in a cipher
//! or in error correction, as kcptun does, it looks random and is not known.

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Push, acknowledge, ask for the window, tell the window.
pub const COMMANDS: std::ops::RangeInclusive<u8> = 81..=84;
const PUSH: u8 = 81;
/// Segments of one datagram.
const MAX_SEGMENTS: usize = 64;

/// KCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kcp",
    name: "KCP",
    selector: 906,
    category: "games",
    transports: &[Transport::Udp],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !sample.data.get(4).is_some_and(|command| COMMANDS.contains(command)) {
        return Probe::No;
    }
    matched_if(are_segments(sample.data, 4), 80, "segments", 24)
}

/// Whether segments of one conversation fill the datagram; its number has four bytes, in relatives of KCP more.
#[must_use]
pub fn are_segments(data: &[u8], conversation_size: usize) -> bool {
    let mut reader = Reader::new(data);
    let conversation = data.get(..conversation_size).filter(|number| number.iter().any(|byte| *byte != 0));
    for _ in 0..MAX_SEGMENTS {
        let is_same = conversation.is_some() && reader.take(conversation_size) == conversation;
        if !is_same || skip_segment(&mut reader).is_none() {
            return false;
        }
        if reader.is_empty() {
            return true;
        }
    }
    false
}

/// Behind the conversation: command, fragments to come, window, time, number, first number not received, size.
fn skip_segment(reader: &mut Reader<'_>) -> Option<()> {
    let [command, fragments] = reader.array()?;
    reader.take(2 + 4 + 4 + 4)?;
    let size = reader.array().map(u32::from_le_bytes)?;
    let fits = COMMANDS.contains(&command) && (command == PUSH || size == 0 && fragments == 0);
    reader.take(usize::try_from(size).ok()?).filter(|_| fits).map(|_| ())
}

const EXAMPLES: &[Example] = &[
    query("push of five bytes", b"\x0a\x00\x00\x00\x51\x00\x80\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00hello"),
    reply("two acknowledgements", b"\x0a\x00\x00\x00\x52\x00\x80\x00\x28\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x52\x00\x80\x00\x28\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_conversations_are_held() {
        let claims = |data: &[u8]| probe(&Sample { data, ..Sample::EMPTY }) != Probe::No;
        let mut data = EXAMPLES[1].data.to_vec();
        data[24] = 0x0b;
        assert!(!claims(&data), "another conversation");
        assert!(!claims(&EXAMPLES[0].data[..28]), "cut");
    }
}
