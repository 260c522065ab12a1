//! Modbus over TCP and UDP ("Modbus Messaging on TCP/IP Implementation Guide" V1.0b), and serial frames with their check
//! sequence over the same ("Modbus over Serial Line" V1.02 §2.5.1). Registers are not read.

use crate::bytes::Reader;
use crate::formats::checks::crc16_modbus;
use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Probe, Progress, Sample, Transport};

const PORT: u16 = 502;
/// Transaction, protocol and size (MBAP without the unit).
const HEADER_SIZE: usize = 6;
/// Unit, function and 252 bytes of data (V1.1b3 §4.1).
const MAX_LENGTH: usize = 254;
/// The largest serial frame (V1.02 §2.5.1).
const MAX_FRAME_SIZE: usize = 256;
/// Function code of Schneider's UMAS, which is a protocol of its own.
const UMAS: u8 = 0x5a;
/// Exception codes end here (V1.1b3 §7).
const MAX_EXCEPTION: u8 = 11;
/// Frames read of one flow: the first tell what is done.
const MAX_FRAMES: usize = 8;

/// Modbus.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "modbus",
    name: "Modbus",
    selector: 300,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[PORT],
    max_probe_size: MAX_FRAME_SIZE + HEADER_SIZE,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let framed = answer(message(sample));
    if matches!(framed, Probe::Match(_)) {
        return framed;
    }
    match (framed, serial(sample)) {
        (Probe::NeedMore, Probe::No) => Probe::NeedMore,
        (_, serial) => serial,
    }
}

/// Header with protocol 0, then a data unit whose size fits its function.
fn message(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u16()?;
    cursor.literal(&[0, 0])?;
    let length = usize::from(cursor.u16()?);
    require((2..=MAX_LENGTH).contains(&length))?;
    require(sample.transport.is_stream() || sample.data.len() == HEADER_SIZE + length)?;
    cursor.u8()?;
    let function = cursor.byte(|code| code != UMAS && code & 0x7f != 0)?;
    let data = cursor.rest().get(..length - 2).ok_or(Probe::NeedMore);
    if sample.transport.is_stream() && data.is_err() {
        return Err(Probe::NeedMore);
    }
    require(fits(function, data?))?;
    let confidence = if sample.is_at_port(&[PORT]) { 95 } else { 75 };
    Ok(matched(confidence, "Modbus header and data unit", HEADER_SIZE + length))
}

/// Whether the data of a request or a response of this function can have this size and these counts (V1.1b3 §6, §7).
fn fits(function: u8, data: &[u8]) -> bool {
    let counted = |at: usize, more: usize| {
        data.get(at).is_some_and(|count| *count > 0 && data.len() == at + 1 + usize::from(*count) + more)
    };
    let quantity_fits = |most: u16| {
        let quantity = Reader::new(data.get(2..).unwrap_or_default()).u16();
        data.len() == 4 && quantity.is_some_and(|quantity| (1..=most).contains(&quantity))
    };
    match function {
        1 | 2 => quantity_fits(2000) || counted(0, 0),
        3 | 4 => quantity_fits(125) || counted(0, 0) && data.len() % 2 == 1,
        5 => data.len() == 4 && matches!(data, [.., 0 | 0xff, 0]),
        6 => data.len() == 4,
        7 => data.len() <= 1,
        8 => data.len() >= 4 && data.first() == Some(&0),
        11 => matches!(data.len(), 0 | 4),
        12 | 17 => data.is_empty() || counted(0, 0),
        15 => quantity_fits(1968) || counted(4, 0),
        16 => quantity_fits(123) || counted(4, 0),
        20 | 21 => counted(0, 0),
        22 => data.len() == 6,
        23 => counted(8, 0) || counted(0, 0),
        24 => data.len() == 2 || data.len() >= 4 && data.len().is_multiple_of(2),
        43 => matches!(data.first(), Some(0x0d | 0x0e)),
        0x81..=0xff => data.len() == 1 && data.first().is_some_and(|code| (1..=MAX_EXCEPTION).contains(code)),
        _ => false,
    }
}

/// A serial frame carried as it is: unit, function, data, CRC. One alone is a guess; one of each end is certain.
fn serial(sample: &Sample<'_>) -> Probe {
    let Some(size) = serial_size(sample.data) else { return unless_long(sample.data) };
    let whole = if sample.transport.is_stream() { sample.data.len() >= size } else { sample.data.len() == size };
    if !whole {
        return if sample.transport.is_stream() { Probe::NeedMore } else { Probe::No };
    }
    let back = if sample.transport.is_stream() { sample.other } else { sample.reverse };
    let is_answered = serial_size(back).is_some_and(|_| back.get(..2) == sample.data.get(..2));
    matched(if is_answered { 80 } else { 50 }, "Modbus serial frame with its check sequence", size)
}

fn unless_long(data: &[u8]) -> Probe {
    let is_known = data.get(1).is_none_or(|function| (1..=24).contains(&(function & 0x7f)));
    if is_known && data.len() < MAX_FRAME_SIZE { Probe::NeedMore } else { Probe::No }
}

/// Size of the serial frame at the start of `data`, if it is all there and its check sequence is right.
fn serial_size(data: &[u8]) -> Option<usize> {
    let (unit, function) = (*data.first()?, *data.get(1)?);
    let by_count = |at: usize| data.get(at).map(|count| at + 3 + usize::from(*count));
    let sizes = match function {
        1..=4 => [Some(8), by_count(2)],
        5 | 6 => [Some(8), None],
        15 | 16 => [Some(8), by_count(6)],
        0x81..=0x98 => [Some(5), None],
        _ => [None, None],
    };
    let checks = |size: &usize| {
        let Some((body, crc)) = data.get(..*size).and_then(<[u8]>::split_last_chunk::<2>) else { return false };
        let inner = body.get(2..).unwrap_or_default();
        u16::from_le_bytes(*crc) == crc16_modbus(body) && fits(function, inner)
    };
    (unit <= 247).then(|| sizes.into_iter().flatten().find(checks)).flatten()
}

/// Unit and function of each message that has a header.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    for _ in 0..MAX_FRAMES {
        let (Some(_), Some(0), Some(body)) = (reader.u16(), reader.u16(), reader.vector16()) else {
            return Progress::Settled;
        };
        if let [unit, function, ..] = body {
            found.uint(Attribute::ModbusUnit, (*unit).into());
            found.uint(Attribute::ModbusFunction, u64::from(function & 0x7f));
        }
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "read ten holding registers",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a",
        expect: &[(Attribute::ModbusUnit, "1"), (Attribute::ModbusFunction, "3")],
    },
    Example {
        title: "two registers",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x00\x02\x00\x00\x00\x07\x11\x04\x04\x00\x2a\x01\x00",
        expect: &[(Attribute::ModbusUnit, "17"), (Attribute::ModbusFunction, "4")],
    },
    Example {
        title: "exception: illegal data address",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x12\x34\x00\x00\x00\x03\x01\x90\x02",
        expect: &[(Attribute::ModbusFunction, "16")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_does_not_fit_the_function_is_refused() {
        for data in [
            &b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x00"[..],
            b"\x00\x01\x00\x00\x00\x05\x01\x83\x00\x00\x00",
            b"\x00\x01\x00\x00\x00\x06\x01\x5a\x00\x02\x00\x00",
            b"\x00\x01\x00\x00\x01\x06\x01\x03\x00\x00\x00\x01",
        ] {
            let answer = answer(message(&Sample { data, ..Sample::EMPTY }));
            assert_eq!(answer, Probe::No, "{data:02x?}");
        }
    }

    #[test]
    fn serial_frames_of_both_ends_are_certain_and_one_is_a_guess() {
        let question = b"\x01\x03\x00\x00\x00\x0a\xc5\xcd";
        let alone = Sample { data: question, ..Sample::EMPTY };
        assert!(matches!(probe(&alone), Probe::Match(evidence) if evidence.confidence < 60));
        let both = Sample { other: question, data: b"\x01\x03\x02\x00\x2a\x38\x5b", ..Sample::EMPTY };
        let crc = crc16_modbus(&both.data[..5]).to_le_bytes();
        let data = [&both.data[..5], &crc].concat();
        assert!(matches!(probe(&Sample { data: &data, ..both }), Probe::Match(evidence) if evidence.confidence >= 60));
        for end in 0..question.len() {
            assert_eq!(probe(&Sample { data: &question[..end], ..Sample::EMPTY }), Probe::NeedMore);
        }
    }
}
