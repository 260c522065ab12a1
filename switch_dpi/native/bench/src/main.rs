//! The engine without Python: for measurements, and for looking at records.
//!
//! `records PLUGINS CAPTURE…` prints the flows of capture files as JSON lines. `time PLUGINS CAPTURE [ROUNDS [THREADS]]` plays a
//! capture from memory and prints seconds of each round, packets, flows and bytes in use as JSON. `noise PLUGINS [COUNT]` prints
//! who claims random payloads. `torture PLUGINS CAPTURE…` plays captures in ways in which no network plays them. `seeds FOLDER
//! [CAPTURE…]` writes the fuzz targets' first inputs. `send INTERFACE CAPTURE RATE COUNT` sends packets of a capture, RATE a second.

mod memory;
mod noise;
mod records;
mod seeds;
mod send;
mod time;
mod torture;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use appsteer_core::signatures::{Signatures, SourceFile};

const USAGE: &str = "usage: appsteer-bench records PLUGINS CAPTURE… | time PLUGINS CAPTURE [ROUNDS [THREADS]] | \
                     noise PLUGINS [COUNT] | torture PLUGINS CAPTURE… | seeds FOLDER [CAPTURE…] | \
                     send INTERFACE CAPTURE RATE COUNT";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["records", plugins, captures @ ..] => load(plugins).and_then(|known| records::print(&known, captures)),
        ["time", plugins, capture, counts @ ..] if counts.len() <= 2 => time(plugins, capture, counts),
        ["noise", plugins] => load(plugins).and_then(|known| noise::print(&known, noise::USUAL_COUNT)),
        ["noise", plugins, count] => load(plugins).and_then(|known| noise::print(&known, count.parse()?)),
        ["torture", plugins, captures @ ..] => load(plugins).and_then(|known| torture::run(&known, captures)),
        ["send", interface, capture, rate, count] => send(interface, capture, rate, count),
        ["seeds", folder, captures @ ..] => seeds::write(folder, captures),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("appsteer-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn time(plugins: &str, capture: &str, counts: &[&str]) -> Outcome<()> {
    let number = |at: usize, usual: usize| counts.get(at).map_or(Ok(usual), |text| text.parse());
    time::measure(&load(plugins)?, capture, number(0, 5)?, number(1, 1)?.max(1))
}

fn send(interface: &str, capture: &str, rate: &str, count: &str) -> Outcome<()> {
    send::run(interface, capture, rate.parse()?, count.parse()?)
}

/// Reads `categories.toml`, `apps/*.toml` and `protocols/*.toml` below a folder.
fn load(plugins: &str) -> Outcome<Arc<Signatures>> {
    let plugins = Path::new(plugins);
    let mut paths = vec![plugins.join("categories.toml")];
    for folder in ["apps", "protocols"] {
        for entry in fs::read_dir(plugins.join(folder))? {
            paths.push(entry?.path());
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in &paths {
        files.push((path.display().to_string(), fs::read_to_string(path)?));
    }
    let sources: Vec<_> = files.iter().map(|(name, text)| SourceFile { name, text }).collect();
    Ok(Arc::new(Signatures::load(&sources)?))
}
