//! A capture onto an interface at a rate, over and over, so that an engine at the other end of the wire has something to do.

use std::io::IoSlice;
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, MultiHeaders, SockFlag, SockType, bind, sendmmsg, socket};

use crate::Outcome;
use crate::memory::Memory;

/// So many packets go with one system call.
const AT_ONCE: usize = 32;
/// Ethernet and IPv4 up to the end of the addresses (RFC 791 §3.1); an untagged packet's is changed each time round.
const HEAD_SIZE: usize = 34;
const ETHERTYPE_AT: usize = 12;
const IPV4: [u8; 2] = [8, 0];
/// The second byte of each address: every round is of other hosts, whose flows are new.
const CHANGED: [usize; 2] = [27, 31];

/// Sends `count` packets at `rate` a second, and prints how many were sent in how many seconds.
pub fn run(interface: &str, capture: &str, rate: f64, count: u64) -> Outcome<()> {
    let memory = Memory::load(capture, 1)?;
    if memory.len() == 0 || !rate.is_normal() || rate < 0.0 {
        return Err(
            format!("{capture} has {} packets and the rate is {rate}: there is nothing to send", memory.len()).into()
        );
    }
    let wire = open(interface)?;
    let frames: Vec<&[u8]> = memory.frames(0, 0).map(|frame| frame.data).collect();
    let (began, mut sent) = (Instant::now(), 0);
    'all: for round in (0..=u8::MAX).cycle() {
        for group in frames.chunks(AT_ONCE) {
            if sent >= count {
                break 'all;
            }
            let due = began + Duration::from_secs_f64(sent as f64 / rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            sent += send(&wire, group, round)?;
        }
    }
    println!("{{\"sent\":{sent},\"seconds\":{:.6}}}", began.elapsed().as_secs_f64());
    Ok(())
}

/// A socket on which frames go out of the interface as they are.
fn open(interface: &str) -> Outcome<OwnedFd> {
    let links = getifaddrs()?.filter(|one| one.interface_name == interface);
    let address: LinkAddr = links
        .filter_map(|one| one.address?.as_link_addr().copied())
        .next()
        .ok_or_else(|| format!("{interface}: no such interface in this network namespace"))?;
    let wire = socket(AddressFamily::Packet, SockType::Raw, SockFlag::empty(), None)?;
    bind(wire.as_raw_fd(), &address)?;
    Ok(wire)
}

/// Sends frames as those of this round; how many.
fn send(wire: &OwnedFd, frames: &[&[u8]], round: u8) -> Outcome<u64> {
    let heads: Vec<Vec<u8>> = frames.iter().map(|frame| head(frame, round)).collect();
    let parts: Vec<[IoSlice<'_>; 2]> = heads
        .iter()
        .zip(frames)
        .map(|(head, frame)| [IoSlice::new(head), IoSlice::new(frame.get(head.len()..).unwrap_or_default())])
        .collect();
    let nowhere: Vec<Option<LinkAddr>> = frames.iter().map(|_| None).collect(); // the socket is bound
    let mut sent = 0;
    while let (Some(parts), Some(nowhere)) = (parts.get(sent..).filter(|left| !left.is_empty()), nowhere.get(sent..)) {
        let mut headers = MultiHeaders::preallocate(parts.len(), None);
        sent += sendmmsg(wire.as_raw_fd(), &mut headers, parts, nowhere, [], MsgFlags::empty())?.count();
    }
    Ok(sent as u64)
}

/// A frame's beginning, with the addresses of this round.
fn head(frame: &[u8], round: u8) -> Vec<u8> {
    let mut head = frame.get(..HEAD_SIZE).unwrap_or_default().to_vec();
    if head.get(ETHERTYPE_AT..ETHERTYPE_AT + IPV4.len()) == Some(&IPV4) {
        for byte in CHANGED {
            head.get_mut(byte).into_iter().for_each(|byte| *byte = byte.wrapping_add(round));
        }
    }
    head
}
