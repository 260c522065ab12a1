//! BSAP over UDP, Emerson's (Bristol) controllers, as the Zeek analyzer ICSNPP-BSAP describes it: the size of a header, how many
//! messages follow, what they are, then each message behind its size. Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Sizes of the header.
const HEADER_SIZES: &[u8] = &[0x0e, 0x16];
/// Requests, answers, acknowledgements.
const FUNCTIONS: &[u8] = &[0x00, 0x01, 0x05, 0x06, 0x84, 0x86];
/// Messages of one datagram.
const MAX_MESSAGES: u8 = 16;
/// A message's size, the size of its header, its sequence number, its function.
const MESSAGE_HEADER_SIZE: u32 = 10;

/// BSAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bsap",
    name: "BSAP",
    selector: 1860,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[1234, 1235],
    first_bytes: FirstBytes::Of(HEADER_SIZES),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let header_size = usize::from(cursor.one_of(HEADER_SIZES)?);
    cursor.literal(&[0])?;
    let messages = cursor.within(0, MAX_MESSAGES)?;
    cursor.literal(&[0])?;
    cursor.one_of(FUNCTIONS)?;
    cursor.literal(&[0])?;
    cursor.take(header_size - cursor.position())?;
    if messages == 0 {
        require(cursor.rest().is_empty())?;
        return cursor.matched(65, "BSAP header");
    }
    let most = u32::try_from(cursor.rest().len()).unwrap_or(u32::MAX);
    let size = cursor.u32_le()?;
    require((MESSAGE_HEADER_SIZE..=most).contains(&size))?;
    cursor.matched(85, "BSAP message")
}

const EXAMPLES: &[Example] = &[
    query(
        "read of a signal",
        b"\x0e\0\x01\0\x01\0\x21\0\0\0\x13\0\0\0\x11\0\0\0\x0a\x05\0\0\0\xa0\x01\0\x04\0\x01\x02\x03",
    ),
    reply("nothing new", b"\x0e\0\0\0\x06\0\x13\0\0\0\x21\0\0\0"),
];
