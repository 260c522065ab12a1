//! Fuzz target for the whole engine: options, then frames with the time between them.
//!
//! Options (two bytes); for each frame one byte for link type and time, and the frame behind its size in two bytes.

use std::sync::{Arc, OnceLock};

use appsteer_core::engine::{Engine, Frame};
use appsteer_core::options::{Options, SECOND_NS};
use appsteer_core::signatures::{Signatures, SourceFile};

use crate::Held;
use crate::bounds::Auditor;
use crate::input::Input;
use crate::parsers::{LINK_TYPES, link_type_of};

/// How much time may pass before a frame: none, and past each of the usual timeouts.
const GAPS_NS: [u64; 8] =
    [0, 1_000, 1_000_000, SECOND_NS, 6 * SECOND_NS, 31 * SECOND_NS, 61 * SECOND_NS, 700 * SECOND_NS];
const GAP_SHIFT: u8 = 5;
const LINK_MASK: u8 = 0x1f;

/// What the engine knows of applications here: a name, another below it, a site of its own.
pub const SIGNATURES: &str = r#"
[[category]]
id = 1
key = "network"
name = "Network"
about = "All of it"

[[app]]
id = 10001
key = "example"
name = "Example"
category = "network"
domains = ["example.org", "example.net"]

[[app]]
id = 10002
key = "example-mail"
name = "Example Mail"
category = "network"
domains = ["mail.example.org"]
owner = "Example"
tags = ["mail"]
"#;

/// The signatures of [`SIGNATURES`], loaded once.
#[must_use]
pub fn some_signatures() -> Arc<Signatures> {
    static LOADED: OnceLock<Option<Arc<Signatures>>> = OnceLock::new();
    let load = || Signatures::load(&[SourceFile { name: "harness", text: SIGNATURES }]).ok().map(Arc::new);
    let empty = || Signatures::load(&[]).ok().map(Arc::new);
    match LOADED.get_or_init(|| load().or_else(empty)) {
        Some(signatures) => Arc::clone(signatures),
        None => unreachable!("no file holds no error"),
    }
}

/// Plays an input.
///
/// # Errors
/// Says which rule was broken.
pub fn play(data: &[u8]) -> Held {
    let mut input = Input::new(data);
    let options = options_of(input.u8(), input.u8());
    let (mut engine, mut auditor) = (Engine::new(some_signatures(), options), Auditor::default());
    let mut at_ns = 0;
    while !input.is_empty() {
        let choice = input.u8();
        let frame = input.sized();
        at_ns += GAPS_NS.get(usize::from(choice >> GAP_SHIFT)).copied().unwrap_or(0);
        let original_size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let link_type = link_type_of(choice & LINK_MASK);
        engine.feed(Frame { at_ns, link_type, original_size, data: frame }, &mut auditor);
        engine.advance(at_ns, &mut auditor); // fragments are brought within their limit
        auditor.check(&engine, &options)?;
    }
    engine.finish(&mut auditor);
    auditor.check_end(&engine, &options)
}

/// The input that plays some frames, all options on, a millisecond apart.
#[must_use]
pub fn input_of(frames: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut input = vec![0xff, 0xff];
    for (link, frame) in frames {
        let link = LINK_TYPES.iter().position(|known| known == link).unwrap_or(0);
        input.push(2 << GAP_SHIFT | u8::try_from(link).unwrap_or(0) & LINK_MASK);
        input.extend(u16::try_from(frame.len()).unwrap_or(u16::MAX).to_be_bytes());
        input.extend(frame.iter().take(usize::from(u16::MAX)));
    }
    input
}

/// Switches in the first byte; how much room there is in the second.
fn options_of(switches: u8, room: u8) -> Options {
    let usual = Options::default();
    let is_on = |bit: u8| switches >> bit & 1 == 1;
    Options {
        defragment: is_on(0),
        reassemble: is_on(1),
        open_tunnels: is_on(2),
        guess: is_on(3),
        max_flows: 1 << (room & 7),
        max_held_bytes: if is_on(4) { usual.max_held_bytes } else { 64 << (room >> 3 & 7) },
        max_stream_bytes: if is_on(5) { usual.max_stream_bytes } else { 64 << (room >> 5) },
        max_fragment_bytes: if is_on(6) { usual.max_fragment_bytes } else { 512 },
        max_inspected_packets: if is_on(7) { usual.max_inspected_packets } else { 4 },
        ..usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signatures_of_the_harness_are_sound() {
        assert_eq!(some_signatures().apps().len(), 2);
    }
}
