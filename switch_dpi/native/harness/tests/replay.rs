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
    let Some(known) = TARGETS.iter().find(|known| known.name == target) else {
        return Some(format!("{target} {name}: there is no such target\n"));
    };
    (known.play)(data).err().map(|text| format!("{target} {name}: {text}\n"))
}

#[test]
fn every_target_has_seeds() {
    let seeds = of_examples();
    for target in TARGETS {
        assert!(seeds.iter().any(|seed| seed.target == target.name), "{} has none", target.name);
    }
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
    for folder in fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let target = folder.file_name().unwrap().to_string_lossy();
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            println!("{}", path.display()); // shown when it panics
            broken.extend(play(&target, &path.display().to_string(), &fs::read(&path).unwrap()));
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
