//! Declared protocols before they are used: their own examples through the engine's inspection, whole and in single bytes, and
//! the native protocols' examples, which they must not take.

use toml::Spanned;

use super::hex::bytes_of;
use super::load::{direction, transport};
use super::raw::{RawExample, RawProtocol, RawValue};
use crate::classification::inspection::{FIRM, Inspection, Outcome};
use crate::frame::{Segment, TcpFlags};
use crate::options::Options;
use crate::protocol::{Direction, Field, Findings, Probe, Sample, Transport};
use crate::protocols::ALL;
use crate::signatures::{Place, SignatureError, Signatures};

/// Ports that mean nothing: examples are told by their bytes.
const PORTS: (u16, u16) = (50_000, 50_001);
/// Bytes of one example.
const MAX_EXAMPLE_SIZE: usize = 8192;

type Tried = Result<(), SignatureError>;
type Message = (Direction, Vec<u8>);

/// Tries every declared protocol of a set.
///
/// # Errors
/// The first example that does not hold, or that another protocol would lose.
pub(crate) fn try_all(declared: &[(Place<'_>, &Spanned<RawProtocol>)], set: &Signatures) -> Tried {
    let mut trial = Trial { set, inspection: Inspection::default() };
    for (index, (place, raw)) in (ALL.len()..).zip(declared) {
        trial.collisions(*place, raw, index)?;
        for example in &raw.get_ref().example {
            trial.example(*place, example, index)?;
        }
        for example in &raw.get_ref().counter_example {
            trial.counter_example(*place, example, index)?;
        }
    }
    Ok(())
}

struct Trial<'a> {
    set: &'a Signatures,
    inspection: Inspection,
}

/// What became of an example.
#[derive(PartialEq)]
struct Told {
    index: Option<usize>,
    confidence: u8,
    values: Vec<(u16, String)>,
}

impl Trial<'_> {
    fn example(&mut self, place: Place<'_>, raw: &Spanned<RawExample>, index: usize) -> Tried {
        let (table, at) = (raw.get_ref(), raw.span().start);
        let (transport, messages) = read(place, table)?;
        let key = self.name(Some(index)).to_owned();
        let whole = self.play(transport, &messages, false);
        let fault = |text: String| Err(place.error(at, format!("example {:?} of {key} {text}", table.title)));
        if whole.index != Some(index) {
            return fault(format!("should be claimed by it, but is {}", self.name(whole.index)));
        }
        for (name, value) in &table.expect {
            let expected = match value {
                RawValue::Number(number) => number.to_string(),
                RawValue::Text(text) => text.clone(),
            };
            let id = self.set.attributes().find(|attribute| attribute.name == name).map(|attribute| attribute.id);
            let Some(id) = id else { return fault(format!("expects {name}, which is no field")) };
            let found: Vec<&str> = whole.values.iter().filter(|(i, _)| *i == id).map(|(_, v)| v.as_str()).collect();
            if !found.contains(&expected.as_str()) {
                return fault(format!("should have {name} = {expected}, but has {found:?}"));
            }
        }
        if transport.is_stream() {
            let cut = self.play(transport, &messages, true);
            if cut != whole {
                return fault(format!("is {} when it comes in single bytes", self.name(cut.index)));
            }
        }
        Ok(())
    }

    fn counter_example(&mut self, place: Place<'_>, raw: &Spanned<RawExample>, index: usize) -> Tried {
        let (transport, messages) = read(place, raw.get_ref())?;
        if self.play(transport, &messages, false).index == Some(index) {
            let title = &raw.get_ref().title;
            let text = format!("counter-example {title:?} is claimed by {}", self.name(Some(index)));
            return Err(place.error(raw.span().start, text));
        }
        Ok(())
    }

    /// No native protocol's example is taken, but of those that are to be replaced.
    fn collisions(&self, place: Place<'_>, raw: &Spanned<RawProtocol>, index: usize) -> Tried {
        let Some(declared) = self.set.ports().declared(index) else { return Ok(()) };
        for native in ALL.iter().filter(|native| declared.replaces.iter().all(|key| key != native.key)) {
            for example in native.examples.iter().filter(|example| declared.transports.contains(&example.transport)) {
                let sample = Sample {
                    transport: example.transport,
                    direction: example.direction,
                    data: example.data,
                    ..Sample::EMPTY
                };
                if let Probe::Match(evidence) = declared.probe(&sample)
                    && evidence.confidence >= FIRM
                {
                    let text = format!(
                        "{} of {} claims the example {:?} of the protocol {}: fix more bytes, or say replaces = [{:?}]",
                        evidence.what, declared.key, example.title, native.key, native.key
                    );
                    return Err(place.error(raw.span().start, text));
                }
            }
        }
        Ok(())
    }

    /// Plays messages through an inspection as the engine does, `cut` into single bytes or not.
    fn play(&mut self, transport: Transport, messages: &[Message], cut: bool) -> Told {
        let table = self.set.ports();
        let options = Options { max_inspected_packets: u32::MAX, ..Options::default() };
        self.inspection.begin(transport, PORTS, table);
        let mut sequences = [0u32; 2];
        for (direction, payload) in messages {
            let size = if cut { 1 } else { payload.len() };
            for piece in payload.chunks(size.max(1)) {
                let sequence = direction.of(&mut sequences);
                let segment = match transport {
                    Transport::Tcp => Segment::Tcp {
                        sequence: *sequence,
                        acknowledgment: 0,
                        flags: TcpFlags::default(),
                        payload: piece,
                    },
                    _ => Segment::Udp(piece),
                };
                *sequence += u32::try_from(piece.len()).unwrap_or(0);
                let outcome = self.inspection.look(*direction, &segment, table, &options);
                if matches!(outcome, Outcome::GaveUp | Outcome::Settled { open: false }) {
                    return self.told();
                }
            }
        }
        let _outcome = self.inspection.finish(); // the claim says it
        self.told()
    }

    fn told(&self) -> Told {
        let claim = self.inspection.claim();
        Told {
            index: claim.map(|claim| claim.index()),
            confidence: claim.map_or(0, |claim| claim.evidence.confidence),
            values: values(self.inspection.findings()),
        }
    }

    fn name(&self, index: Option<usize>) -> &str {
        index.and_then(|index| self.set.protocol(index)).map_or("unknown", |protocol| protocol.key)
    }
}

fn read(place: Place<'_>, raw: &RawExample) -> Result<(Transport, Vec<Message>), SignatureError> {
    let transport = transport(place, raw.transport.span().start, raw.transport.get_ref())?;
    let mut messages = Vec::new();
    for message in &raw.messages {
        let (table, at) = (message.get_ref(), message.span().start);
        let bytes = bytes_of(table.hex.as_deref(), table.text.as_deref());
        let bytes = bytes.map_err(|text| place.error(at, format!("message: {text}")))?;
        let Some(direction) = direction(place, Some(&table.direction))? else {
            return Err(
                place.error(at, "direction of a message is either, originator or responder was expected".into())
            );
        };
        messages.push((direction, bytes));
    }
    let size: usize = messages.iter().map(|(_, bytes)| bytes.len()).sum();
    if size == 0 || size > MAX_EXAMPLE_SIZE {
        let text = format!("example {:?} has {size} bytes, 1 to {MAX_EXAMPLE_SIZE} were expected", raw.title);
        return Err(place.error(raw.transport.span().start, text));
    }
    Ok((transport, messages))
}

/// Values in one order, however they were found.
fn values(found: &Findings) -> Vec<(u16, String)> {
    let written = |field: Field<'_>| match field {
        Field::Text(text) => text.to_owned(),
        Field::Uint(number) => number.to_string(),
        Field::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let mut values: Vec<_> = found.fields().map(|(id, field)| (id, written(field))).collect();
    values.sort();
    values
}
