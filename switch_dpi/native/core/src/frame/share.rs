//! Which of several engines takes a frame: all between the same two addresses go to one.
//!
//! So both directions of a flow, fragments, tunnels with what they carry, and flows that another one between the same hosts
//! announced stay together. The kernel's packet rings are shared out by the same rule (`capture/src/fanout.rs`), not the same numbers.

use super::{Address, Decoded, decode};

/// An odd number without pattern: 2^128 divided by the golden ratio (Knuth, TAOCP vol. 3 §6.4).
const GOLDEN: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// The number of the engine, below `count`; 0 for frames that no engine can read.
#[must_use]
pub fn share_of(link_type: u32, data: &[u8], count: usize) -> usize {
    if count <= 1 {
        return 0;
    }
    let (Address(one), Address(other)) = match decode(link_type, data) {
        Ok(Decoded::Whole(packet)) => (packet.source, packet.destination),
        Ok(Decoded::Piece(piece)) => (piece.envelope.source, piece.envelope.destination),
        Err(_) => return 0,
    };
    let mixed = (one ^ other).wrapping_mul(GOLDEN);
    usize::try_from(mixed >> 100).unwrap_or(0) % count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::link_type;

    /// An IPv4 packet with this much after its addresses, `more` being flags and offset of its fragment.
    fn ipv4(source: [u8; 4], destination: [u8; 4], more: u16, rest: &[u8]) -> Vec<u8> {
        let size = (20 + rest.len()) as u16;
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        frame.extend(size.to_be_bytes());
        frame.extend([0, 7]);
        frame.extend(more.to_be_bytes());
        frame.extend([64, 17, 0, 0]);
        frame.extend(source.iter().chain(&destination).chain(rest));
        frame
    }

    #[test]
    fn directions_ports_and_fragments_of_two_hosts_stay_together() {
        let (here, there) = ([10, 0, 0, 1], [192, 0, 2, 9]);
        let frames = [
            ipv4(here, there, 0, &[0, 99, 0, 53, 0, 9, 0, 0, 1]),
            ipv4(there, here, 0, &[0, 53, 0, 99, 0, 9, 0, 0, 1]),
            ipv4(here, there, 0x2000, &[1; 24]),
            ipv4(here, there, 3, &[1; 24]),
        ];
        for count in 1..9 {
            let shares: Vec<usize> = frames.iter().map(|frame| share_of(link_type::ETHERNET, frame, count)).collect();
            assert!(shares.iter().all(|share| *share < count && *share == shares[0]), "{shares:?}");
        }
    }

    #[test]
    fn many_hosts_are_spread_over_all_engines() {
        let mut counts = [0; 3];
        for host in 0..=255 {
            let frame = ipv4([10, 0, 0, host], [192, 0, 2, 9], 0, &[0, 99, 0, 53, 0, 9, 0, 0, 1]);
            counts[share_of(link_type::ETHERNET, &frame, 3)] += 1;
        }
        assert!(counts.iter().all(|count| (50..130).contains(count)), "{counts:?}");
    }

    #[test]
    fn what_cannot_be_read_goes_to_the_first() {
        assert_eq!(share_of(link_type::ETHERNET, &[1, 2, 3], 4), 0);
        assert_eq!(share_of(9999, &[0; 64], 4), 0);
    }
}
