//! Prints one line a packet of the named captures: time in nanoseconds, link type, size on the wire, captured size.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{BufWriter, Write, stdout};

use appsteer_capture::file::CaptureFile;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(stdout().lock());
    for path in std::env::args().skip(1) {
        let mut capture = CaptureFile::open(&path).map_err(|error| format!("{path}: {error}"))?;
        writeln!(out, "# {path}")?;
        while let Some(packet) = capture.next()? {
            let (at_ns, link, size) = (packet.at_ns, packet.link_type, packet.original_size);
            writeln!(out, "{at_ns} {link} {size} {}", packet.data.len())?;
        }
        if let Some(offset) = capture.truncated_at() {
            writeln!(out, "# cut short in the record at byte {offset}")?;
        }
    }
    Ok(out.flush()?)
}
