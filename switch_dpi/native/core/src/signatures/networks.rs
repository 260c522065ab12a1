//! Networks of applications: which one an address lies in, by the longest prefix (RFC 4632 §5.1).
//!
//! Prefixes are laid out as ranges that do not overlap, in order, so that a look-up is one binary search; IPv4's stand apart,
//! in a quarter of the memory. A set without networks does no work.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::frame::Address;

/// The broadest IPv4 prefix: what the largest owners were given.
pub const MIN_PREFIX_V4: u8 = 8;
/// The broadest IPv6 prefix: what registries give to the largest providers.
pub const MIN_PREFIX_V6: u8 = 19;
/// Networks of one set.
pub const MAX_NETWORKS: usize = 1 << 16;

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    is_v6: bool,
    /// An IPv4 address stands in the lower 32 bits.
    first: u128,
    prefix_size: u8,
}

/// What is wrong with the text of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANetwork {
    /// Another form than address and prefix.
    Form,
    /// There are ones behind the prefix; the network that was perhaps meant.
    HostBits(Network),
    /// The prefix is shorter than [`MIN_PREFIX_V4`] or [`MIN_PREFIX_V6`].
    Broad(Network),
}

impl fmt::Display for NotANetwork {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => write!(out, "is no network, expected an address and a prefix such as 192.0.2.0/24"),
            Self::HostBits(network) => write!(out, "has bits behind its prefix, expected {network}"),
            Self::Broad(network) => {
                let least = if network.is_v6 { MIN_PREFIX_V6 } else { MIN_PREFIX_V4 };
                write!(out, "is too broad to tell an application, expected a prefix of {least} bits at least")
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = if self.is_v6 { Address(self.first) } else { Address::from_v4((self.first as u32).to_be_bytes()) };
        write!(out, "{}/{}", first.text(if self.is_v6 { 6 } else { 4 }), self.prefix_size)
    }
}

impl Network {
    /// Reads `192.0.2.0/24` or `2001:db8::/32`.
    ///
    /// # Errors
    /// [`NotANetwork`].
    pub fn parse(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = text.split_once('/').ok_or(NotANetwork::Form)?;
        let (is_v6, given) = match address.parse::<IpAddr>().map_err(|_| NotANetwork::Form)? {
            IpAddr::V4(address) => (false, u128::from(u32::from(address))),
            IpAddr::V6(address) if is_mapped(address) => return Err(NotANetwork::Form),
            IpAddr::V6(address) => (true, u128::from(address)),
        };
        let is_plain = prefix.bytes().all(|byte| byte.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
        let prefix_size = prefix.parse::<u8>().ok().filter(|_| is_plain).ok_or(NotANetwork::Form)?;
        if prefix_size > width(is_v6) {
            return Err(NotANetwork::Form);
        }
        let network = Self { is_v6, first: given & !host_mask(is_v6, prefix_size), prefix_size };
        if network.first != given {
            Err(NotANetwork::HostBits(network))
        } else if prefix_size < if is_v6 { MIN_PREFIX_V6 } else { MIN_PREFIX_V4 } {
            Err(NotANetwork::Broad(network))
        } else {
            Ok(network)
        }
    }

    fn last(self) -> u128 {
        self.first | host_mask(self.is_v6, self.prefix_size)
    }
}

fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}

const fn width(is_v6: bool) -> u8 {
    if is_v6 { 128 } else { 32 }
}

fn host_mask(is_v6: bool, prefix_size: u8) -> u128 {
    let host_bits = width(is_v6).saturating_sub(prefix_size);
    1_u128.checked_shl(host_bits.into()).map_or(u128::MAX, |bit| bit - 1)
}

/// Networks, each of an application.
#[derive(Debug, Default)]
pub struct Networks {
    all: Vec<(Network, u32)>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl Networks {
    /// Makes the look-up of networks with the places of their applications. No network may be there twice.
    #[must_use]
    pub fn new(mut all: Vec<(Network, u32)>) -> Self {
        all.sort_unstable(); // those around others come first
        let of = |is_v6: bool| all.iter().filter(move |(network, _)| network.is_v6 == is_v6);
        let v4 = Ranges::new(of(false), |address| u32::try_from(address).ok());
        let v6 = Ranges::new(of(true), Some);
        Self { all, v4, v6 }
    }

    /// The application whose network the address lies in.
    #[must_use]
    pub fn find(&self, address: Address) -> Option<u32> {
        if self.all.is_empty() {
            return None;
        }
        match v4_of(address) {
            Some(address) => self.v4.find(address),
            None => self.v6.find(address.0),
        }
    }

    /// The longest prefix that the address lies in, for people.
    #[must_use]
    pub fn network_of(&self, address: Address) -> Option<Network> {
        let (is_v6, number) = v4_of(address).map_or((true, address.0), |address| (false, address.into()));
        let covers = |network: &Network| network.is_v6 == is_v6 && (network.first..=network.last()).contains(&number);
        let around = self.all.iter().map(|(network, _)| *network).filter(covers);
        around.max_by_key(|network| network.prefix_size)
    }

    /// All of them, each with its application's place.
    #[must_use]
    pub fn all(&self) -> &[(Network, u32)] {
        &self.all
    }
}

fn v4_of(address: Address) -> Option<u32> {
    Some(Ipv6Addr::from(address.0).to_ipv4_mapped()?.into())
}

/// Where an application's addresses begin; they end where the next range begins.
#[derive(Debug, Default)]
struct Ranges<T> {
    starts: Vec<T>,
    apps: Vec<Option<u32>>,
}

impl<T: Ord + Copy> Ranges<T> {
    /// From networks in order.
    fn new<'a>(networks: impl Iterator<Item = &'a (Network, u32)>, narrow: impl Fn(u128) -> Option<T>) -> Self {
        let mut ranges = Self { starts: Vec::new(), apps: Vec::new() };
        let mut around: Vec<(u128, u32)> = Vec::new(); // last address and application of those that are open
        let mut begin = |start: Option<u128>, app: Option<u32>| {
            let Some(start) = start.and_then(&narrow) else { return };
            if ranges.starts.last() == Some(&start) {
                ranges.starts.pop();
                ranges.apps.pop();
            }
            ranges.starts.push(start);
            ranges.apps.push(app);
        };
        let close = |around: &mut Vec<(u128, u32)>, before: Option<u128>, begin: &mut dyn FnMut(_, _)| {
            while let Some((last, _)) = around.last().copied()
                && before.is_none_or(|before| last < before)
            {
                around.pop();
                begin(last.checked_add(1), around.last().map(|(_, app)| *app));
            }
        };
        for (network, app) in networks {
            close(&mut around, Some(network.first), &mut begin);
            begin(Some(network.first), Some(*app));
            around.push((network.last(), *app));
        }
        close(&mut around, None, &mut begin);
        ranges
    }

    fn find(&self, address: T) -> Option<u32> {
        let after = self.starts.partition_point(|start| *start <= address);
        self.apps.get(after.checked_sub(1)?).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        match text.parse().unwrap() {
            IpAddr::V4(address) => Address::from_v4(address.octets()),
            IpAddr::V6(address) => Address::from_v6(address.octets()),
        }
    }

    fn networks(texts: &[&str]) -> Networks {
        let parsed = texts.iter().enumerate().map(|(app, text)| (Network::parse(text).unwrap(), app as u32));
        Networks::new(parsed.collect())
    }

    #[test]
    fn the_longest_prefix_wins_and_the_one_around_goes_on_behind_it() {
        let networks = networks(&["10.0.0.0/8", "10.20.0.0/16", "10.20.0.0/24", "10.20.255.0/24", "11.0.0.0/8"]);
        for (text, app) in [
            ("9.255.255.255", None),
            ("10.0.0.0", Some(0)),
            ("10.19.255.255", Some(0)),
            ("10.20.0.7", Some(2)),
            ("10.20.1.0", Some(1)),
            ("10.20.255.255", Some(3)),
            ("10.21.0.0", Some(0)),
            ("10.255.255.255", Some(0)),
            ("11.0.0.0", Some(4)),
            ("12.0.0.0", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(networks.find(address(text)), app, "{text}");
        }
        assert_eq!(networks.network_of(address("10.20.0.7")).unwrap().to_string(), "10.20.0.0/24");
    }

    #[test]
    fn both_versions_have_their_ends() {
        let networks = networks(&["255.0.0.0/8", "ff00::/19", "2001:db8::/32", "2001:db8::1/128"]);
        assert_eq!(networks.find(address("255.255.255.255")), Some(0));
        assert_eq!(networks.find(address("2001:db8::1")), Some(3));
        assert_eq!(networks.find(address("2001:db8::2")), Some(2));
        assert_eq!(networks.find(address("2001:db9::")), None);
        assert_eq!(networks.find(address("ff00::1")), Some(1));
        assert_eq!(networks.network_of(address("2001:db8::1")).unwrap().to_string(), "2001:db8::1/128");
        assert_eq!(Networks::default().find(address("10.0.0.1")), None);
    }

    #[test]
    fn what_is_no_network_says_what_was_expected() {
        for text in
            ["", "10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "::ffff:10.0.0.0/104", "x/8"]
        {
            assert_eq!(Network::parse(text), Err(NotANetwork::Form), "{text}");
        }
        let message = |text: &str| Network::parse(text).unwrap_err().to_string();
        assert_eq!(message("10.20.3.0/16"), "has bits behind its prefix, expected 10.20.0.0/16");
        assert_eq!(message("10.0.0.0/7"), "is too broad to tell an application, expected a prefix of 8 bits at least");
        assert!(message("2001::/18").ends_with("expected a prefix of 19 bits at least"));
        assert!(message("0.0.0.0/0").contains("too broad"));
    }
}
