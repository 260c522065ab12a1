//! MQTT 3.1, 3.1.1 and 5.0: who connects, and the topics of the first packets. Payloads are not read.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// In the middle of a connection a few packets tell enough.
const MAX_PROBE_SIZE: usize = 1024;
/// Packets counted by the probe in each direction.
const MAX_COUNTED: usize = 8;
/// Characters of a topic that count; each has some fixed bits.
const MAX_TOPIC_BITS: u32 = 16;
/// From here on what was seen without a CONNECT is firm.
const FIRM_BITS: u32 = 32;
/// The remaining length has at most four bytes (MQTT 5.0 §1.5.5).
const MAX_VARINT_SIZE: usize = 4;
/// Topics reported per flow: enough to tell what a device does, few enough to leave room for other values.
const MAX_TOPICS: usize = 16;
/// Bridges of mosquitto and others set this bit of the protocol level.
const BRIDGE_BIT: u8 = 0x80;

const CONNECT: u8 = 0x10;
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x80;
const LEVEL_5: u8 = 5;

/// MQTT over TCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mqtt",
    name: "MQTT",
    selector: 83,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[1883],
    first_bytes: FirstBytes::Where(is_first_byte),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<Mqtt>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// CONNECT is the first packet of every connection (MQTT 5.0 §3.1) and has marks of its own; where a capture begins later,
/// packets of both directions must add up.
fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.first() {
        None => return Probe::NeedMore,
        Some(&CONNECT) => {}
        Some(_) => return probe_later(sample),
    }
    if let Err(answer) = check_start(sample.data) {
        return answer;
    }
    let mut reader = Reader::new(sample.data);
    let Some(head) = read_connect_head(&mut reader) else { return Probe::NeedMore };
    let size = sample.data.len() - reader.rest().len();
    if head.is_valid() { matched(100, "CONNECT", size) } else { Probe::No }
}

fn probe_later(sample: &Sample<'_>) -> Probe {
    let Some(ours) = count_bits(sample.data) else { return Probe::No };
    let theirs = match sample.other.first() {
        Some(&CONNECT) => Some(0), // it is judged by itself
        _ => count_bits(sample.other),
    };
    match theirs {
        None => Probe::No,
        Some(theirs) if ours + theirs >= FIRM_BITS => matched(75, "packets of both ends", sample.data.len()),
        Some(_) => Probe::NeedMore,
    }
}

/// Packet types with their reserved flags (MQTT 5.0 §2.1.3); a PUBLISH has no quality of service 3.
const fn is_first_byte(byte: u8) -> bool {
    match byte {
        CONNECT | 0x20 | 0x40 | 0x50 | 0x62 | 0x70 | 0x82 | 0x90 | 0xa2 | 0xb0 | 0xc0 | 0xd0 | 0xe0 | 0xf0 => true,
        _ => byte & 0xf0 == PUBLISH && byte & 0x06 != 0x06,
    }
}

/// How many bits of the packets at the start of `data` are fixed; `None` where one cannot be.
fn count_bits(data: &[u8]) -> Option<u32> {
    let (mut position, mut bits) = (0, 0);
    for _ in 0..MAX_COUNTED {
        let rest = data.get(position..).unwrap_or_default();
        let Some(first) = rest.first() else { break };
        if !is_first_byte(*first) || rest.get(1..5).is_some_and(|size| size.iter().all(|byte| *byte >= 0x80)) {
            return None;
        }
        let Some(packet) = split_packet(rest) else { break };
        bits += packet_bits(&packet)?;
        position = position.saturating_add(packet.size);
    }
    Some(bits)
}

/// The same of one packet. Sizes are those of versions 3 and 5 (§3.2 to §3.15).
fn packet_bits(packet: &Packet<'_>) -> Option<u32> {
    let size = packet.size - packet.header_size;
    let fits = |fits: bool, bits: u32| fits.then_some(if packet.is_whole { bits } else { 0 });
    match packet.first {
        0x20 => match packet.body {
            [flags, code, ..] => fits(size >= 2 && *flags <= 1 && (*code <= 5 || *code >= 0x80 && size > 2), 24),
            _ => fits(size >= 2, 0),
        },
        0x40 | 0x50 | 0x62 | 0x70 | 0xb0 => fits((2..64).contains(&size), if size == 2 { 16 } else { 8 }),
        0x82 | 0xa2 => topic_bits(packet.body.get(2..).unwrap_or_default(), size.checked_sub(2)?),
        0x90 => {
            let codes = packet.body.get(2..).unwrap_or_default();
            fits(size >= 3 && codes.iter().all(|code| *code <= 2 || *code >= 0x80), 14)
        }
        0xc0 | 0xd0 => fits(size == 0, 16),
        0xe0 | 0xf0 => fits(size < 128, if size == 0 { 16 } else { 0 }),
        _ => topic_bits(packet.body, size),
    }
}

/// A topic at the start of `body`, which is part of a packet with this many bytes (§4.7).
fn topic_bits(body: &[u8], size: usize) -> Option<u32> {
    let mut reader = Reader::new(body);
    let Some(length) = reader.u16() else { return (size >= 2).then_some(0) };
    if length == 0 || usize::from(length) + 2 > size {
        return None;
    }
    let Some(topic) = reader.take(usize::from(length)) else { return Some(0) };
    let is_topic = !topic.iter().any(u8::is_ascii_control) && std::str::from_utf8(topic).is_ok();
    // the type, and the upper byte of the length, which is zero
    (is_topic && length < 256).then(|| 10 + u32::from(length).min(MAX_TOPIC_BITS))
}

/// Refuses at the first byte that no CONNECT has, so that other streams are let go early.
fn check_start(data: &[u8]) -> Result<(), Probe> {
    const NAMES: [&[u8]; 2] = [b"\x00\x04MQTT", b"\x00\x06MQIsdp"];
    if data.first().is_some_and(|byte| *byte != CONNECT) {
        return Err(Probe::No);
    }
    let size = data.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count();
    if size >= MAX_VARINT_SIZE {
        return Err(Probe::No);
    }
    let Some(name) = data.get(size + 2..) else { return Err(Probe::NeedMore) };
    let fits = |wanted: &&[u8]| {
        let known = name.len().min(wanted.len());
        name.get(..known) == wanted.get(..known)
    };
    if NAMES.iter().any(fits) { Ok(()) } else { Err(Probe::No) }
}

/// The fixed header of CONNECT and the variable header up to its flags.
struct ConnectHead {
    remaining: usize,
    is_old_name: bool,
    level: u8,
    flags: u8,
}

impl ConnectHead {
    /// The protocol version, without the bridge bit.
    const fn version(&self) -> u8 {
        self.level & !BRIDGE_BIT
    }

    /// MQTT 5.0 §3.1.2: level fits the name, reserved flag is zero, will flags only with a will, and the size suffices.
    fn is_valid(&self) -> bool {
        let (name_size, level_fits) =
            if self.is_old_name { (8, self.version() == 3) } else { (6, matches!(self.version(), 4 | 5)) };
        let (has_will, will_bits) = (self.flags & 0x04 != 0, self.flags & 0x38);
        let will_fits = if has_will { will_bits & 0x18 != 0x18 } else { will_bits == 0 };
        let strings = [0x80, 0x40].iter().filter(|bit| self.flags & **bit != 0).count() + if has_will { 2 } else { 0 };
        let properties = if self.version() == LEVEL_5 { 1 } else { 0 };
        // name, level, flags, keep alive, properties, client id, and the strings that the flags announce
        let least = name_size + 1 + 1 + 2 + properties + 2 + 2 * strings;
        level_fits && self.flags & 0x01 == 0 && will_fits && self.remaining >= least
    }
}

/// Reads up to the flags; `None` while bytes are missing. The start has been checked.
fn read_connect_head(reader: &mut Reader<'_>) -> Option<ConnectHead> {
    reader.u8()?;
    let remaining = read_varint(reader)?;
    let is_old_name = reader.vector16()?.len() == 6;
    Some(ConnectHead { remaining, is_old_name, level: reader.u8()?, flags: reader.u8()? })
}

/// A variable byte integer (MQTT 5.0 §1.5.5): seven bits a byte, least significant first.
fn read_varint(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0;
    for index in 0..MAX_VARINT_SIZE {
        let byte = reader.u8()?;
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Walks over the packets of both directions.
#[derive(Debug, Default)]
struct Mqtt {
    positions: [usize; 2],
    version: u8,
    topics: usize,
}

impl Inspector for Mqtt {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut position = *sample.direction.of(&mut self.positions);
        while let Some(packet) = sample.data.get(position..).and_then(split_packet) {
            if !self.read(&packet, found) {
                break; // its header is not all there
            }
            position = position.saturating_add(packet.size);
        }
        *sample.direction.of(&mut self.positions) = position;
        if self.topics >= MAX_TOPICS { Progress::Done } else { Progress::Settled }
    }
}

/// A control packet as far as it has arrived.
struct Packet<'a> {
    first: u8,
    body: &'a [u8],
    is_whole: bool,
    /// With its fixed header.
    size: usize,
    /// Of the fixed header.
    header_size: usize,
}

/// The packet at the start of `data`; `None` while its fixed header is missing.
fn split_packet(data: &[u8]) -> Option<Packet<'_>> {
    let mut reader = Reader::new(data);
    let first = reader.u8()?;
    let remaining = read_varint(&mut reader)?;
    let body = reader.rest();
    let header_size = data.len() - body.len();
    let is_whole = body.len() >= remaining;
    let body = body.get(..remaining).unwrap_or(body);
    Some(Packet { first, body, is_whole, size: header_size + remaining, header_size })
}

impl Mqtt {
    /// Whether the packet is done with: read, not of interest, or malformed.
    fn read(&mut self, packet: &Packet<'_>, found: &mut Findings) -> bool {
        let done = match packet.first & 0xf0 {
            CONNECT if packet.is_whole => self.read_connect(packet.body, found),
            PUBLISH => self.read_publish(packet.body, found),
            SUBSCRIBE if packet.is_whole => self.read_subscribe(packet.body, found),
            CONNECT | SUBSCRIBE => None,
            _ => Some(()),
        };
        done.is_some() || packet.is_whole
    }

    /// MQTT 5.0 §3.1: variable header, then client id, will, user name; the password is left alone.
    fn read_connect(&mut self, body: &[u8], found: &mut Findings) -> Option<()> {
        let mut reader = Reader::new(body);
        reader.vector16()?;
        self.version = reader.u8()? & !BRIDGE_BIT;
        found.uint(Attribute::MqttVersion, self.version.into());
        let flags = reader.u8()?;
        reader.u16()?; // keep alive
        self.skip_properties(&mut reader)?;
        let client_id = reader.vector16()?;
        if !client_id.is_empty() {
            found.text(Attribute::MqttClientId, client_id);
        }
        if flags & 0x04 != 0 {
            self.skip_properties(&mut reader)?;
            reader.vector16()?; // will topic
            reader.vector16()?; // will payload
        }
        if flags & 0x80 != 0 {
            found.text(Attribute::MqttUserName, reader.vector16()?);
        }
        Some(())
    }

    /// MQTT 5.0 §3.3.2.1; an empty name stands for an alias.
    fn read_publish(&mut self, body: &[u8], found: &mut Findings) -> Option<()> {
        let topic = Reader::new(body).vector16()?;
        self.add_topic(topic, found);
        Some(())
    }

    /// MQTT 5.0 §3.8: packet id, properties, then filters with one byte of options each.
    fn read_subscribe(&mut self, body: &[u8], found: &mut Findings) -> Option<()> {
        let mut reader = Reader::new(body);
        reader.u16()?;
        self.skip_properties(&mut reader)?;
        while !reader.is_empty() && self.topics < MAX_TOPICS {
            self.add_topic(reader.vector16()?, found);
            reader.u8()?;
        }
        Some(())
    }

    fn add_topic(&mut self, topic: &[u8], found: &mut Findings) {
        if !topic.is_empty() && self.topics < MAX_TOPICS {
            found.text(Attribute::MqttTopic, topic);
            self.topics += 1;
        }
    }

    /// Only version 5 has properties (MQTT 5.0 §2.2.2).
    fn skip_properties(&self, reader: &mut Reader<'_>) -> Option<()> {
        if self.version == LEVEL_5 {
            let size = read_varint(reader)?;
            reader.take(size)?;
        }
        Some(())
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "3.1.1 with user name and password, then SUBSCRIBE",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x10\x1f\x00\x04MQTT\x04\xc2\x00\x3c\x00\x07sensor1\x00\x04anna\x00\x04pass\x82\x0b\x00\x01\x00\x06home/+\x01",
        expect: &[
            (Attribute::MqttVersion, "4"),
            (Attribute::MqttClientId, "sensor1"),
            (Attribute::MqttUserName, "anna"),
            (Attribute::MqttTopic, "home/+"),
        ],
    },
    Example {
        title: "5.0 with properties and a will, then PUBLISH",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x10\x24\x00\x04MQTT\x05\x06\x00\x0a\x05\x11\x00\x00\x00\x0a\x00\x03cam\x00\x00\x04gone\x00\x06cam-01\x30\x0b\x00\x05a/b/c\x00\x31\x32\x33",
        expect: &[(Attribute::MqttVersion, "5"), (Attribute::MqttClientId, "cam"), (Attribute::MqttTopic, "a/b/c")],
    },
    Example {
        title: "3.1 without a client id",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00",
        expect: &[(Attribute::MqttVersion, "3")],
    },
    Example {
        title: "a publication and a ping in the middle of a connection",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x32\x13\x00\x0bhome/temp/1\x00\x0721.5\xc0\x00",
        expect: &[(Attribute::MqttTopic, "home/temp/1")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(data: &[u8]) -> Sample<'_> {
        Sample {
            transport: Transport::Tcp,
            direction: Direction::Originator,
            data,
            other: &[],
            responder_port: 80,
            ..Sample::EMPTY
        }
    }

    #[test]
    fn rules_of_connect_are_held() {
        for (data, why) in [
            (&b"\x11\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"[..], "reserved bits of the fixed header"),
            (b"\x10\x0e\x00\x04MQTT\x03\x02\x00\x3c\x00\x00", "level of the other name"),
            (b"\x10\x0e\x00\x04MQTT\x04\x03\x00\x3c\x00\x00", "reserved connect flag"),
            (b"\x10\x0e\x00\x04MQTT\x04\x22\x00\x3c\x00\x00", "will retain without a will"),
            (b"\x10\x12\x00\x04MQTT\x04\x1e\x00\x3c\x00\x00", "will with QoS 3"),
            (b"\x10\x0a\x00\x04MQTT\x04\x02\x00\x3c\x00\x00", "remaining length too small"),
            (b"\x10\x0c\x00\x04MQTT\x04\xc2\x00\x3c\x00\x00", "no room for user name and password"),
            (b"\x10\xff\xff\xff\xff\x01\x00\x04MQTT", "remaining length of five bytes"),
            (b"\x10\x0e\x00\x04MQXX", "another name"),
        ] {
            assert_eq!(probe(&sample(data)), Probe::No, "{why}");
        }
    }

    #[test]
    fn pings_of_both_ends_are_enough_and_one_is_not() {
        let ping = sample(b"\xc0\x00");
        assert_eq!(probe(&ping), Probe::NeedMore);
        assert!(matches!(probe(&Sample { other: b"\xd0\x00", ..ping }), Probe::Match(_)));
        assert_eq!(probe(&Sample { other: b"\xd0\x01", ..ping }), Probe::No);
        assert_eq!(probe(&sample(b"\x30\x06\x00\x09ab")), Probe::No);
    }

    #[test]
    fn a_bridge_is_a_client_too() {
        assert!(matches!(probe(&sample(b"\x10\x0c\x00\x04MQTT\x84\x02\x00\x3c\x00\x00")), Probe::Match(_)));
    }

    #[test]
    fn topics_are_bounded_and_a_payload_need_not_arrive() {
        let mut data = Vec::new();
        for number in 0..40_u8 {
            data.extend([0x30, 3, 0, 1, b'A' + number]);
        }
        let (mut mqtt, mut found) = (Mqtt::default(), Findings::default());
        assert_eq!(mqtt.feed(&sample(&data), &mut found), Progress::Done);
        assert_eq!(found.values().len(), MAX_TOPICS);

        let (mut mqtt, mut found) = (Mqtt::default(), Findings::default());
        mqtt.feed(&sample(b"\x30\xff\x7f\x00\x03big\x00\x00"), &mut found);
        assert_eq!(found.values().len(), 1);
    }
}
