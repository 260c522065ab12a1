//! Protocols that are told by their number above IP, without a look at the payload.

/// A protocol above IP that has no ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkProtocol {
    /// IANA "Assigned Internet Protocol Numbers".
    pub number: u8,
    /// As [`crate::protocol::Descriptor::key`].
    pub key: &'static str,
    /// As [`crate::protocol::Descriptor::name`].
    pub name: &'static str,
    /// As [`crate::protocol::Descriptor::selector`]: 1 to 19 are kept for this table.
    pub selector: u32,
    /// What it is, with its source.
    pub evidence: &'static str,
}

/// All of them.
pub const ALL: &[NetworkProtocol] = &[
    entry(1, "icmp", "ICMP", 1, "IP protocol 1 (RFC 792)"),
    entry(2, "igmp", "IGMP", 2, "IP protocol 2 (RFC 3376)"),
    entry(47, "gre", "GRE", 3, "IP protocol 47 (RFC 2784)"),
    entry(50, "esp", "ESP", 4, "IP protocol 50 (RFC 4303)"),
    entry(51, "ah", "AH", 5, "IP protocol 51 (RFC 4302)"),
    entry(58, "icmpv6", "ICMPv6", 6, "IP protocol 58 (RFC 4443)"),
    entry(88, "eigrp", "EIGRP", 7, "IP protocol 88 (RFC 7868)"),
    entry(89, "ospf", "OSPF", 8, "IP protocol 89 (RFC 2328)"),
    entry(103, "pim", "PIM", 9, "IP protocol 103 (RFC 7761)"),
    entry(112, "vrrp", "VRRP", 10, "IP protocol 112 (RFC 9568)"),
    entry(132, "sctp", "SCTP", 11, "IP protocol 132 (RFC 9260)"),
];

/// Key of the category that all of them belong to.
pub const CATEGORY: &str = "network";

/// The protocol with this number.
#[must_use]
pub fn by_number(number: u8) -> Option<&'static NetworkProtocol> {
    ALL.iter().find(|protocol| protocol.number == number)
}

const fn entry(
    number: u8,
    key: &'static str,
    name: &'static str,
    selector: u32,
    evidence: &'static str,
) -> NetworkProtocol {
    NetworkProtocol { number, key, name, selector, evidence }
}
