//! SlimProto, of the Squeezebox: players and their music server over TCP, and the search for servers over UDP.

use crate::probing::answers::matched;
use crate::probing::examples::{client, query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Name, size (four bytes), kind of device.
const HELLO_SIZE: usize = 9;
/// A server's message: size (two bytes), name.
const MESSAGE_SIZE: usize = 6;
/// `stat` is left out: it is how a question to apcupsd begins, too.
const MESSAGES: &[&[u8]] = &[b"strm", b"vers", b"setd", b"serv", b"aude", b"audg", b"grfe", b"grfb", b"visu", b"cont"];
/// What a search asks for, each with a size of 0.
const QUESTIONS: &[&[u8]] = &[b"IPAD", b"NAME", b"JSON", b"VERS", b"UUID", b"JVID", b"CLIP"];

/// SlimProto.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "slimproto",
    name: "Squeezebox",
    selector: 752,
    category: "music",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[3483],
    first_bytes: FirstBytes::Of(b"H\0eE"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !sample.transport.is_stream() {
        return probe_search(sample.data);
    }
    let is_hello = sample.data.first() == Some(&b'H');
    let (size, fits) = if is_hello {
        (HELLO_SIZE, sample.data.iter().enumerate().all(hello_fits))
    } else {
        let name = sample.data.get(2..).unwrap_or_default();
        let known = name.get(..4).unwrap_or(name);
        (
            MESSAGE_SIZE,
            sample.data.first().is_none_or(|byte| *byte == 0)
                && MESSAGES.iter().any(|message| message.starts_with(known)),
        )
    };
    match fits {
        false => Probe::No,
        true if sample.data.len() < size => Probe::NeedMore,
        true => matched(if is_hello { 90 } else { 75 }, "SlimProto message", size),
    }
}

/// `HELO`, a size below 256, a device of the list (2 to 12).
fn hello_fits((at, byte): (usize, &u8)) -> bool {
    match at {
        0..=3 => b"HELO".get(at) == Some(byte),
        4..=6 => *byte == 0,
        7 => *byte >= 10,
        8 => matches!(byte, 1..=16),
        _ => true,
    }
}

/// `e` and questions, or `E` and their answers, each behind its size.
fn probe_search(data: &[u8]) -> Probe {
    let mut rest = data.get(1..).unwrap_or_default();
    let mut questions = 0;
    while let Some((name, tail)) = rest.split_at_checked(4) {
        let Some((size, tail)) = tail.split_first() else { return Probe::No };
        if !QUESTIONS.contains(&name) {
            return Probe::No;
        }
        let Some(next) = tail.get(usize::from(*size)..) else { return Probe::No };
        rest = next;
        questions += 1;
    }
    let is_search = matches!(data.first(), Some(b'e' | b'E')) && rest.is_empty();
    if is_search && questions > 0 { matched(90, "search for music servers", data.len()) } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    client("a player says hello", b"HELO\x00\x00\x00\x24\x0c\x00\x00\x04\x20\x12\x34\x56\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x00\0\0\0\0\0\0\0\0en"),
    server("a server stops the music", b"\x00\x1cstrmq0m????\x00\x00\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    query("search", b"eIPAD\x00NAME\x00JSON\x00VERS\x00UUID\x00JVID\x06\x12\x34\x56\x78\x12\x34"),
    reply("found", b"ENAME\x05attic\x4aSON\x049000"),
];
