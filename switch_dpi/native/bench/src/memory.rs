//! A capture in memory, cut into shards as a network card does it: both directions of a flow in one.

use appsteer_capture::Packet;
use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::Frame;
use appsteer_core::frame::share_of;

use crate::Outcome;

/// Where a packet stands in memory.
struct Place {
    at_ns: u64,
    start: usize,
    size: u32,
    original_size: u32,
    link_type: u32,
    shard: usize,
}

/// All packets of a capture.
pub struct Memory {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Memory {
    /// Reads the capture twice, so that no memory is left over from growing: flows would be kept in it, and seem to take none.
    pub fn load(path: &str, shards: usize) -> Outcome<Self> {
        let (mut count, mut size) = (0, 0);
        each(path, |packet| {
            count += 1;
            size += packet.data.len();
            Ok(())
        })?;
        let (mut bytes, mut places) = (Vec::with_capacity(size), Vec::with_capacity(count));
        each(path, |packet| {
            places.push(Place {
                at_ns: packet.at_ns,
                start: bytes.len(),
                size: u32::try_from(packet.data.len())?,
                original_size: packet.original_size,
                link_type: packet.link_type,
                shard: share_of(packet.link_type, packet.data, shards),
            });
            bytes.extend_from_slice(packet.data);
            Ok(())
        })?;
        Ok(Self { bytes, places })
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// From the first packet's time to the last one's.
    pub fn span_ns(&self) -> u64 {
        let (first, last) = (self.places.first(), self.places.last());
        first.zip(last).map_or(0, |(first, last)| last.at_ns.saturating_sub(first.at_ns))
    }

    /// A shard's packets, `later_ns` later than they were captured.
    pub fn frames(&self, shard: usize, later_ns: u64) -> impl Iterator<Item = Frame<'_>> {
        self.places.iter().filter(move |place| place.shard == shard).map(move |place| Frame {
            at_ns: place.at_ns + later_ns,
            link_type: place.link_type,
            original_size: place.original_size,
            data: self.bytes.get(place.start..place.start + place.size as usize).unwrap_or_default(),
        })
    }
}

fn each(path: &str, mut take: impl FnMut(Packet<'_>) -> Outcome<()>) -> Outcome<()> {
    let mut file = CaptureFile::open(path).map_err(|error| format!("{path}: {error}"))?;
    while let Some(packet) = file.next().map_err(|error| format!("{path}: {error}"))? {
        take(packet)?;
    }
    Ok(())
}
