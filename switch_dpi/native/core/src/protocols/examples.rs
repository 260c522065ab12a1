//! Holds every protocol to its own examples, and all of them to the rules that concern more than one.

use std::collections::HashSet;

use crate::protocol::{
    Descriptor, Direction, Example, Findings, MAX_RISK, MAX_VALUES, Probe, Progress, Sample, Transport, Value,
};
use crate::protocols::ALL;

#[test]
fn keys_and_selectors_are_unique_and_well_formed() {
    let (mut keys, mut selectors) = (HashSet::new(), HashSet::new());
    for protocol in ALL {
        assert!(keys.insert(protocol.key), "key {} twice", protocol.key);
        assert!(selectors.insert(protocol.selector), "selector {} twice", protocol.selector);
        assert!((1..10_000).contains(&protocol.selector), "{}: selector {}", protocol.key, protocol.selector);
        assert!(protocol.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        assert!(!protocol.transports.is_empty() && protocol.max_probe_size > 0, "{}", protocol.key);
        assert!(!protocol.examples.is_empty(), "{} has no example", protocol.key);
        assert!(protocol.risk.is_none_or(|risk| risk <= MAX_RISK), "{}: risk {:?}", protocol.key, protocol.risk);
    }
}

#[test]
fn every_example_is_claimed_by_its_protocol_and_says_what_is_expected() {
    for_every_example(|protocol, example| {
        assert!(matches!((protocol.probe)(&sample(example, example.data)), Probe::Match(_)), "probe");
        let found = inspect(protocol, example, &[example.data]);
        for (attribute, expected) in example.expect {
            let values: Vec<String> =
                found.values().iter().filter(|(a, _)| a == attribute).map(|(_, v)| written(v)).collect();
            assert!(values.iter().any(|v| v == expected), "{}: {values:?}, not {expected}", attribute.name());
        }
    });
}

#[test]
fn no_beginning_of_an_example_stream_is_refused() {
    for_every_example(|protocol, example| {
        if example.transport == Transport::Tcp {
            for end in 0..example.data.len().min(protocol.max_probe_size) {
                let answer = (protocol.probe)(&sample(example, &example.data[..end]));
                assert_ne!(answer, Probe::No, "refused at {end} bytes");
            }
        }
    });
}

#[test]
fn a_stream_fed_byte_by_byte_gives_the_same_findings() {
    for_every_example(|protocol, example| {
        if example.transport == Transport::Tcp {
            let cuts: Vec<&[u8]> = (1..=example.data.len()).map(|end| &example.data[..end]).collect();
            let (slow, fast) = (inspect(protocol, example, &cuts), inspect(protocol, example, &[example.data]));
            assert_eq!(sorted(&slow), sorted(&fast));
            assert_eq!(slow.host(), fast.host());
        }
    });
}

#[test]
fn no_protocol_claims_an_example_of_another_with_more_confidence() {
    for_every_example(|protocol, example| {
        let Probe::Match(own) = (protocol.probe)(&sample(example, example.data)) else { return };
        for other in ALL.iter().filter(|other| other.key != protocol.key) {
            if !other.transports.contains(&example.transport) {
                continue;
            }
            if let Probe::Match(foreign) = (other.probe)(&sample(example, example.data)) {
                assert!(foreign.confidence < own.confidence, "{} claims it too: {foreign:?}", other.key);
            }
        }
    });
}

#[test]
fn cut_and_changed_examples_do_no_harm() {
    for_every_example(|protocol, example| {
        let mut changed = example.data.to_vec();
        for at in 0..changed.len().min(200) {
            for byte in [0x00, 0x7f, 0xff] {
                let kept = std::mem::replace(&mut changed[at], byte);
                let _answer = (protocol.probe)(&sample(example, &changed));
                assert!(inspect(protocol, example, &[&changed]).values().len() <= MAX_VALUES);
                changed[at] = kept;
            }
            let _answer = (protocol.probe)(&sample(example, &example.data[..at]));
            let _found = inspect(protocol, example, &[&example.data[..at]]);
        }
    });
}

#[test]
fn first_bytes_exclude_nothing_that_a_probe_would_take() {
    for_every_example(|protocol, example| {
        let mut changed = example.data.to_vec();
        for byte in 0..=u8::MAX {
            let Some(first) = changed.first_mut() else { return };
            *first = byte;
            for direction in [Direction::Originator, Direction::Responder] {
                let answer = (protocol.probe)(&Sample { direction, ..sample(example, &changed) });
                assert!(protocol.first_bytes.allows(byte) || answer == Probe::No, "{byte:#04x}: {answer:?}");
            }
        }
    });
}

fn for_every_example(check: impl Fn(&Descriptor, &Example)) {
    for protocol in ALL {
        for example in protocol.examples {
            println!("{}: {}", protocol.key, example.title); // shown when the check fails
            check(protocol, example);
        }
    }
}

fn sample<'a>(example: &Example, data: &'a [u8]) -> Sample<'a> {
    Sample { transport: example.transport, direction: example.direction, data, ..Sample::EMPTY }
}

fn inspect(protocol: &Descriptor, example: &Example, feeds: &[&[u8]]) -> Findings {
    let mut found = Findings::default();
    if let Some(make) = protocol.inspector {
        let mut inspector = make();
        for data in feeds {
            if inspector.feed(&sample(example, data), &mut found) == Progress::Done {
                break;
            }
        }
    }
    found
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Uint(number) => number.to_string(),
        Value::Bytes(bytes) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
    }
}

fn sorted(found: &Findings) -> Vec<String> {
    let mut lines: Vec<String> = found.values().iter().map(|(a, v)| format!("{}={}", a.name(), written(v))).collect();
    lines.sort();
    lines
}
