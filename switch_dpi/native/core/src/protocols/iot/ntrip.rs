//! NTRIP (RTCM 10410): casters of corrections for satellite navigation. What version 2 and a client's GET have is HTTP; told
//! here are the table of sources and a source's login of version 1.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::{client, server};
use crate::probing::lines::{Lines, contains_ignoring_case, is_text, starts_with_ignoring_case};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// First line of the table (§5.3).
const TABLE: &[u8] = b"SOURCETABLE ";
/// First word of a source's login, and a header that follows (§4.2).
const SOURCE: &[u8] = b"SOURCE ";
const AGENT: &[u8] = b"Source-Agent: NTRIP";
const MAX_SIZE: usize = 512;

/// NTRIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ntrip",
    name: "NTRIP",
    selector: 360,
    category: "iot",
    transports: &[Transport::Tcp],
    ports: &[2101],
    first_bytes: FirstBytes::Of(b"S"),
    max_probe_size: MAX_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let start = sample.data.get(..TABLE.len()).unwrap_or(sample.data);
    if sample.data.len() >= SOURCE.len() && sample.data.starts_with(SOURCE) {
        let mut lines = Lines::new(sample.data, 0);
        for line in lines.by_ref() {
            require(is_text(line))?;
            if contains_ignoring_case(line, AGENT) {
                return Ok(matched(97, "login of a source", line.len()));
            }
            require(!line.is_empty())?;
        }
        require(is_text(lines.rest().strip_suffix(b"\r").unwrap_or(lines.rest())))?;
        return Ok(Probe::NeedMore);
    }
    require(TABLE.starts_with(start) || SOURCE.starts_with(start))?;
    if sample.data.len() < TABLE.len() {
        return Ok(Probe::NeedMore);
    }
    require(starts_with_ignoring_case(sample.data, TABLE))?;
    Ok(matched(97, "table of sources", TABLE.len()))
}

const EXAMPLES: &[Example] = &[
    server("table of sources", b"SOURCETABLE 200 OK\r\nServer: Caster/1.0\r\nContent-Type: text/plain\r\n\r\nSTR;BASE1;Town;RTCM 3.2;;2;GPS;;DEU;52.0;13.0;0;0;\r\nENDSOURCETABLE\r\n"),
    client("login of a source", b"SOURCE secret /BASE1\r\nSource-Agent: NTRIP Station/1.0\r\n\r\n"),
];
