//! SCPI (SCPI-1999, IEEE 488.2) over plain TCP: what is said to an instrument without an envelope. Only its common commands
//! are told apart from other text.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::require;
use crate::probing::examples::client;
use crate::probing::lines::{Lines, is_text, starts_with_ignoring_case};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Common commands (IEEE 488.2 §10).
const COMMANDS: [&[u8]; 13] = [
    b"*IDN?", b"*RST", b"*CLS", b"*OPC", b"*ESE", b"*ESR?", b"*SRE", b"*STB?", b"*TST?", b"*WAI", b"*TRG", b"*OPT?",
    b"*LRN?",
];
/// A first line that is longer is none of these.
const MAX_LINE_SIZE: usize = 128;

/// SCPI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "scpi",
    name: "SCPI",
    selector: 345,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[5025],
    first_bytes: FirstBytes::Of(b"*"),
    max_probe_size: MAX_LINE_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let start = sample.data.get(..4).unwrap_or(sample.data);
    require(COMMANDS.iter().any(|command| starts_with_ignoring_case(command, start)))?;
    let Some(line) = Lines::new(sample.data, 0).next() else {
        require(is_text(sample.data.strip_suffix(b"\r").unwrap_or(sample.data)))?;
        return Ok(Probe::NeedMore);
    };
    let command = COMMANDS.iter().find(|command| starts_with_ignoring_case(line, command)).ok_or(Probe::No)?;
    let rest = line.get(command.len()..).unwrap_or_default();
    require(matches!(rest.first(), None | Some(b'?' | b' ' | b';')) && is_text(rest))?;
    Ok(matched(80, "common command of IEEE 488.2", line.len()))
}

const EXAMPLES: &[Example] =
    &[client("identification", b"*IDN?\n"), client("reset, then a setting", b"*rst;*cls\nSOUR1:FREQ 1E6\n")];
