//! IEEE 802.11 data frames, with or without a radiotap header (<https://www.radiotap.org>) before them.

use super::Refused;
use crate::bytes::Reader;

const TYPE_MASK: u8 = 0x0c;
const TYPE_DATA: u8 = 0x08;
const SUBTYPE_QOS: u8 = 0x80;
const SUBTYPE_NO_DATA: u8 = 0x40;
const TO_DS_AND_FROM_DS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
const MAC_SIZE: usize = 6;

/// Source, destination, and what follows the header: LLC (IEEE 802.11 §9.3.2.1).
pub(super) struct DataFrame<'a> {
    pub source: [u8; 6],
    pub destination: [u8; 6],
    pub payload: &'a [u8],
}

/// Skips the radiotap header; its size is little-endian.
pub(super) fn after_radiotap(frame: &[u8]) -> Result<&[u8], Refused> {
    let cut = Refused::Malformed("radiotap header is cut short");
    let mut reader = Reader::new(frame);
    reader.u16().ok_or(cut)?; // version and padding
    let size = u16::from_le_bytes(reader.array().ok_or(cut)?);
    frame.get(usize::from(size)..).ok_or(cut)
}

/// Reads a frame's header, the bytes of its control field swapped or not. Management, control and encrypted frames carry nothing
/// for us.
pub(super) fn decode(frame: &[u8], is_swapped: bool) -> Result<DataFrame<'_>, Refused> {
    let cut = Refused::Malformed("802.11 header is cut short");
    let mut reader = Reader::new(frame);
    let control = reader.u16().ok_or(cut)?;
    let [kind, flags] = if is_swapped { control.to_le_bytes() } else { control.to_be_bytes() };
    if kind & TYPE_MASK != TYPE_DATA || kind & SUBTYPE_NO_DATA != 0 || flags & PROTECTED != 0 {
        return Err(Refused::NotIp);
    }
    reader.u16().ok_or(cut)?; // duration
    let [first, second, third] = [reader.array().ok_or(cut)?, reader.array().ok_or(cut)?, reader.array().ok_or(cut)?];
    reader.u16().ok_or(cut)?; // sequence control
    let (destination, mut source) = match flags & TO_DS_AND_FROM_DS {
        0 => (first, second),
        1 => (third, second),
        2 => (first, third),
        _ => (third, [0; MAC_SIZE]),
    };
    if flags & TO_DS_AND_FROM_DS == TO_DS_AND_FROM_DS {
        source = reader.array().ok_or(cut)?;
    }
    if kind & SUBTYPE_QOS != 0 {
        reader.u16().ok_or(cut)?;
        if flags & ORDER != 0 {
            reader.u32().ok_or(cut)?; // HT control
        }
    }
    Ok(DataFrame { source, destination, payload: reader.rest() })
}
