//! Writes the fuzz targets' first inputs: `FOLDER/TARGET/NAME`.

use std::fs;
use std::path::Path;

use appsteer_capture::file::CaptureFile;
use appsteer_harness::TARGETS;
use appsteer_harness::seeds::{Seed, of_examples, of_packets};

use crate::Outcome;

/// Packets of a capture that make an input for the engine.
const PACKETS: usize = 24;
/// Bytes of a capture that make an input for its reader.
const FILE_SIZE: usize = 4096;

/// Writes what the protocols' examples and these captures give.
pub fn write(folder: &str, captures: &[&str]) -> Outcome<()> {
    let folder = Path::new(folder);
    for target in TARGETS {
        fs::create_dir_all(folder.join(target.name))?;
    }
    let mut seeds = of_examples();
    for path in captures {
        seeds.extend(of_capture(path)?);
    }
    for Seed { target, name, data } in &seeds {
        fs::write(folder.join(target).join(name), data)?;
    }
    println!("{} inputs in {}", seeds.len(), folder.display());
    Ok(())
}

fn of_capture(path: &str) -> Outcome<Vec<Seed>> {
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
    let mut file = CaptureFile::open(path).map_err(|error| format!("{path}: {error}"))?;
    let mut packets = Vec::new();
    while let (true, Ok(Some(packet))) = (packets.len() < PACKETS, file.next()) {
        packets.push((packet.link_type, packet.data.to_vec()));
    }
    let mut seeds = of_packets(name, &packets);
    let beginning = fs::read(path)?.into_iter().take(FILE_SIZE).collect();
    seeds.push(Seed { target: "capture", name: name.to_owned(), data: beginning });
    Ok(seeds)
}
