//! SADP, the search for Hikvision's cameras over UDP, as publicly described: XML with a probe or an answer to one.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// How a document begins, and one of the elements right behind it, with what it holds first.
const DOCUMENT: &[u8] = b"<?xml";
const PROBES: [&[u8]; 2] = [b"<Probe>", b"<ProbeMatch>"];
const ID: &[u8] = b"<Uuid>";
/// The elements stand within this.
const MAX_START: usize = 160;

/// SADP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sadp",
    name: "SADP",
    selector: 379,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[37_020],
    first_bytes: FirstBytes::Of(b"<"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    require(sample.data.starts_with(DOCUMENT))?;
    let start = sample.data.get(..MAX_START).unwrap_or(sample.data);
    let has = |word: &[u8]| start.windows(word.len()).any(|window| window == word);
    require(PROBES.iter().any(|probe| has(probe)) && has(ID))?;
    Ok(matched(95, "probe with an id", start.len()))
}

const EXAMPLES: &[Example] = &[
    query("inquiry", b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>13A888A9-F1B1-4020-AE9F-05607682D23B</Uuid><Types>inquiry</Types></Probe>"),
    reply("a camera", b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch>\r\n<Uuid>13A888A9-F1B1-4020-AE9F-05607682D23B</Uuid>\r\n<Types>inquiry</Types>\r\n<DeviceType>139268</DeviceType>\r\n</ProbeMatch>"),
];
