//! L2TP, version 2 over UDP (RFC 2661) and version 3 over UDP and IP protocol 115 (RFC 3931): control messages by their AVPs, data
//! by the frame in it: of PPP, or (version 3) of Ethernet.

use crate::bytes::Reader;
use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, is_ip_packet};
use crate::probing::numbers::u16_at;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Carried, Descriptor, Direction, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// Bits T, L and S, which every control message has (RFC 2661 §3.1).
const CONTROL_BITS: u16 = 0xc800;
const LENGTH_BIT: u16 = 0x4000;
const SEQUENCE_BIT: u16 = 0x0800;
const OFFSET_BIT: u16 = 0x0200;
/// T, L, S, O, P and the version; the others are zero.
const KNOWN_BITS: u16 = 0xcb0f;
/// A control header; version 3 has one connection id of 32 bits for the two of 16.
const CONTROL_SIZE: usize = 12;
/// AVP types (RFC 2661 §4.4).
const HOST_NAME: u16 = 7;
const VENDOR_NAME: u16 = 8;
/// AVPs read of one message.
const MAX_AVPS: usize = 16;

/// L2TP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "l2tp",
    name: "L2TP",
    selector: 1205,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Udp, Transport::Ip(115)],
    ports: &[1701],
    max_probe_size: 64,
    probe,
    inspector: Some(|| Box::<L2tp>::default()),
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Ip(115) {
        return if sample.data.len() < 4 { Probe::No } else { matched(100, "IP protocol 115", 4) };
    }
    match u16_at(sample.data, 0) {
        Some(0xc802 | 0xc803) => probe_control(sample.data),
        Some(3) if frame_of_version_3(sample.data).is_some() => matched(85, "Ethernet frame behind a session", 8),
        Some(flags) if flags & !(KNOWN_BITS & !0x8000) == 0 && flags & 0x0f == 2 => probe_data(sample.data),
        _ => Probe::No,
    }
}

/// The length is that of the datagram, and the first AVP is the message type (RFC 2661 §4.4.1); without AVPs it is an
/// acknowledgement.
fn probe_control(data: &[u8]) -> Probe {
    let length_fits = u16_at(data, 2).is_some_and(|size| usize::from(size) == data.len());
    match data.get(CONTROL_SIZE..) {
        Some([]) if length_fits => matched(70, "acknowledgement", CONTROL_SIZE),
        Some([0x80 | 0x00, 8, 0, 0, 0, 0, 0, 1..=32, ..]) if length_fits => {
            matched(98, "message type AVP", CONTROL_SIZE + 8)
        }
        _ => Probe::No,
    }
}

/// A data message has little of its own: its PPP frame must speak for it.
fn probe_data(data: &[u8]) -> Probe {
    let length_fits = u16_at(data, 0).is_some_and(|flags| flags & LENGTH_BIT == 0)
        || u16_at(data, 2).is_some_and(|size| usize::from(size) == data.len());
    match payload(data).map(ppp_fit) {
        Some(PppFit::Checked) if length_fits => matched(80, "PPP frame", 8),
        Some(PppFit::Likely) if length_fits => matched(60, "PPP frame", 8),
        _ => Probe::No,
    }
}

enum PppFit {
    Checked,
    Likely,
    Not,
}

/// Address and control may be left out (RFC 1661 §6.6); then only what a packet's header agrees with counts.
fn ppp_fit(frame: &[u8]) -> PppFit {
    let (has_address, rest) = match frame.strip_prefix(&[0xff, 0x03]) {
        Some(rest) => (true, rest),
        None => (false, frame),
    };
    let size_fits = || u16_at(rest, 4).is_some_and(|size| usize::from(size) + 2 == rest.len());
    match rest {
        [0x00, 0x21 | 0x57, packet @ ..] | [0x21 | 0x57, packet @ ..] if is_ip_packet(packet) => PppFit::Checked,
        // LCP, PAP, CHAP, IPCP, IPv6CP, CCP: code, identifier, length (RFC 1661 §5)
        [0xc0, 0x21 | 0x23, 1..=12, ..] | [0xc2, 0x23, 1..=12, ..] | [0x80, 0x21 | 0x57 | 0xfd, 1..=15, ..]
            if size_fits() =>
        {
            if has_address {
                PppFit::Checked
            } else {
                PppFit::Likely
            }
        }
        [0x00, 0xfd, _, ..] if has_address => PppFit::Likely,
        _ => PppFit::Not,
    }
}

/// The payload of a version 2 data message (RFC 2661 §3.1).
fn payload(data: &[u8]) -> Option<&[u8]> {
    let flags = u16_at(data, 0)?;
    let mut reader = Reader::new(data.get(2..)?);
    if flags & LENGTH_BIT != 0 {
        reader.u16()?;
    }
    reader.take(4)?; // tunnel and session id
    if flags & SEQUENCE_BIT != 0 {
        reader.take(4)?;
    }
    if flags & OFFSET_BIT != 0 {
        let pad = reader.u16()?;
        reader.take(usize::from(pad))?;
    }
    Some(reader.rest())
}

/// The Ethernet frame of a data message of version 3 (RFC 4719): over UDP behind flags and a reserved field (RFC 3931 §4.1.2.1), in
/// IP at once, a session id; then a cookie of 0, 4 or 8 bytes and perhaps a sublayer of four, which only the ends know (§4.1, §4.6).
fn frame_of_version_3(data: &[u8]) -> Option<&[u8]> {
    let after_session = match data {
        [0, 3, 0, 0, session @ ..] => session,
        _ => data,
    };
    if matches!(after_session.first_chunk::<4>(), None | Some([0, 0, 0, 0])) {
        return None; // control
    }
    let frames = [4, 8, 12, 16].into_iter().filter_map(|at| after_session.get(at..));
    frames.into_iter().find(|frame| ethernet_frame(frame) == Some(FrameFit::Checked))
}

/// Tunnel ids belong to one direction each, so they cannot keep inner addresses apart.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let flags = u16_at(data, 0)?;
    if let Some(frame) = frame_of_version_3(data) {
        return Some(Carried { link_type: link_type::ETHERNET, data: frame, scope: 0 });
    }
    if flags & !(KNOWN_BITS & !0x8000) != 0 || flags & 0x0f != 2 {
        return None;
    }
    let frame = payload(data)?;
    (!frame.is_empty()).then_some(Carried { link_type: link_type::PPP, data: frame, scope: 0 })
}

/// Reads host and vendor of the first messages.
#[derive(Debug, Default)]
struct L2tp;

impl Inspector for L2tp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let data = match sample.transport {
            Transport::Udp => sample.data,
            _ => sample.data.strip_prefix(&[0; 4]).unwrap_or_default(), // a session id of zero: control (RFC 3931 §4.1.1.2)
        };
        if u16_at(data, 0).is_none_or(|flags| flags & CONTROL_BITS != CONTROL_BITS) {
            return Progress::Done;
        }
        read_avps(data.get(CONTROL_SIZE..).unwrap_or_default(), found);
        Progress::Settled
    }
}

/// AVPs (RFC 2661 §4.1): flags and length in 16 bits, vendor, type, value; a hidden one is left alone.
fn read_avps(data: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(data);
    for _ in 0..MAX_AVPS {
        let Some(head) = reader.u16() else { return };
        let size = usize::from(head & 0x03ff);
        let Some(body) = size.checked_sub(2).and_then(|size| reader.take(size)) else { return };
        let (Some(0), Some(kind), Some(value)) = (u16_at(body, 0), u16_at(body, 2), body.get(4..)) else { continue };
        match kind {
            HOST_NAME if head & 0x4000 == 0 => found.text(Attribute::L2tpHostName, value),
            VENDOR_NAME if head & 0x4000 == 0 => found.text(Attribute::L2tpVendor, value),
            _ => {}
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "start of a control connection",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xc8\x02\0\x43\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\x01\x80\x08\0\0\0\x02\x01\0\x80\x0a\0\0\0\x03\0\0\0\x03\
            \x80\x09\0\0\0\x07lac\0\x0c\0\0\0\x08xl2tpd\x80\x08\0\0\0\x09\x12\x34",
        expect: &[(Attribute::L2tpHostName, "lac"), (Attribute::L2tpVendor, "xl2tpd")],
    },
    Example {
        title: "acknowledgement without a body",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\xc8\x02\0\x0c\x12\x34\0\0\0\x01\0\x01",
        expect: &[],
    },
    Example {
        title: "data with LCP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x02\x12\x34\x56\x78\xff\x03\xc0\x21\x01\x01\0\x0a\x05\x06\x8b\x15\xc4\x9a",
        expect: &[],
    },
    Example {
        title: "data with IPv4",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x40\x02\0\x28\x12\x34\x56\x78\xff\x03\0\x21\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "start of a control connection of version 3 over IP",
        transport: Transport::Ip(115),
        direction: Direction::Originator,
        data: b"\0\0\0\0\xc8\x03\0\x1d\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\x01\x80\x09\0\0\0\x07pe1",
        expect: &[(Attribute::L2tpHostName, "pe1")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_carries_ppp_and_control_does_not() {
        assert_eq!(carried(EXAMPLES[0].data), None);
        assert!(carried(EXAMPLES[3].data).is_some_and(|inner| inner.data.starts_with(b"\xff\x03\0\x21\x45")));
    }

    #[test]
    fn frames_of_version_3_stand_behind_a_cookie_of_any_size() {
        let frame = b"\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x08\0\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0";
        for cookie in [0, 4, 8, 12] {
            let in_ip = [&[0, 0, 0x12, 0x34][..], &vec![0xc7; cookie], frame].concat();
            let in_udp = [&[0, 3, 0, 0][..], &in_ip].concat();
            for data in [in_ip, in_udp] {
                assert_eq!(carried(&data).map(|inner| inner.data), Some(&frame[..]), "{cookie}");
            }
        }
        assert_eq!(carried(EXAMPLES[4].data), None, "control");
    }

    #[test]
    fn a_length_of_another_datagram_is_refused() {
        let sample =
            Sample { transport: Transport::Udp, data: b"\xc8\x02\0\x0d\x12\x34\0\0\0\x01\0\x01", ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::No);
    }
}
