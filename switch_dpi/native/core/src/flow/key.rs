//! What tells flows apart.

use std::hash::{Hash, Hasher};

use crate::frame::{Address, Packet, Segment, ip_protocol};
use crate::protocol::Transport;

/// Addresses, ports, carrier, VLAN and tunnel, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// Ports of the lower and of the higher end, VLAN, protocol number and IP version: 16, 16, 16, 8 and 8 bits.
    numbers: u64,
    /// Addresses of the lower and of the higher end, in halves: these need not stand at a multiple of sixteen in memory.
    ends: [u64; 4],
    scope: u32,
    carrier: Transport,
}

impl FlowKey {
    /// The key of a packet's flow, and whether the sender is its lower end. `scope` keeps tunnels apart
    /// ([`crate::protocol::Carried::scope`]).
    #[must_use]
    pub fn of(packet: &Packet<'_>, scope: u32) -> (Self, bool) {
        let carrier = match packet.segment {
            Segment::Tcp { .. } => Transport::Tcp,
            Segment::Udp(_) => Transport::Udp,
            Segment::Sctp(_) => Transport::Ip(ip_protocol::SCTP),
            Segment::Numbered(carrier, _) => carrier,
        };
        let sender = (packet.source, packet.source_port);
        let receiver = (packet.destination, packet.destination_port);
        let sender_is_low = sender <= receiver;
        let (low, high) = if sender_is_low { (sender, receiver) } else { (receiver, sender) };
        (Self::between(low, high, (packet.vlan, packet.ip_version), scope, carrier), sender_is_low)
    }

    /// As [`Self::of`] for IPv4 outside of VLANs and tunnels, from the addresses as numbers.
    #[must_use]
    #[inline(always)]
    pub(crate) fn of_plain(sender: (u32, u16), receiver: (u32, u16), carrier: Transport) -> (Self, bool) {
        let sender_is_low = sender <= receiver;
        let (low, high) = if sender_is_low { (sender, receiver) } else { (receiver, sender) };
        let [low, high] = [low, high].map(|(address, port)| (Address::from(address), port));
        (Self::between(low, high, (0, 4), 0, carrier), sender_is_low)
    }

    #[inline(always)]
    fn between(
        low: (Address, u16),
        high: (Address, u16),
        (vlan, ip_version): (u16, u8),
        scope: u32,
        carrier: Transport,
    ) -> Self {
        let ports = u64::from(low.1) << 16 | u64::from(high.1);
        let rest = u64::from(vlan) << 16 | u64::from(number_of(carrier)) << 8 | u64::from(ip_version);
        let ([a, b], [c, d]) = (halves(low.0), halves(high.0));
        Self { numbers: ports << 32 | rest, ends: [a, b, c, d], scope, carrier }
    }

    pub(crate) fn low(&self) -> (Address, u16) {
        let [high_half, low_half, ..] = self.ends;
        (whole([high_half, low_half]), (self.numbers >> 48) as u16)
    }

    pub(crate) fn high(&self) -> (Address, u16) {
        let [.., high_half, low_half] = self.ends;
        (whole([high_half, low_half]), (self.numbers >> 32) as u16)
    }

    pub(crate) fn vlan(&self) -> u16 {
        (self.numbers >> 16) as u16
    }

    pub(crate) fn ip_version(&self) -> u8 {
        self.numbers as u8
    }

    /// As IANA numbers it; 0 for what stands below IP.
    pub(crate) fn protocol_number(&self) -> u8 {
        (self.numbers >> 8) as u8
    }

    pub(crate) fn carrier(&self) -> Transport {
        self.carrier
    }
}

impl Hash for FlowKey {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d] = self.ends;
        if self.ip_version() == 4 {
            state.write_u64(b << 32 | d & 0xffff_ffff); // above its 32 bits an IPv4 address is always the same
        } else {
            state.write_u128(u128::from(a) << 64 | u128::from(b));
            state.write_u128(u128::from(c) << 64 | u128::from(d));
        }
        state.write_u64(self.numbers);
        if self.scope != 0 || self.ip_version() == 0 {
            state.write_u32(self.scope);
            self.carrier.hash(state);
        }
    }
}

#[inline(always)]
fn number_of(carrier: Transport) -> u8 {
    match carrier {
        Transport::Tcp => ip_protocol::TCP,
        Transport::Udp => ip_protocol::UDP,
        Transport::Ip(number) => number,
        _ => 0,
    }
}

const fn halves(address: Address) -> [u64; 2] {
    [(address.0 >> 64) as u64, address.0 as u64]
}

const fn whole([high, low]: [u64; 2]) -> Address {
    Address((high as u128) << 64 | low as u128)
}
