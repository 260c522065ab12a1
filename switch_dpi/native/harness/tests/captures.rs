//! A share of what `appsteer-bench torture` does: small captures in every manner, within all bounds.

use std::fs;
use std::path::{Path, PathBuf};

use appsteer_capture::file::CaptureFile;
use appsteer_core::protocols::ALL;
use appsteer_harness::engine::some_signatures;
use appsteer_harness::packets::{ENDS, Ends, frame_of};
use appsteer_harness::torture::{MANNERS, Recorded, play};

/// Captures up to this size on disk.
const MAX_SIZE: u64 = 2000;
/// One of so many packets is cut at every length.
const STRIDE: usize = 40;

fn play_all(name: &str, packets: &[Recorded]) {
    for (how, manner) in MANNERS {
        let played = play(packets, *manner, &some_signatures(), STRIDE);
        assert!(played.is_ok(), "{name}, {how}: {played:?}");
    }
}

#[test]
fn the_examples_of_all_protocols_keep_the_bounds_however_they_are_played() {
    let mut packets = Vec::new();
    for (number, example) in (0..u16::MAX).zip(ALL.iter().flat_map(|protocol| protocol.examples)) {
        let ends = Ends { originator: (0x0a00_0001, number), ..ENDS }; // a flow for each
        let (link_type, data) = frame_of(example, ends);
        let at_ns = u64::from(number) * 1000;
        packets.push(Recorded { at_ns, link_type, original_size: u32::try_from(data.len()).unwrap(), data });
    }
    play_all("examples", &packets);
}

#[test]
fn captures_keep_the_bounds_however_they_are_played() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus/pcaps");
    let Ok(listed) = fs::read_dir(&folder) else {
        println!("skipped: there are no captures in {}", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| fs::metadata(path).unwrap().len() <= MAX_SIZE);
    paths.sort();
    for path in paths {
        let mut packets = Vec::new();
        let mut file = CaptureFile::open(&path).unwrap();
        while let Some(packet) = file.next().unwrap() {
            let (at_ns, link_type, original_size) = (packet.at_ns, packet.link_type, packet.original_size);
            packets.push(Recorded { at_ns, link_type, original_size, data: packet.data.to_vec() });
        }
        play_all(&path.display().to_string(), &packets);
    }
}
