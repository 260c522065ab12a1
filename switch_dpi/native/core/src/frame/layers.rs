//! The headers that a packet was found below, from the outermost on.

use std::fmt;

/// A header below IP, or below the protocol that stands in IP's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Layer {
    /// Ethernet (IEEE 802.3).
    Ethernet = 1,
    /// Linux cooked capture.
    LinuxCooked = 2,
    /// PPP (RFC 1661).
    Ppp = 3,
    /// Cisco HDLC.
    CiscoHdlc = 4,
    /// BSD loopback.
    Loopback = 5,
    /// VLAN tag (IEEE 802.1Q).
    Vlan = 6,
    /// MPLS label (RFC 3032).
    Mpls = 7,
    /// PPPoE session (RFC 2516).
    Pppoe = 8,
    /// LLC (IEEE 802.2).
    Llc = 9,
    /// SNAP (IEEE 802).
    Snap = 10,
    /// Ethernet over MPLS (RFC 4448).
    Pseudowire = 11,
    /// Wireless LAN (IEEE 802.11).
    Wlan = 12,
    /// Tag of a redundant ring (HSR, IEC 62439-3 §5).
    Hsr = 13,
    /// Provider backbone bridge (IEEE 802.1ah).
    Backbone = 14,
    /// Tag of a port extender (IEEE 802.1BR).
    ExtenderTag = 15,
}

impl Layer {
    const fn name(code: u32) -> &'static str {
        match code {
            1 => "eth",
            2 => "sll",
            3 => "ppp",
            4 => "chdlc",
            5 => "loop",
            6 => "vlan",
            7 => "mpls",
            8 => "pppoe",
            9 => "llc",
            10 => "snap",
            11 => "pw",
            12 => "wlan",
            13 => "hsr",
            14 => "pbb",
            _ => "etag",
        }
    }
}

/// Up to eight of them; deeper ones are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers(u32);

impl Layers {
    /// Ethernet, and nothing else.
    pub const ETHERNET: Self = Self(Layer::Ethernet as u32);

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds one inside.
    pub fn push(&mut self, layer: Layer) {
        if self.0 >> 28 == 0 {
            self.0 = self.0 << 4 | layer as u32;
        }
    }
}

/// `eth.vlan`, with dots between.
impl fmt::Display for Layers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = (0..8).rev().map(|place| self.0 >> (place * 4) & 0xf).filter(|code| *code != 0);
        for (at, code) in codes.enumerate() {
            write!(out, "{}{}", if at > 0 { "." } else { "" }, Layer::name(code))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_written_from_the_outermost_on_and_bounded() {
        let mut layers = Layers::default();
        assert_eq!(layers.to_string(), "");
        layers.push(Layer::Ethernet);
        layers.push(Layer::Vlan);
        assert_eq!(layers.to_string(), "eth.vlan");
        for _ in 0..20 {
            layers.push(Layer::Mpls);
        }
        assert_eq!(layers.to_string(), "eth.vlan.mpls.mpls.mpls.mpls.mpls.mpls");
    }
}
