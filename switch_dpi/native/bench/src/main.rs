//! `appsteer-bench records PLUGINS CAPTURE…`: the flows of capture files as JSON lines, straight from the engine.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::event::{Event, EventKind, Sink};
use appsteer_core::json;
use appsteer_core::options::Options;
use appsteer_core::signatures::{Signatures, SourceFile};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((command, [plugins, captures @ ..])) if command == "records" => records(plugins, captures),
        _ => Err("usage: appsteer-bench records PLUGINS CAPTURE…".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("appsteer-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads `categories.toml` and `apps/*.toml` below a folder.
fn load(plugins: &Path) -> Outcome<Signatures> {
    let mut paths = vec![plugins.join("categories.toml")];
    for entry in fs::read_dir(plugins.join("apps"))? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut files = Vec::new();
    for path in &paths {
        files.push((path.display().to_string(), fs::read_to_string(path)?));
    }
    let sources: Vec<_> = files.iter().map(|(name, text)| SourceFile { name, text }).collect();
    Ok(Signatures::load(&sources)?)
}

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

fn records(plugins: &str, captures: &[String]) -> Outcome<()> {
    let signatures = Arc::new(load(Path::new(plugins))?);
    for path in captures {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
        let mut engine = Engine::new(Arc::clone(&signatures), Options::default());
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
