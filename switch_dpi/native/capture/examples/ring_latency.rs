//! How long a packet takes from its arrival (the kernel's time stamp) to the reader of a ring: `ring_latency SECONDS INTERFACE [packets]`.
//!
//! Reads whatever arrives on the interface, in blocks or each packet at once, and prints the distribution.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use appsteer_capture::ring::{Ring, RingOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().unwrap_or_default().parse().unwrap_or(5);
    let interface = arguments.next().unwrap_or_else(|| "lo".to_owned());
    let at_once = arguments.next().is_some_and(|way| way == "packets");
    let options = if at_once { RingOptions::low_latency() } else { RingOptions::default() };
    let mut ring = Ring::open(&interface, &options)?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut delays_ns: Vec<u64> = Vec::new();
    while Instant::now() < until {
        let Some(mut block) = ring.poll(Duration::from_millis(100))? else { continue };
        let now_ns = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
        delays_ns.extend(block.packets().map(|packet| now_ns.saturating_sub(packet.at_ns)));
    }
    delays_ns.sort_unstable();
    let at = |percent: usize| delays_ns.get((delays_ns.len() * percent / 100).min(delays_ns.len().saturating_sub(1)));
    for percent in [0, 50, 90, 99, 100] {
        println!("p{percent}: {} us", at(percent).copied().unwrap_or_default() / 1000);
    }
    println!("packets: {}; {:?}", delays_ns.len(), ring.statistics()?);
    Ok(())
}
