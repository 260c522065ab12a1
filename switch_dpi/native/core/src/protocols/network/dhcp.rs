//! DHCP for IPv4 (RFC 2131) on top of BOOTP: message type, and what the client says of itself. DHCPv6 is another protocol.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::reply;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// The fixed part before the options (RFC 2131 §2).
const FIXED_SIZE: usize = 236;
/// A BOOTP message with its vendor area (RFC 951 §3).
const BOOTP_SIZE: usize = 300;
/// First bytes of the options (RFC 2131 §3).
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];
/// The size of `chaddr`.
const HARDWARE_ADDRESS_SIZE: usize = 16;
/// Highest hardware type assigned so far is 38 (IANA ARP parameters); one byte leaves room for few more.
const MAX_HARDWARE_TYPE: u8 = 64;
/// A client that passes more relay agents than this is not on a network (RFC 1542 §4.1.1).
const MAX_HOPS: u8 = 16;
/// Datagrams read of one flow: an exchange has four.
const MAX_DATAGRAMS: u8 = 8;

const OPTION_PAD: u8 = 0;
const OPTION_HOST_NAME: u8 = 12;
const OPTION_MESSAGE_TYPE: u8 = 53;
const OPTION_VENDOR_CLASS: u8 = 60;
const OPTION_END: u8 = 255;

/// DHCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dhcp",
    name: "DHCP",
    selector: 67,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[67, 68, 4011],
    first_bytes: FirstBytes::Of(&[1, 2]),
    max_probe_size: FIXED_SIZE + MAGIC_COOKIE.len(),
    probe,
    inspector: Some(|| Box::<Dhcp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if parse(sample.data).is_none() {
        return of_datagram(is_bootp(sample.data), 85, "BOOTP message", FIXED_SIZE);
    }
    Probe::Match(Evidence { confidence: 100, what: "BOOTP message with the DHCP cookie", offset: 236, size: 4 })
}

/// What precedes the options, and the options.
struct Message<'a> {
    hardware_address: &'a [u8],
    options: &'a [u8],
}

/// `None` unless every fixed field can be what it must be.
fn parse(data: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::new(data);
    let [operation, hardware_type, hardware_size, hops] = reader.array()?;
    reader.take(24)?; // xid, secs, flags, four addresses
    let hardware_address = reader.take(HARDWARE_ADDRESS_SIZE)?.get(..usize::from(hardware_size))?;
    reader.take(64 + 128)?; // sname, file
    let is_valid = matches!(operation, 1 | 2)
        && (1..=MAX_HARDWARE_TYPE).contains(&hardware_type)
        && hops <= MAX_HOPS
        && reader.array()? == MAGIC_COOKIE;
    is_valid.then(|| Message { hardware_address, options: reader.rest() })
}

/// BOOTP without options (RFC 951 §3): a whole message of Ethernet whose unused room is zero.
fn is_bootp(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let head: [u8; 4] = reader.array()?;
    let (_transaction, _seconds, flags) = (reader.u32()?, reader.u16()?, reader.u16()?);
    reader.take(16)?; // four addresses
    let hardware_address: [u8; HARDWARE_ADDRESS_SIZE] = reader.array()?;
    let (_server, _file, vendor) = (reader.take(64)?, reader.take(128)?, reader.rest());
    let [a, b, c, d, e, f, padding @ ..] = hardware_address;
    let is_ethernet = matches!(head, [1 | 2, 1, 6, 0..=MAX_HOPS]) && [a, b, c, d, e, f] != [0; 6] && padding == [0; 10];
    let is_whole = data.len() >= BOOTP_SIZE && vendor.iter().all(|byte| *byte == 0);
    Some(is_ethernet && is_whole && flags & 0x7fff == 0)
}

/// Reads the options of the first datagrams.
#[derive(Debug, Default)]
struct Dhcp {
    datagrams: u8,
}

impl Inspector for Dhcp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        if let Some(message) = parse(sample.data) {
            if !message.hardware_address.is_empty() {
                found.bytes(Attribute::DhcpClientMac, message.hardware_address);
            }
            read_options(message.options, found);
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

/// Code, size, value (RFC 2132 §2), until the end option or the end of the datagram.
fn read_options(options: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(options);
    while let Some(code) = reader.u8() {
        if code == OPTION_END {
            return;
        }
        if code == OPTION_PAD {
            continue;
        }
        let Some(value) = reader.vector8() else { return };
        match (code, value) {
            (OPTION_MESSAGE_TYPE, [kind]) => found.uint(Attribute::DhcpMessageType, (*kind).into()),
            (OPTION_HOST_NAME, _) => add_text(Attribute::DhcpHostName, value, found),
            (OPTION_VENDOR_CLASS, _) => add_text(Attribute::DhcpVendorClass, value, found),
            _ => {}
        }
    }
}

/// Some clients end their strings with a zero byte (RFC 2132 §2 says that they should not).
fn add_text(attribute: Attribute, value: &[u8], found: &mut Findings) {
    let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
    if !text.is_empty() {
        found.text(attribute, text);
    }
}

/// A message with the given first bytes, client address and options, the rest zero.
const fn message<const N: usize>(head: [u8; 4], mac: [u8; 6], options: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    copy(&mut bytes, &head);
    copy(bytes.split_at_mut(28).1, &mac);
    copy(bytes.split_at_mut(FIXED_SIZE).1, &MAGIC_COOKIE);
    copy(bytes.split_at_mut(FIXED_SIZE + MAGIC_COOKIE.len()).1, options);
    bytes
}

const fn copy(to: &mut [u8], from: &[u8]) {
    if let (Some((place, to)), Some((byte, from))) = (to.split_first_mut(), from.split_first()) {
        *place = *byte;
        copy(to, from);
    }
}

const DISCOVER: [u8; 300] = message(
    [1, 1, 6, 0],
    [0x02, 0, 0x5e, 0x10, 0, 1],
    b"\x35\x01\x01\x3d\x07\x01\x02\x00\x5e\x10\x00\x01\x0c\x06laptop\x00\x3c\x08MSFT 5.0\x37\x04\x01\x03\x06\x0f\xff",
);
const ACKNOWLEDGE: [u8; 252] =
    message([2, 1, 6, 1], [0x02, 0, 0x5e, 0x10, 0, 2], b"\x35\x01\x05\x33\x04\x00\x00\x0e\x10\xff");

/// A BOOTP reply: nothing behind the fixed part.
const BOOTP_REPLY: [u8; BOOTP_SIZE] = {
    let mut bytes: [u8; BOOTP_SIZE] = [0; BOOTP_SIZE];
    copy(&mut bytes, &[2, 1, 6, 0, 0x1a, 0x2b, 0x3c, 0x4d]);
    copy(bytes.split_at_mut(16).1, &[192, 0, 2, 9, 192, 0, 2, 1]);
    copy(bytes.split_at_mut(28).1, &[0x02, 0, 0x5e, 0x10, 0, 3]);
    copy(bytes.split_at_mut(108).1, b"/tftpboot/image");
    bytes
};

const EXAMPLES: &[Example] = &[
    reply("BOOTP reply", &BOOTP_REPLY),
    Example {
        title: "DISCOVER with host name and vendor class",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: &DISCOVER,
        expect: &[
            (Attribute::DhcpMessageType, "1"),
            (Attribute::DhcpHostName, "laptop"),
            (Attribute::DhcpVendorClass, "MSFT 5.0"),
            (Attribute::DhcpClientMac, "02005e100001"),
        ],
    },
    Example {
        title: "ACK through a relay agent",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: &ACKNOWLEDGE,
        expect: &[(Attribute::DhcpMessageType, "5"), (Attribute::DhcpClientMac, "02005e100002")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(data: &[u8]) -> Sample<'_> {
        Sample {
            transport: Transport::Udp,
            direction: Direction::Originator,
            data,
            other: &[],
            responder_port: 1067,
            ..Sample::EMPTY
        }
    }

    #[test]
    fn a_field_out_of_range_is_refused() {
        for (at, value) in [(0, 3), (0, 0), (1, 0), (1, 200), (2, 17), (3, 17), (236, 98)] {
            let mut data = DISCOVER;
            data[at] = value;
            assert_eq!(probe(&sample(&data)), Probe::No, "byte {at} is {value}");
        }
        assert_eq!(probe(&sample(&DISCOVER[..239])), Probe::No);
    }

    #[test]
    fn an_option_that_reaches_beyond_the_datagram_is_left_out() {
        let data: [u8; 246] = message([1, 1, 6, 0], [2, 0, 0, 0, 0, 1], b"\x35\x01\x03\x0c\x09x");
        let (mut dhcp, mut found) = (Dhcp::default(), Findings::default());
        dhcp.feed(&sample(&data), &mut found);
        assert_eq!(found.values().len(), 2);
    }
}
