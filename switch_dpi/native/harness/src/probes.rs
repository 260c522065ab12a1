//! Fuzz target for what a protocol brings: its probe, and its inspector.
//!
//! Selector of the protocol (two bytes; one that is free stands for some protocol), options (one byte), what the other end
//! sent and what came before, each behind its size in two bytes, data.

use appsteer_core::protocol::{
    Descriptor, Direction, Example, Findings, MAX_EXPECTED, MAX_PREVIOUS, MAX_RESOLVED, Probe, Progress, Sample,
};
use appsteer_core::protocols::ALL;

use crate::bounds::{check_evidence, check_fields};
use crate::input::Input;
use crate::{Held, must};

const FROM_RESPONDER: u8 = 0x01;
const AT_USUAL_PORT: u8 = 0x02;
const TRANSPORT_SHIFT: u8 = 4;
/// Every beginning up to this size is shown; of what is longer, this many.
const MAX_STEPS: usize = 256;

/// Plays an input.
///
/// # Errors
/// Names the protocol, and says which rule was broken.
pub fn play(data: &[u8]) -> Held {
    let mut input = Input::new(data);
    let (selector, options) = (input.u16(), input.u8());
    let (other, reverse) = (input.sized(), input.sized());
    let Some(protocol) = protocol_of(selector) else { return Ok(()) };
    let transports = protocol.transports;
    let Some(transport) = transports.get(usize::from(options >> TRANSPORT_SHIFT) % transports.len()) else {
        return Ok(());
    };
    let port = protocol.ports.first().filter(|_| options & AT_USUAL_PORT != 0);
    let is_stream = transport.is_stream();
    let sample = Sample {
        transport: *transport,
        direction: if options & FROM_RESPONDER == 0 { Direction::Originator } else { Direction::Responder },
        data: input.rest(),
        other: if is_stream { other } else { first(other, MAX_PREVIOUS) },
        reverse: if is_stream { &[] } else { first(reverse, MAX_PREVIOUS) },
        responder_port: *port.unwrap_or(&50_001),
        ..Sample::EMPTY
    };
    check(protocol, &sample).map_err(|text| format!("{}: {text}", protocol.key))
}

/// The input that shows an example to its protocol.
#[must_use]
pub fn input_of(protocol: &Descriptor, example: &Example) -> Vec<u8> {
    let [.., high, low] = protocol.selector.to_be_bytes();
    let carrier = protocol.transports.iter().position(|transport| *transport == example.transport).unwrap_or(0);
    let mut options = u8::try_from(carrier % 16).unwrap_or(0) << TRANSPORT_SHIFT;
    if example.direction == Direction::Responder {
        options |= FROM_RESPONDER;
    }
    [&[high, low, options, 0, 0, 0, 0][..], example.data].concat()
}

fn protocol_of(selector: u16) -> Option<&'static Descriptor> {
    let named = ALL.iter().find(|protocol| protocol.selector == u32::from(selector));
    named.or_else(|| ALL.get(usize::from(selector) % ALL.len())).copied()
}

/// What must hold of a protocol whatever it is shown.
///
/// # Errors
/// Says which rule was broken.
pub fn check(protocol: &Descriptor, sample: &Sample<'_>) -> Held {
    let answer = (protocol.probe)(sample);
    if let Some(byte) = sample.data.first() {
        let is_match = matches!(answer, Probe::Match(_));
        must(!is_match || protocol.first_bytes.allows(*byte), || format!("{byte:#04x} begins {answer:?}"))?;
    }
    let whole = inspect(protocol, sample, [sample.data.len()].into_iter());
    check_findings(&whole)?;
    if let Probe::Match(evidence) = answer {
        check_evidence(&evidence)?;
        if sample.transport.is_stream() {
            check_beginnings(protocol, sample)?;
            check_pieces(protocol, sample, &whole)?;
        }
    }
    if sample.transport.is_stream() {
        check_findings(&inspect(protocol, sample, steps(sample.data.len())))
    } else {
        check_findings(&converse(protocol, sample))
    }
}

/// No beginning of what a probe takes is refused.
fn check_beginnings(protocol: &Descriptor, sample: &Sample<'_>) -> Held {
    for end in 0..sample.data.len().min(protocol.max_probe_size).min(MAX_STEPS) {
        let answer = (protocol.probe)(&Sample { data: first(sample.data, end), ..*sample });
        must(answer != Probe::No, || format!("matches at {} bytes, but refuses the first {end}", sample.data.len()))?;
    }
    Ok(())
}

/// Byte by byte or all at once, the same is found. Where values were dropped for want of room, which ones may differ.
fn check_pieces(protocol: &Descriptor, sample: &Sample<'_>, whole: &Findings) -> Held {
    let pieces = inspect(protocol, sample, steps(sample.data.len()));
    let (whole_text, pieces_text) = (written(whole), written(&pieces));
    let is_full = whole.dropped() + pieces.dropped() > 0;
    must(is_full || whole_text == pieces_text, || format!("at once {whole_text}, in pieces {pieces_text}"))
}

fn inspect(protocol: &Descriptor, sample: &Sample<'_>, ends: impl Iterator<Item = usize>) -> Findings {
    let mut found = Findings::default();
    let Some(mut inspector) = protocol.inspector.map(|make| make()) else { return found };
    if sample.transport.is_stream() && !sample.other.is_empty() {
        let earlier = Sample { direction: sample.direction.opposite(), data: sample.other, other: &[], ..*sample };
        if inspector.feed(&earlier, &mut found) == Progress::Done {
            return found;
        }
    }
    for end in ends {
        if inspector.feed(&Sample { data: first(sample.data, end), ..*sample }, &mut found) == Progress::Done {
            break;
        }
    }
    found
}

/// Datagrams to and fro: the one before, the one from the other end, this one, this one again.
fn converse(protocol: &Descriptor, sample: &Sample<'_>) -> Findings {
    let mut found = Findings::default();
    let Some(mut inspector) = protocol.inspector.map(|make| make()) else { return found };
    let back = sample.direction.opposite();
    for datagram in [
        Sample { data: sample.other, other: &[], reverse: &[], ..*sample },
        Sample { data: sample.reverse, other: &[], reverse: sample.other, direction: back, ..*sample },
        *sample,
        *sample,
    ] {
        if !datagram.data.is_empty() && inspector.feed(&datagram, &mut found) == Progress::Done {
            break;
        }
    }
    found
}

fn check_findings(found: &Findings) -> Held {
    let mut taken = found.clone();
    let (expected, resolved) = (taken.take_expected().len(), taken.take_resolved().len());
    must(expected <= MAX_EXPECTED, || format!("{expected} flows expected"))?;
    must(resolved <= MAX_RESOLVED, || format!("{resolved} addresses resolved"))?;
    check_fields(found.fields())
}

fn written(found: &Findings) -> String {
    let mut values: Vec<String> = found.fields().map(|(id, value)| format!("{id}={value:?}")).collect();
    values.sort();
    let mut taken = found.clone();
    let news = (taken.take_expected(), taken.take_resolved());
    format!("{values:?} {:?} {:?} {:?} {news:?}", found.host(), found.subject(), found.service())
}

/// Sizes of the beginnings that are shown, the whole at last.
fn steps(size: usize) -> impl Iterator<Item = usize> {
    let stride = size.div_ceil(MAX_STEPS).max(1);
    (1..size).step_by(stride).chain([size])
}

fn first(data: &[u8], size: usize) -> &[u8] {
    data.get(..size).unwrap_or(data)
}
