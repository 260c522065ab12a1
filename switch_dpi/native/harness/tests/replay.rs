//! The fuzz targets' entry functions over all seeds, the inputs kept from earlier findings (`fuzz/kept/TARGET/`), and a bounded
//! number of changed seeds. Inputs are the same in every run.

use std::fs;
use std::path::Path;

use appsteer_harness::TARGETS;
use appsteer_harness::random::{Random, mangle};
use appsteer_harness::seeds::{Seed, of_examples};

/// Changed inputs made of each seed; `make fuzz` tries millions.
const CHANGES: usize = 6;

fn play(target: &str, name: &str, data: &[u8]) -> Option<String> {
    let target = TARGETS.iter().find(|known| known.name == target)?;
    let name = name.to_owned();
    (target.play)(data).err().map(|text| format!("{} {name}: {text}\n", target.name))
}

#[test]
fn every_seed_keeps_the_rules() {
    let broken: Vec<String> =
        of_examples().iter().filter_map(|seed| play(seed.target, &seed.name, &seed.data)).collect();
    assert!(broken.is_empty(), "{}", broken.concat());
}

#[test]
fn every_kept_input_keeps_the_rules() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/kept");
    let mut broken = Vec::new();
    for target in TARGETS {
        let Ok(folder) = fs::read_dir(kept.join(target.name)) else { continue };
        for path in folder.map(|entry| entry.unwrap().path()) {
            println!("{}", path.display()); // shown when it panics
            broken.extend(play(target.name, &path.display().to_string(), &fs::read(&path).unwrap()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.concat());
}

#[test]
fn changed_seeds_keep_the_rules() {
    let mut broken = Vec::new();
    for Seed { target, name, data } in of_examples() {
        let mut random = Random::named(&name); // a new seed changes nothing for the others
        for change in 0..CHANGES {
            let changed = match target {
                "probes" => [&data[..7], &mangle(&data[7..], &mut random)].concat(), // the same protocol
                _ => mangle(&data, &mut random),
            };
            println!("{target} {name} {change}: {changed:02x?}"); // shown when it panics
            broken.extend(play(target, &name, &changed));
        }
    }
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken.concat());
}
