//! Fields: what is read of a claimed flow, and by whom.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::expression::Found;
use super::pattern::reverse;
use super::raw::{Endian, FieldType};
use super::shape::{Extent, Fit, Mark};
use super::sources::Source;
use super::{Declared, DeclaredAttribute};
use crate::protocol::attributes::Kind;
use crate::protocol::{Direction, Field, Findings, Inspector, Progress, Sample, Transport};

/// Fields of one protocol: as many as a word has bits.
pub(super) const MAX_FIELDS: usize = 32;

/// A value that is read from the first message of a direction.
#[derive(Debug)]
pub struct DeclaredField {
    pub(super) attribute: DeclaredAttribute,
    pub(super) kind: FieldType,
    pub(super) endian: Endian,
    pub(super) direction: Option<Direction>,
    pub(super) transports: Vec<Transport>,
    /// The message must have these bytes.
    pub(super) when: Vec<Mark>,
    pub(super) source: Source,
    pub(super) is_host: bool,
}

impl FieldType {
    /// How values travel; an address travels as text.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Uint => Kind::Uint,
            Self::Text | Self::Ip => Kind::Text,
            Self::Bytes => Kind::Bytes,
        }
    }
}

impl DeclaredField {
    pub(super) fn memory_size(&self) -> usize {
        self.source.memory_size()
    }

    /// Reads it; true when nothing will change that.
    fn read(&self, data: &[u8], extent: Extent, found: &mut Findings) -> bool {
        let fit = self.when.iter().map(|mark| mark.fit(data, extent)).min().unwrap_or(Fit::Yes);
        let range = match (fit, self.source.find(data, extent)) {
            (Fit::No, _) | (_, Found::Nothing) => return extent == Extent::Growing,
            (Fit::More, _) | (_, Found::More) => return false,
            (Fit::Yes, Found::At(range)) => range,
        };
        self.add(data.get(range).unwrap_or_default(), found)
    }

    /// Adds a value; false when it is not of the field's type.
    fn add(&self, bytes: &[u8], found: &mut Findings) -> bool {
        let id = self.attribute.id;
        match self.kind {
            FieldType::Uint => match self.number(bytes) {
                Some(number) => found.add_field(id, Field::Uint(number)),
                None => return false,
            },
            FieldType::Bytes => found.add_field(id, Field::Bytes(bytes)),
            FieldType::Text => self.add_text(bytes, found),
            FieldType::Ip => match self.address(bytes) {
                Some(address) => self.add_text(address.as_bytes(), found),
                None => return false,
            },
        }
        true
    }

    fn add_text(&self, bytes: &[u8], found: &mut Findings) {
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii_end();
        found.add_field(self.attribute.id, Field::Text(&String::from_utf8_lossy(text)));
        if self.is_host {
            found.set_host(text);
        }
    }

    fn is_binary(&self) -> bool {
        matches!(self.source, Source::Fixed { .. })
    }

    fn number(&self, bytes: &[u8]) -> Option<u64> {
        if self.is_binary() {
            return Some(self.endian.number(bytes));
        }
        std::str::from_utf8(bytes).ok()?.trim().parse().ok()
    }

    fn address(&self, bytes: &[u8]) -> Option<String> {
        if !self.is_binary() {
            let text = std::str::from_utf8(bytes).ok()?;
            return text.trim().parse::<std::net::IpAddr>().ok().map(|address| address.to_string());
        }
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            return Some(Ipv4Addr::from(four).to_string());
        }
        <[u8; 16]>::try_from(bytes).ok().map(|sixteen| Ipv6Addr::from(sixteen).to_string())
    }
}

/// Reads the fields of one flow. Of a stream, the first bytes of each direction; of datagrams, the first that has the field.
pub(super) struct Reading {
    protocol: Arc<Declared>,
    /// Of the originator and of the responder, by the fields' places.
    settled: [u32; 2],
    has_begun: bool,
}

impl Reading {
    pub(super) fn new(protocol: Arc<Declared>) -> Self {
        Self { protocol, settled: [0; 2], has_begun: false }
    }

    fn read(&mut self, direction: Direction, transport: Transport, data: &[u8], extent: Extent, found: &mut Findings) {
        let settled = direction.of(&mut self.settled);
        for (place, field) in self.protocol.fields.iter().enumerate() {
            let bit = 1 << place;
            let is_other = field.direction.is_some_and(|wanted| wanted != direction);
            if *settled & bit != 0 || is_other || !field.transports.contains(&transport) {
                continue;
            }
            if field.read(data, extent, found) {
                *settled |= bit;
            }
        }
    }

    fn progress(&self, transport: Transport, found: &Findings) -> Progress {
        let [originator, responder] = self.settled;
        let mut progress = Progress::Done;
        for (place, field) in self.protocol.fields.iter().enumerate() {
            let is_settled = match field.direction {
                Some(Direction::Originator) => originator >> place & 1 == 1,
                Some(Direction::Responder) => responder >> place & 1 == 1,
                None => (originator & responder) >> place & 1 == 1,
            };
            if is_settled || !field.transports.contains(&transport) {
                continue;
            }
            if field.is_host && found.host().is_none() {
                return Progress::NeedMore; // the application depends on it
            }
            progress = Progress::Settled;
        }
        progress
    }
}

impl Inspector for Reading {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let is_stream = sample.transport.is_stream();
        if !std::mem::replace(&mut self.has_begun, true) && !is_stream && !sample.reverse.is_empty() {
            let (data, extent) = reverse(sample); // the datagram that this one answers came before the claim
            self.read(sample.direction.opposite(), sample.transport, data, extent, found);
        }
        let extent = if is_stream { Extent::Growing } else { Extent::Whole };
        self.read(sample.direction, sample.transport, sample.data, extent, found);
        self.progress(sample.transport, found)
    }
}
