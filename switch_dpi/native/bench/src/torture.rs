//! Captures played in ways in which no network plays them: no panic, no hang, no memory beyond the bound.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appsteer_capture::file::CaptureFile;
use appsteer_core::signatures::Signatures;
use appsteer_harness::torture::{MANNERS, Manner, Recorded, Report, differences, play};

use crate::Outcome;
use crate::time::resident;

/// A frame that takes longer, and does so each time, counts as a hang; usual ones take microseconds, but other processes are let
/// in between.
const HANG: Duration = Duration::from_secs(1);
/// How often a capture in which a frame took long is played again: a hang comes again.
const REPEATS: usize = 2;
/// What the process may grow by: the limits of [`appsteer_harness::torture::options`] sum up to 9 MiB, a table of 1024 flows
/// with all that they hold to less than 4 MiB; allocators keep some of what was given back.
const MAX_GROWTH: usize = 32 << 20;

/// Plays captures in every manner, prints what each took, and fails when one broke a bound.
pub fn run(signatures: &Arc<Signatures>, captures: &[&str]) -> Outcome<()> {
    let mut broken = 0;
    println!("{:12} {:>12} {:>9} {:>14}  capture", "manner", "frames", "seconds", "slowest (us)");
    for path in captures {
        let packets = read(path)?;
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
        let mut recorded = None;
        for (how, manner) in MANNERS {
            let (before, began) = (resident(), Instant::now());
            let played = catch_unwind(AssertUnwindSafe(|| play(&packets, *manner, signatures, 1)));
            let grown = resident().saturating_sub(before);
            let played = match played {
                Ok(Ok(_)) if grown > MAX_GROWTH => Err(format!("{grown} bytes more in use, not {MAX_GROWTH}")),
                Ok(Ok(report)) if report.slowest > HANG && hangs_again(&packets, *manner, signatures) => {
                    Err(format!("a frame took {:?}", report.slowest))
                }
                Ok(played) => played,
                Err(_) => Err("panic, see above".to_owned()),
            };
            match played {
                Ok(report) => {
                    tell(how, &report, began.elapsed(), name);
                    compare(*manner, report, &mut recorded);
                }
                Err(text) => {
                    broken += 1;
                    println!("{how:12} BROKEN: {text}  {name}");
                }
            }
        }
    }
    println!("{} captures, {broken} plays broke a bound", captures.len());
    if broken == 0 { Ok(()) } else { Err(format!("{broken} plays broke a bound").into()) }
}

fn hangs_again(packets: &[Recorded], manner: Manner, signatures: &Arc<Signatures>) -> bool {
    (0..REPEATS).all(|_| play(packets, manner, signatures, 1).is_ok_and(|report| report.slowest > HANG))
}

fn tell(how: &str, report: &Report, taken: Duration, name: &str) {
    let (seconds, slowest_us) = (taken.as_secs_f64(), report.slowest.as_micros());
    println!("{how:12} {:>12} {seconds:>9.3} {slowest_us:>14}  {name}", report.frames);
}

/// In pieces a flow should be the same as when it came whole; where it is not, the flow is printed.
fn compare(manner: Manner, report: Report, recorded: &mut Option<Report>) {
    match (manner, recorded.as_ref()) {
        (Manner::AsRecorded, _) => *recorded = Some(report),
        (Manner::InPieces, Some(whole)) => {
            differences(whole, &report).iter().for_each(|flow| println!("    whole and in pieces differ: {flow}"));
        }
        _ => {}
    }
}

fn read(path: &str) -> Outcome<Vec<Recorded>> {
    let mut file = CaptureFile::open(path).map_err(|error| format!("{path}: {error}"))?;
    let mut packets = Vec::new();
    while let Some(packet) = file.next().map_err(|error| format!("{path}: {error}"))? {
        let (at_ns, link_type, original_size) = (packet.at_ns, packet.link_type, packet.original_size);
        packets.push(Recorded { at_ns, link_type, original_size, data: packet.data.to_vec() });
    }
    Ok(packets)
}
