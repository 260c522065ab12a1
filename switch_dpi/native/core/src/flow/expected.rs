//! Flows that other flows have announced: FTP's data connection, the media of a call. Bounded in number and time.

use std::collections::{HashMap, VecDeque};

use crate::flow::Upper;
use crate::frame::Address;
use crate::options::SECOND_NS;
use crate::protocol::Transport;

/// An announcement is believed for so long: a called telephone may ring for three minutes (RFC 3261 §13.2.2.4, Timer C).
const LIFETIME_NS: u64 = 180 * SECOND_NS;
/// Announcements kept; the oldest give way.
const MAX_ANNOUNCED: usize = 8192;

type End = (Transport, Address, u16);

/// What was announced of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    /// The protocol's place in [`crate::protocols::ALL`].
    pub protocol: u16,
    /// What runs above the flow that announced it.
    pub upper: Option<Upper>,
    /// Number of the flow that announced it.
    pub parent: u64,
    /// Whether somebody else than the flow's ends has told of it.
    pub is_hearsay: bool,
}

/// Announced ends of flows. Hearsay is kept apart, so that a peer who names thousands displaces nothing that was agreed upon.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    agreed: Ends,
    hearsay: Ends,
}

impl Expected {
    /// Remembers an end.
    pub(crate) fn insert(&mut self, end: End, announced: Announced, now_ns: u64) {
        let ends = if announced.is_hearsay { &mut self.hearsay } else { &mut self.agreed };
        ends.insert(end, announced, now_ns);
    }

    /// Whether some end with such a port was announced, perhaps: what most flows are spared the look-up by.
    #[inline]
    pub(crate) fn may_have(&self, port: u16) -> bool {
        self.agreed.by_port.may_have(port) || self.hearsay.by_port.may_have(port)
    }

    /// What was announced of a flow with this end; what was agreed upon counts more.
    pub(crate) fn find(&self, end: End, now_ns: u64) -> Option<Announced> {
        self.agreed.find(end, now_ns).or_else(|| self.hearsay.find(end, now_ns))
    }
}

/// Ends of one kind.
#[derive(Debug, Default)]
struct Ends {
    by_end: HashMap<End, (u64, Announced), foldhash::fast::RandomState>,
    order: VecDeque<(u64, End)>,
    by_port: PortCounts,
}

impl Ends {
    /// A later announcement of the same end replaces the earlier.
    fn insert(&mut self, end: End, announced: Announced, now_ns: u64) {
        while let Some((since_ns, oldest)) = self.order.front().copied()
            && (since_ns.saturating_add(LIFETIME_NS) <= now_ns || self.order.len() >= MAX_ANNOUNCED)
        {
            self.order.pop_front();
            if self.by_end.get(&oldest).is_some_and(|(at_ns, _)| *at_ns == since_ns) {
                self.by_end.remove(&oldest);
                self.by_port.add(oldest.2, -1);
            }
        }
        if self.by_end.insert(end, (now_ns, announced)).is_none() {
            self.by_port.add(end.2, 1);
        }
        self.order.push_back((now_ns, end));
    }

    fn find(&self, end: End, now_ns: u64) -> Option<Announced> {
        if !self.by_port.may_have(end.2) {
            return None;
        }
        let (since_ns, announced) = self.by_end.get(&end)?;
        (since_ns.saturating_add(LIFETIME_NS) > now_ns).then_some(*announced)
    }
}

/// How many ends have a port with the same low bits.
#[derive(Debug)]
struct PortCounts([u16; 256]);

impl Default for PortCounts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl PortCounts {
    fn add(&mut self, port: u16, change: i16) {
        let [_, low] = port.to_be_bytes();
        if let Some(count) = self.0.get_mut(usize::from(low)) {
            *count = count.saturating_add_signed(change);
        }
    }

    #[inline]
    fn may_have(&self, port: u16) -> bool {
        let [_, low] = port.to_be_bytes();
        self.0.get(usize::from(low)) != Some(&0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNOUNCED: Announced = Announced { protocol: 3, upper: None, parent: 9, is_hearsay: false };

    fn end(port: u16) -> End {
        (Transport::Udp, Address::from_v4([192, 0, 2, 1]), port)
    }

    #[test]
    fn an_announced_end_is_found_until_its_time_is_over() {
        let mut expected = Expected::default();
        expected.insert(end(4000), ANNOUNCED, 5);
        assert_eq!(expected.find(end(4000), 5), Some(ANNOUNCED));
        assert_eq!(expected.find(end(4001), 5), None);
        assert_eq!(expected.find(end(4000), 5 + LIFETIME_NS), None);
    }

    #[test]
    fn hearsay_counts_where_nothing_was_agreed_upon() {
        let (mut expected, hearsay) = (Expected::default(), Announced { protocol: 4, is_hearsay: true, ..ANNOUNCED });
        expected.insert(end(1), ANNOUNCED, 1);
        expected.insert(end(1), hearsay, 2);
        expected.insert(end(2), hearsay, 2);
        assert_eq!([1, 2].map(|port| expected.find(end(port), 3)), [Some(ANNOUNCED), Some(hearsay)]);
    }

    #[test]
    fn the_oldest_give_way_and_a_renewed_one_stays() {
        let mut expected = Expected::default();
        expected.insert(end(1), ANNOUNCED, 1);
        expected.insert(end(1), ANNOUNCED, 2);
        for count in 0..u64::try_from(MAX_ANNOUNCED).unwrap() {
            let port = u16::try_from(count + 2).unwrap();
            expected.insert(end(port), ANNOUNCED, 3 + count);
            expected.insert(end(port), Announced { is_hearsay: true, ..ANNOUNCED }, 3 + count);
            assert!(expected.agreed.by_end.len() <= MAX_ANNOUNCED && expected.agreed.order.len() <= MAX_ANNOUNCED);
        }
        assert_eq!(expected.find(end(1), 4), None);
        assert_eq!(expected.find(end(2), 4), Some(ANNOUNCED));
    }
}
