//! Fuzz targets that show bytes to one parser.

use std::io::Cursor;

use appsteer_capture::file::{CaptureReader, MAX_PACKET_SIZE};
use appsteer_core::frame::{DataChunks, Decoded, Packet, Segment, decode, link_type};
use appsteer_core::protocols::ALL;
use appsteer_core::signatures::{Signatures, SourceFile};

use crate::input::Input;
use crate::{Held, must};

/// All link types that are known, and one that is not.
pub const LINK_TYPES: &[u32] = &[
    link_type::ETHERNET,
    link_type::RAW,
    link_type::NULL,
    link_type::LOOP,
    link_type::PPP,
    link_type::PPP_SERIAL,
    link_type::CISCO_HDLC,
    link_type::LINUX_COOKED,
    link_type::LINUX_COOKED_V2,
    link_type::WLAN,
    link_type::WLAN_RADIOTAP,
    link_type::PPI,
    link_type::RAW_BSD,
    link_type::RAW_OPENBSD,
    link_type::RAW_IPV4,
    link_type::RAW_IPV6,
    link_type::WLAN_SWAPPED,
    link_type::of_ethertype(0x8847),
    u32::MAX,
];

/// The link type that a byte stands for.
#[must_use]
pub fn link_type_of(choice: u8) -> u32 {
    LINK_TYPES.get(usize::from(choice) % LINK_TYPES.len()).copied().unwrap_or(link_type::ETHERNET)
}

/// Choice of a link type, frame: decoded, also as if a piece were the whole.
///
/// # Errors
/// Says which rule was broken.
pub fn frame(data: &[u8]) -> Held {
    let mut input = Input::new(data);
    let link = link_type_of(input.u8());
    let bytes = input.rest();
    match decode(link, bytes) {
        Ok(Decoded::Whole(packet)) => check_packet(&packet, bytes.len()),
        Ok(Decoded::Piece(piece)) => {
            let size = piece.payload.len();
            must(size <= bytes.len(), || format!("a piece of {size} bytes in a frame of {}", bytes.len()))?;
            piece.envelope.open(piece.payload).map_or(Ok(()), |packet| check_packet(&packet, size))
        }
        Err(_) => Ok(()),
    }
}

fn check_packet(packet: &Packet<'_>, frame_size: usize) -> Held {
    let size = match packet.segment {
        Segment::Tcp { payload, .. } | Segment::Udp(payload) | Segment::Numbered(_, payload) => payload.len(),
        Segment::Sctp(chunks) => DataChunks::new(chunks).map(|(_, data)| data.len()).sum(),
    };
    must(size <= frame_size, || format!("a payload of {size} bytes in a frame of {frame_size}"))?;
    must(matches!(packet.ip_version, 0 | 4 | 6), || format!("IP version {}", packet.ip_version))
}

/// A packet of a tunnel, opened by every protocol that is one; what it carries is decoded.
///
/// # Errors
/// Says which rule was broken.
pub fn tunnels(data: &[u8]) -> Held {
    for protocol in ALL {
        let Some(carried) = protocol.tunnel.and_then(|open| open(data)) else { continue };
        let (size, key) = (carried.data.len(), protocol.key);
        must(size <= data.len(), || format!("{key} carries {size} bytes in {}", data.len()))?;
        if let Ok(Decoded::Whole(packet)) = decode(carried.link_type, carried.data) {
            check_packet(&packet, size)?;
        }
    }
    Ok(())
}

/// The text of a data file; hosts are looked up in what was loaded.
///
/// # Errors
/// Says which rule was broken.
pub fn signatures(data: &[u8]) -> Held {
    const FILE: &str = "fuzzed.toml";
    let text = String::from_utf8_lossy(data);
    match Signatures::load(&[SourceFile { name: FILE, text: &text }]) {
        Ok(loaded) => {
            for host in text.split(['"', '\n', ' ']) {
                let app = loaded.match_host(host).map(|(app, _)| app);
                must(app.is_none_or(|app| loaded.app(app).is_some()), || format!("{host:?}: no application {app:?}"))?;
            }
            Ok(())
        }
        Err(error) => {
            let lines = text.lines().count() + 1;
            must(error.file == FILE && (1..=lines).contains(&error.line), || {
                format!("{error}: not a line of {lines}")
            })?;
            must(!error.message.is_empty(), || "an error without a message".to_owned())
        }
    }
}

/// A capture file; read to its end.
///
/// # Errors
/// Says which rule was broken.
pub fn capture(data: &[u8]) -> Held {
    let Ok(mut reader) = CaptureReader::new(Cursor::new(data)) else { return Ok(()) };
    let mut total = 0;
    while let Ok(Some(packet)) = reader.next() {
        let (size, original) = (packet.data.len(), packet.original_size);
        must(size <= MAX_PACKET_SIZE, || format!("a packet of {size} bytes"))?;
        must(original as usize >= size, || format!("{size} bytes of {original} on the wire"))?;
        total += size;
        must(total <= data.len(), || format!("{total} bytes of packets in a file of {}", data.len()))?;
    }
    let end = reader.truncated_at();
    must(end.is_none_or(|at| at <= data.len() as u64), || format!("cut at {end:?}, behind {}", data.len()))
}
