//! Flows of capture files as JSON lines.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::options::Options;
use appsteer_core::report::event::{Event, EventKind, Sink};
use appsteer_core::report::json;
use appsteer_core::signatures::Signatures;

use crate::Outcome;

struct Lines<'a> {
    capture: &'a str,
    text: String,
}

impl Sink for Lines<'_> {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            // Writing to a String cannot fail.
            let _infallible = json::write_record(&mut self.text, self.capture, &event.flow);
        }
    }
}

pub fn print(signatures: &Arc<Signatures>, captures: &[&str]) -> Outcome<()> {
    for path in captures {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
        let mut engine = Engine::new(Arc::clone(signatures), Options::default());
        let mut lines = Lines { capture: name, text: String::new() };
        let mut file = CaptureFile::open(path).map_err(|error| format!("{path}: {error}"))?;
        while let Some(packet) = file.next().map_err(|error| format!("{path}: {error}"))? {
            let (at_ns, link_type) = (packet.at_ns, packet.link_type);
            let frame = Frame { at_ns, link_type, original_size: packet.original_size, data: packet.data };
            engine.feed(frame, &mut lines);
        }
        engine.finish(&mut lines);
        io::stdout().write_all(lines.text.as_bytes())?;
    }
    Ok(())
}
