//! Inputs to begin with: the protocols' own examples, in the form that each fuzz target reads.

use appsteer_core::frame::link_type;
use appsteer_core::protocols::ALL;

use crate::packets::{ENDS, frame_of};
use crate::parsers::LINK_TYPES;
use crate::{engine, probes};

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Name of its target.
    pub target: &'static str,
    /// Name of its file.
    pub name: String,
    /// What is played.
    pub data: Vec<u8>,
}

impl Seed {
    fn new(target: &'static str, name: impl Into<String>, data: Vec<u8>) -> Self {
        Self { target, name: name.into(), data }
    }
}

/// All that the protocols' examples give.
#[must_use]
pub fn of_examples() -> Vec<Seed> {
    let mut seeds = vec![Seed::new("signatures", "two-applications", engine::SIGNATURES.into())];
    for protocol in ALL {
        let mut frames = Vec::new();
        for (number, example) in protocol.examples.iter().enumerate() {
            let name = format!("{}-{number}", protocol.key);
            let (link, frame) = frame_of(example, ENDS);
            seeds.push(of_frame(&name, link, &frame));
            seeds.push(Seed::new("probes", &name, probes::input_of(protocol, example)));
            if protocol.tunnel.is_some() {
                seeds.push(Seed::new("tunnels", &name, example.data.to_vec()));
            }
            frames.push((link, frame));
        }
        seeds.push(Seed::new("capture", protocol.key, pcap(&frames)));
        seeds.push(Seed::new("engine", protocol.key, engine::input_of(&frames)));
    }
    seeds
}

/// What a capture's first packets give.
#[must_use]
pub fn of_packets(name: &str, packets: &[(u32, Vec<u8>)]) -> Vec<Seed> {
    let mut seeds = vec![Seed::new("engine", name, engine::input_of(packets))];
    if let Some((link, frame)) = packets.first() {
        seeds.push(of_frame(name, *link, frame));
    }
    seeds
}

fn of_frame(name: &str, link: u32, frame: &[u8]) -> Seed {
    let link = LINK_TYPES.iter().position(|known| *known == link).unwrap_or(0);
    Seed::new("frame", name, [&[u8::try_from(link).unwrap_or(0)], frame].concat())
}

/// A capture file, one microsecond between two packets (draft-ietf-opsawg-pcap-04 §4, §5).
fn pcap(frames: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let link = frames.first().map_or(link_type::ETHERNET, |(link, _)| *link);
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 0xffff, link] {
        file.extend(word.to_be_bytes());
    }
    for (at, (_, frame)) in (0_u32..).zip(frames) {
        let size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        for word in [0, at, size, size] {
            file.extend(word.to_be_bytes());
        }
        file.extend(frame);
    }
    file
}
