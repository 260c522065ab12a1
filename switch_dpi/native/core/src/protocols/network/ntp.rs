//! NTP, versions 1 to 4 (RFC 1059, 1119, 1305, 5905), with the control (RFC 9327) and private modes.
//!
//! No field is magic, so a datagram must agree in size, in every small field, and in how its times relate.

use crate::bytes::Reader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Where NTP runs; elsewhere the same bytes are believed a little less.
const PORT: u16 = 123;
/// The header (RFC 5905 §7.3).
const HEADER_SIZE: usize = 48;
/// Stratum 16 is "unsynchronised"; above is reserved (RFC 5905 §7.3).
const MAX_STRATUM: u8 = 16;
/// Longest poll interval, 2^17 s (RFC 5905 §7.2, MAXPOLL).
const MAX_POLL: i8 = 17;
/// Clocks resolve no finer than 2^-32 s, the unit of a timestamp's fraction.
const MIN_PRECISION: i8 = -32;
/// What chrony's clients send instead of their precision, so as to tell less.
const HIDDEN_PRECISION: i8 = 32;
/// Root delay and dispersion beyond this many seconds make a server unusable (RFC 5905 §7.2, MAXDISP is 16).
const MAX_ROOT_S: u16 = 64;
/// 1 January 1990 in seconds of NTP era 0: no clock that NTP steers is older.
const EARLIEST_ERA_0_S: u32 = 2_840_140_800;
/// Era 1 begins in February 2036; 30 years of it are believed.
const LATEST_ERA_1_S: u32 = 946_728_000;
/// A server answers within this, or not at all.
const MAX_ANSWER_S: u32 = 64;
/// Between two polls of one association (2^17 s).
const MAX_POLL_S: u32 = 1 << 17;
/// The last clock update of a server that still serves.
const MAX_REFERENCE_AGE_S: u32 = 60 * 86_400;
/// Datagrams read of one flow.
const MAX_DATAGRAMS: u8 = 4;

const MODE_CLIENT: u8 = 3;
const MODE_BROADCAST: u8 = 5;
const MODE_CONTROL: u8 = 6;
const MODE_PRIVATE: u8 = 7;

/// NTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ntp",
    name: "NTP",
    selector: 123,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Where(|byte| (1..=4).contains(&version(byte)) && byte & 0x07 != 0),
    max_probe_size: HEADER_SIZE,
    probe,
    inspector: Some(|| Box::<Ntp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    let Some(first) = sample.data.first() else { return Probe::No };
    let (is_valid, what) = match first & 0x07 {
        MODE_CONTROL => (is_control(sample.data), "NTP control message"),
        MODE_PRIVATE => (is_private(sample.data), "NTP private message"),
        _ => (is_time_message(sample.data), "NTP header"),
    };
    // version 1 had neither control nor private messages
    let least = if matches!(first & 0x07, MODE_CONTROL | MODE_PRIVATE) { 2 } else { 1 };
    if !is_valid || !(least..=4).contains(&version(*first)) {
        return Probe::No;
    }
    let size = u16::try_from(sample.data.len().min(HEADER_SIZE)).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence: if is_usual_port { 98 } else { 80 }, what, offset: 0, size })
}

const fn version(first: u8) -> u8 {
    (first >> 3) & 0x07
}

/// A timestamp: seconds of its era in the upper half (RFC 5905 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timestamp {
    seconds: u32,
    fraction: u32,
}

impl Timestamp {
    const fn is_zero(self) -> bool {
        self.seconds == 0 && self.fraction == 0
    }

    const fn is_plausible(self) -> bool {
        self.seconds >= EARLIEST_ERA_0_S || (self.seconds <= LATEST_ERA_1_S && self.seconds > 0)
    }

    /// Whether the two are at most `distance_s` apart; eras wrap.
    fn is_near(self, other: Self, distance_s: u32) -> bool {
        let ahead = self.seconds.wrapping_sub(other.seconds);
        ahead.min(ahead.wrapping_neg()) <= distance_s
    }
}

/// The header of modes 1 to 5.
struct Header {
    mode: u8,
    stratum: u8,
    poll: i8,
    precision: i8,
    root_delay: u32,
    root_dispersion: u32,
    reference_id: u32,
    reference: Timestamp,
    origin: Timestamp,
    receive: Timestamp,
    transmit: Timestamp,
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let [first, stratum, poll, precision] = reader.array()?;
        Some(Self {
            mode: first & 0x07,
            stratum,
            poll: i8::from_be_bytes([poll]),
            precision: i8::from_be_bytes([precision]),
            root_delay: reader.u32()?,
            root_dispersion: reader.u32()?,
            reference_id: reader.u32()?,
            reference: read_timestamp(&mut reader)?,
            origin: read_timestamp(&mut reader)?,
            receive: read_timestamp(&mut reader)?,
            transmit: read_timestamp(&mut reader)?,
        })
    }

    fn has_plausible_small_fields(&self) -> bool {
        let root_fits = |value: u32| value >> 16 < u32::from(MAX_ROOT_S);
        let precision_fits = (MIN_PRECISION..=0).contains(&self.precision)
            || (self.precision == HIDDEN_PRECISION && self.mode == MODE_CLIENT);
        self.stratum <= MAX_STRATUM
            && (0..=MAX_POLL).contains(&self.poll)
            && precision_fits
            && root_fits(self.root_delay)
            && root_fits(self.root_dispersion)
    }

    /// How the four times relate, by mode (RFC 5905 §7.3, §8).
    fn has_plausible_times(&self) -> bool {
        match self.mode {
            MODE_CLIENT => self.is_plausible_client(),
            MODE_BROADCAST => self.origin.is_zero() && self.receive.is_zero() && self.is_plausible_source(),
            _ => {
                let is_first = self.receive.is_zero() && self.origin.is_zero();
                let limit_s = if self.mode == 4 { MAX_ANSWER_S } else { MAX_POLL_S };
                (self.receive.is_near(self.transmit, limit_s) || is_first) && self.is_plausible_source()
            }
        }
    }

    /// Whoever sends the time knows it, and when it was set last.
    fn is_plausible_source(&self) -> bool {
        self.transmit.is_plausible()
            && (self.reference.is_zero() || self.reference.is_near(self.transmit, MAX_REFERENCE_AGE_S))
    }

    /// A client that tells nothing but its transmit time (which may be random), or one that keeps an association.
    fn is_plausible_client(&self) -> bool {
        if self.root_delay == 0 && self.root_dispersion == 0 && self.reference_id == 0 && self.reference.is_zero() {
            return true;
        }
        let is_first = self.origin.is_zero() && self.receive.is_zero();
        let continues =
            self.origin.is_near(self.transmit, MAX_POLL_S) && self.receive.is_near(self.transmit, MAX_POLL_S);
        (is_first || continues) && self.is_plausible_source()
    }
}

fn read_timestamp(reader: &mut Reader<'_>) -> Option<Timestamp> {
    Some(Timestamp { seconds: reader.u32()?, fraction: reader.u32()? })
}

fn is_time_message(data: &[u8]) -> bool {
    let Some(header) = Header::read(data) else { return false };
    let first = data.first().copied().unwrap_or_default();
    header.mode != 0
        && header.has_plausible_small_fields()
        && header.has_plausible_times()
        && is_plausible_tail(data.get(HEADER_SIZE..).unwrap_or_default(), version(first))
}

/// What follows the header: extension fields (version 4, RFC 7822) and a message authentication code.
fn is_plausible_tail(tail: &[u8], version: u8) -> bool {
    const LEAST_EXTENSION_SIZE: u16 = 16;
    let mut reader = Reader::new(tail);
    loop {
        // none, crypto-NAK, MD5 or SHA-1 digest behind its key id; version 1 and 2 have 12 bytes
        if matches!(reader.rest().len(), 0 | 4 | 20 | 24) || (version <= 3 && reader.rest().len() == 12) {
            return true;
        }
        let (Some(_kind), Some(size)) = (reader.u16(), reader.u16()) else { return false };
        let is_extension = version == 4 && size >= LEAST_EXTENSION_SIZE && size % 4 == 0;
        if !is_extension || reader.take(usize::from(size) - 4).is_none() {
            return false;
        }
    }
}

/// RFC 9327 §2: 12 bytes, then as many as `count` says, filled up to 4.
fn is_control(data: &[u8]) -> bool {
    let mut reader = Reader::new(data);
    let (Some([_, operation]), Some(_sequence)) = (reader.array(), reader.u16()) else { return false };
    let (Some(status), Some(_association)) = (reader.u16(), reader.u16()) else { return false };
    let (Some(offset), Some(count)) = (reader.u16(), reader.u16()) else { return false };
    let payload = reader.rest();
    let is_answer = operation & 0x80 != 0;
    let has_text = payload
        .get(..usize::from(count))
        .is_some_and(|text| text.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' '..=b'~')));
    matches!(operation & 0x1f, 1..=12 | 31)
        && offset % 4 == 0
        && payload.len() >= usize::from(count)
        && payload.len() <= usize::from(count).next_multiple_of(4) + 24
        && if is_answer {
            count > 0 && has_text
        } else {
            operation & 0x60 == 0 && status == 0 && offset == 0 && has_text
        }
}

/// The mode of ntpdc (mode 7): implementation, request code, items of equal size. Not in any RFC; ntpd's own form.
fn is_private(data: &[u8]) -> bool {
    const MAX_REQUEST_CODE: u8 = 45;
    const MAX_REQUEST_PAYLOAD_SIZE: usize = 184;
    let mut reader = Reader::new(data);
    let Some([first, sequence, implementation, code]) = reader.array() else { return false };
    let (Some(items), Some(item_size)) = (reader.u16(), reader.u16()) else { return false };
    let (error, items, reserved) = (items >> 12, usize::from(items & 0xfff), item_size >> 12);
    let size = items * usize::from(item_size & 0xfff);
    let payload = reader.rest();
    let is_answer = first & 0x80 != 0;
    let shape_fits = if is_answer {
        error <= 7 && matches!(payload.len().checked_sub(size), Some(0 | 20 | 24)) && (error != 0) == (size == 0)
    } else {
        error == 0 && sequence & 0x7f == 0 && size <= payload.len() && payload.len() <= MAX_REQUEST_PAYLOAD_SIZE
    };
    // more-bit only in answers; a request fills its room with zeros
    let rest_is_zero = is_answer || (first & 0x40 == 0 && payload.iter().skip(size).all(|byte| *byte == 0));
    matches!(implementation, 2 | 3) && code <= MAX_REQUEST_CODE && reserved == 0 && shape_fits && rest_is_zero
}

/// Reads the first datagrams.
#[derive(Debug, Default)]
struct Ntp {
    datagrams: u8,
}

impl Inspector for Ntp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        if let Some([first, stratum]) = sample.data.first_chunk() {
            let mode = first & 0x07;
            found.uint(Attribute::NtpVersion, version(*first).into());
            found.uint(Attribute::NtpMode, mode.into());
            if (1..=MODE_BROADCAST).contains(&mode) && mode != MODE_CLIENT {
                found.uint(Attribute::NtpStratum, (*stratum).into());
            }
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 4 client that tells nothing but a random transmit time",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x23\x00\x06\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x4b\x17\x92\xe0\x55\x01\xfa\x3c",
        expect: &[(Attribute::NtpVersion, "4"), (Attribute::NtpMode, "3")],
    },
    Example {
        title: "version 4 server of stratum 2",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x24\x02\x06\xe8\x00\x00\x02\x11\x00\x00\x03\x9a\xc0\x00\x02\x7b\xea\x02\x10\x44\x21\x5a\x00\x10\xea\x02\x12\x00\x80\x00\x00\x00\xea\x02\x12\x00\x91\x34\x00\x22\xea\x02\x12\x00\x91\x3a\x7f\x01",
        expect: &[(Attribute::NtpMode, "4"), (Attribute::NtpStratum, "2")],
    },
    Example {
        title: "version 3 symmetric active with an MD5 code",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x19\x03\x0a\xec\x00\x00\x10\x00\x00\x00\x20\x00\xc6\x33\x64\x05\xea\x02\x10\x44\x21\x5a\x00\x10\xea\x02\x0e\x00\x80\x00\x00\x00\xea\x02\x0e\x01\x91\x34\x00\x22\xea\x02\x12\x00\x91\x3a\x7f\x01\x00\x00\x00\x01\x31\x0c\x9a\x77\x12\x45\x99\xd0\x41\x6b\xf2\xee\x04\x5a\xc1\x3d",
        expect: &[(Attribute::NtpVersion, "3"), (Attribute::NtpMode, "1"), (Attribute::NtpStratum, "3")],
    },
    Example {
        title: "request for the list of recent clients (private mode)",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x17\x00\x03\x2a\x00\x00\x00\x00",
        expect: &[(Attribute::NtpVersion, "2"), (Attribute::NtpMode, "7")],
    },
    Example {
        title: "request for the system variables (control mode)",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x16\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[(Attribute::NtpVersion, "2"), (Attribute::NtpMode, "6")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(data: &[u8]) -> bool {
        let sample = Sample {
            transport: Transport::Udp,
            direction: Direction::Originator,
            data,
            other: &[],
            responder_port: 40_001,
            ..Sample::EMPTY
        };
        matches!(probe(&sample), Probe::Match(_))
    }

    fn server_with(at: usize, value: u8) -> Vec<u8> {
        let mut data = EXAMPLES[1].data.to_vec();
        data[at] = value;
        data
    }

    #[test]
    fn one_field_out_of_range_is_refused() {
        for (at, value) in
            [(0, 0x2c), (0, 0x04), (0, 0x20), (1, 17), (2, 18), (2, 0xff), (3, 0xd0), (3, 1), (4, 1), (8, 1)]
        {
            assert!(!claims(&server_with(at, value)), "byte {at} is {value}");
        }
    }

    #[test]
    fn times_must_relate() {
        assert!(!claims(&server_with(33, 0)), "received long before it was answered");
        assert!(!claims(&server_with(16, 1)), "set ages ago");
        assert!(!claims(&server_with(40, 0x50)), "no clock shows this year");
    }

    #[test]
    fn sizes_are_held() {
        let mut data = EXAMPLES[1].data.to_vec();
        data.push(0);
        assert!(!claims(&data));
        data.extend([0; 3]);
        assert!(claims(&data), "crypto-NAK");
        data.truncate(48);
        data.extend([0x01, 0x04, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert!(claims(&data), "extension field");
        data[51] = 17;
        assert!(!claims(&data), "extension field of odd size");
    }

    #[test]
    fn a_kiss_of_death_is_a_server_message() {
        let mut data = EXAMPLES[1].data.to_vec();
        data[1] = 0;
        data[12..16].copy_from_slice(b"RATE");
        data[16..24].fill(0);
        assert!(claims(&data));
    }
}
