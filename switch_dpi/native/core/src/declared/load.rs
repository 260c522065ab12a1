//! From `[[protocol]]` tables to declared protocols: every fault is named with its place.

use toml::Spanned;

use super::expression::{DEFAULT_WINDOW, Expression, Scope};
use super::field::{DeclaredField, MAX_FIELDS};
use super::hex::{bytes_of, unhex};
use super::pattern::Pattern;
use super::raw::{FieldType, RawBytes, RawField, RawLength, RawPattern, RawProtocol, RawShape};
use super::shape::{Length, Mark, Shape};
use super::sources::Source;
use super::{Declared, DeclaredAttribute, FIRST_ATTRIBUTE, FIRST_SELECTOR, LAST_SELECTOR, MAX_PATTERNS};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, MAX_VALUE_SIZE, Transport};
use crate::signatures::{Place, SignatureError};

/// Bytes and lengths stand in this first part of a message.
const MAX_OFFSET: usize = 4096;
/// Below, a pattern is refused: it would fit one of 65,536 payloads of anything.
const MIN_BITS: u32 = 16;
/// What so many fixed bits justify at most, the first that fits.
const CONFIDENCE: [(u32, u8); 4] = [(48, 99), (32, 90), (24, 80), (MIN_BITS, 59)];
/// Bytes of tables of one protocol.
const MAX_TABLES: usize = 8 << 20;

type Loaded<T> = Result<T, SignatureError>;

/// A protocol, and what its author should know.
pub(crate) struct Declaration {
    pub protocol: Declared,
    pub warnings: Vec<SignatureError>,
}

/// Checks a protocol by itself.
///
/// # Errors
/// The first rule that it breaks.
pub(crate) fn declare(place: Place<'_>, raw: &Spanned<RawProtocol>) -> Loaded<Declaration> {
    let table = raw.get_ref();
    let (key, id) = (table.key.get_ref(), *table.id.get_ref());
    let start = raw.span().start;
    if !(FIRST_SELECTOR..=LAST_SELECTOR).contains(&id) {
        let message = format!("id {id} of {key} is not between {FIRST_SELECTOR} and {LAST_SELECTOR}");
        return Err(place.error(table.id.span().start, message));
    }
    let transports = transports(place, &table.transports)?;
    if table.pattern.is_empty() || table.pattern.len() > MAX_PATTERNS {
        let message = format!("{key} has {} patterns, 1 to {MAX_PATTERNS} were expected", table.pattern.len());
        return Err(place.error(start, message));
    }
    if table.field.len() > MAX_FIELDS {
        let message = format!("{key} has {} fields, at most {MAX_FIELDS} were expected", table.field.len());
        return Err(place.error(start, message));
    }
    if table.example.is_empty() {
        return Err(place.error(start, format!("{key} has no [[protocol.example]], one was expected")));
    }
    let mut warnings = Vec::new();
    let patterns = table.pattern.iter().map(|raw| pattern(place, raw, &transports, &mut warnings));
    let patterns = patterns.collect::<Loaded<Vec<_>>>()?;
    let fields = table.field.iter().map(|raw| field(place, raw, &transports)).collect::<Loaded<Vec<_>>>()?;
    let protocol = Declared {
        key: key.clone(),
        name: table.name.clone(),
        selector: id,
        category: table.category.get_ref().clone(),
        risk: table.risk.as_ref().map(|risk| *risk.get_ref()),
        tags: table.tags.clone(),
        transports,
        ports: table.ports.clone(),
        replaces: table.replaces.iter().map(|key| key.get_ref().clone()).collect(),
        file: place.file.to_owned(),
        patterns,
        fields,
    };
    let size = protocol.memory_size();
    if size > MAX_TABLES {
        let message = format!("expressions of {key} take {size} bytes, at most {MAX_TABLES} were expected");
        return Err(place.error(start, message));
    }
    Ok(Declaration { protocol, warnings })
}

fn pattern(
    place: Place<'_>,
    raw: &Spanned<RawPattern>,
    all: &[Transport],
    warnings: &mut Vec<SignatureError>,
) -> Loaded<Pattern> {
    let table = raw.get_ref();
    let transports = own_transports(place, table.transports.as_ref(), all)?;
    let has_stream = transports.contains(&Transport::Tcp);
    let first = shape(place, &table.shape(), has_stream)?;
    let next = table.next.as_ref().map(|next| shape(place, next.get_ref(), has_stream)).transpose()?;
    let direction = direction(place, table.direction.as_ref())?;
    let mut pattern = Pattern { direction, transports, first, next, confidence: [0; 2] };
    for (is_stream, transport, name) in [(true, Transport::Tcp, "TCP"), (false, Transport::Udp, "UDP")] {
        if !pattern.transports.contains(&transport) {
            continue;
        }
        let bits = pattern.fixed_bits(is_stream);
        let Some((_, cap)) = CONFIDENCE.into_iter().find(|(least, _)| bits >= *least) else {
            let message = format!("pattern fixes {bits} bits over {name}, at least {MIN_BITS} were expected");
            return Err(place.error(raw.span().start, message));
        };
        let wanted = table.confidence.as_ref().map_or(cap, |wanted| *wanted.get_ref());
        let [stream, datagram] = &mut pattern.confidence;
        *(if is_stream { stream } else { datagram }) = wanted.min(cap);
        let offset = table.confidence.as_ref().map_or(raw.span().start, |wanted| wanted.span().start);
        if wanted > cap {
            let text = format!("confidence {wanted} is lowered to {cap}: the pattern fixes {bits} bits over {name}");
            warnings.push(place.error(offset, text));
        } else if cap < 60 {
            let text = format!("pattern fixes {bits} bits over {name}: its matches are guesses, 24 were expected");
            warnings.push(place.error(offset, text));
        }
    }
    Ok(pattern)
}

fn shape(place: Place<'_>, raw: &RawShape, has_stream: bool) -> Loaded<Shape> {
    if let (true, Some(most)) = (has_stream, &raw.most_size) {
        return Err(place.error(most.span().start, "most_size is for datagrams, but the pattern is for TCP too".into()));
    }
    let marks = raw.bytes.iter().map(|bytes| mark(place, bytes, has_stream)).collect::<Loaded<Vec<_>>>()?;
    let scope = Scope {
        is_search: raw.search.unwrap_or(false),
        start: raw.offset.as_ref().map_or(0, |offset| *offset.get_ref()),
        window: raw.window.as_ref().map_or(DEFAULT_WINDOW, |window| *window.get_ref()),
    };
    let length = raw.length.as_ref().map(|length| self::length(place, length, has_stream)).transpose()?;
    Ok(Shape {
        marks,
        expression: raw.regex.as_ref().map(|text| expression(place, text, scope, None)).transpose()?,
        length,
        least_size: raw.least_size.unwrap_or(0),
        most_size: raw.most_size.as_ref().map(|most| *most.get_ref()),
    })
}

fn mark(place: Place<'_>, raw: &Spanned<RawBytes>, has_stream: bool) -> Loaded<Mark> {
    let (table, at) = (raw.get_ref(), raw.span().start);
    let fault = |message: String| place.error(at, message);
    let RawBytes { offset, hex, text, mask } = table;
    let value = bytes_of(hex.as_deref(), text.as_deref()).map_err(|text| fault(format!("bytes: {text}")))?;
    let mask = mask.as_deref().map(unhex).transpose().map_err(|text| fault(format!("mask: {text}")))?;
    let mask = mask.unwrap_or_else(|| vec![0xff; value.len()]);
    if mask.len() != value.len() {
        return Err(fault(format!("mask has {} bytes, {} were expected", mask.len(), value.len())));
    }
    if value.iter().zip(&mask).any(|(value, mask)| value & !mask != 0) {
        return Err(fault("bytes have a bit that the mask does not, so nothing would fit".into()));
    }
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let limit = i64::try_from(MAX_OFFSET).unwrap_or(i64::MAX);
    if *offset < 0 && has_stream {
        return Err(fault(format!("offset {offset} counts from the end, which a stream does not have")));
    }
    if *offset < 0 && offset.saturating_add(size) > 0 || !(-limit..=limit - size).contains(offset) {
        return Err(fault(format!(
            "offset {offset} of {size} bytes does not lie in the message's first or last {limit}"
        )));
    }
    Ok(Mark { offset: *offset, value, mask })
}

fn length(place: Place<'_>, raw: &Spanned<RawLength>, has_stream: bool) -> Loaded<Length> {
    let RawLength { offset, size, endian, adds, of, least, most } = *raw.get_ref();
    let fault = |message: String| Err(place.error(raw.span().start, message));
    if !(1..=8).contains(&size) || offset > MAX_OFFSET {
        return fault(format!(
            "length of {size} bytes at {offset}, 1 to 8 bytes at most at {MAX_OFFSET} were expected"
        ));
    }
    if has_stream && most.is_none() {
        return fault("length in a stream has no end to be compared with: most (and least) were expected".into());
    }
    let bounds = (least.unwrap_or(0), most.unwrap_or(u64::MAX));
    if bounds.0 > bounds.1 {
        return fault(format!("length has least {} above most {}", bounds.0, bounds.1));
    }
    Ok(Length { offset, size, endian, adds, of, bounds })
}

fn expression(place: Place<'_>, text: &Spanned<String>, scope: Scope, group: Option<usize>) -> Loaded<Expression> {
    if scope.start > MAX_OFFSET {
        let message = format!("regex begins at {}, at most {MAX_OFFSET} was expected", scope.start);
        return Err(place.error(text.span().start, message));
    }
    Expression::new(text.get_ref(), scope, group)
        .map_err(|message| place.error(text.span().start, format!("regex: {message}")))
}

fn field(place: Place<'_>, raw: &Spanned<RawField>, all: &[Transport]) -> Loaded<DeclaredField> {
    let table = raw.get_ref();
    let source = source(place, raw)?;
    if table.host && !matches!(table.r#type, FieldType::Text | FieldType::Ip) {
        return Err(place.error(raw.span().start, "host is a name, but the field is not of type text or ip".into()));
    }
    let transports = own_transports(place, table.transports.as_ref(), all)?;
    let has_stream = transports.contains(&Transport::Tcp);
    Ok(DeclaredField {
        attribute: attribute(place, table)?,
        kind: table.r#type,
        endian: table.endian,
        direction: direction(place, table.direction.as_ref())?,
        transports,
        when: table.bytes.iter().map(|bytes| mark(place, bytes, has_stream)).collect::<Loaded<Vec<_>>>()?,
        source,
        is_host: table.host,
    })
}

fn source(place: Place<'_>, raw: &Spanned<RawField>) -> Loaded<Source> {
    let (table, at) = (raw.get_ref(), raw.span().start);
    let (name, offset) = (table.name.get_ref(), table.offset);
    let fault = |message: String| Err(place.error(at, format!("field {name}: {message}")));
    let most = table.most.unwrap_or(DEFAULT_WINDOW);
    if offset > MAX_OFFSET || !(1..=MAX_VALUE_SIZE).contains(&most) {
        return fault(format!(
            "offset {offset} and most {most}, up to {MAX_OFFSET} and {MAX_VALUE_SIZE} were expected"
        ));
    }
    let until = table.until.as_ref().or(table.until_hex.as_ref());
    match (table.size, table.prefix, until, &table.regex) {
        (Some(size), None, None, None) => {
            let fits = match table.r#type {
                FieldType::Uint => (1..=8).contains(&size),
                FieldType::Ip => size == 4 || size == 16,
                FieldType::Text | FieldType::Bytes => (1..=MAX_VALUE_SIZE).contains(&size),
            };
            if !fits {
                return fault(format!("size {size}; a uint has 1 to 8, an ip 4 or 16, others up to {MAX_VALUE_SIZE}"));
            }
            Ok(Source::Fixed { offset, size })
        }
        (None, Some(size), None, None) if (1..=4).contains(&size) => {
            Ok(Source::Prefixed { offset, size, endian: table.endian, most })
        }
        (None, Some(size), None, None) => fault(format!("prefix of {size} bytes, 1 to 4 were expected")),
        (None, None, Some(_), None) => {
            let (hex, text) = (table.until_hex.as_ref(), table.until.as_ref());
            let read = bytes_of(hex.map(|text| text.get_ref().as_str()), text.map(|text| text.get_ref().as_str()));
            match read {
                Ok(delimiter) => Ok(Source::Until { offset, delimiter, most }),
                Err(message) => fault(format!("until {message}")),
            }
        }
        (None, None, None, Some(text)) => {
            let group = table.group.unwrap_or(1);
            let window = table.window.as_ref().map_or(DEFAULT_WINDOW, |window| *window.get_ref());
            let scope = Scope { is_search: table.search.unwrap_or(false), start: offset, window };
            Ok(Source::Group { expression: Box::new(expression(place, text, scope, Some(group))?), group })
        }
        _ => fault("one of size, prefix, until, until_hex, regex was expected".into()),
    }
}

fn attribute(place: Place<'_>, raw: &RawField) -> Loaded<DeclaredAttribute> {
    let (name, kind) = (raw.name.get_ref(), raw.r#type.kind());
    let at = raw.name.span().start;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let parts = name.split('.').filter(|part| !part.is_empty()).count();
    if !name.bytes().all(fits) || parts < 2 || parts != name.split('.').count() {
        return Err(place.error(at, format!("field name {name:?} is not like acme.unit: a-z, 0-9, - and _, with dots")));
    }
    let native = Attribute::ALL.iter().find(|attribute| attribute.name() == name);
    if let Some(native) = native.filter(|native| native.kind() != kind) {
        let message = format!("field {name} is {kind:?}, but the native attribute is {:?}", native.kind());
        return Err(place.error(at, message));
    }
    let id = match (&raw.id, native) {
        (Some(id), None) if *id.get_ref() >= FIRST_ATTRIBUTE => *id.get_ref(),
        (Some(id), _) => {
            let message = format!("id {} of field {name} is not from {FIRST_ATTRIBUTE} to 65535", id.get_ref());
            return Err(place.error(id.span().start, message));
        }
        (None, Some(native)) => native.id(),
        (None, None) => attribute_id(name),
    };
    Ok(DeclaredAttribute { id, name: name.clone(), kind, unit: raw.unit.clone(), meaning: raw.meaning.clone() })
}

/// The id of an attribute by its name alone (FNV-1a, folded to 15 bits): the same in every set and at every load.
fn attribute_id(name: &str) -> u16 {
    let hash = name.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    FIRST_ATTRIBUTE | u16::try_from((hash >> 15 ^ hash) & 0x7fff).unwrap_or(0)
}

fn transports(place: Place<'_>, raw: &Spanned<Vec<String>>) -> Loaded<Vec<Transport>> {
    let named = raw.get_ref().iter().map(|name| transport(place, raw.span().start, name));
    let named = named.collect::<Loaded<Vec<_>>>()?;
    if named.is_empty() {
        return Err(place.error(raw.span().start, "transports is empty, tcp or udp was expected".into()));
    }
    Ok(named)
}

/// Those of a part of the protocol: all of it, unless it says otherwise.
fn own_transports(place: Place<'_>, raw: Option<&Spanned<Vec<String>>>, all: &[Transport]) -> Loaded<Vec<Transport>> {
    let Some(raw) = raw else { return Ok(all.to_vec()) };
    let own = transports(place, raw)?;
    if own.iter().all(|transport| all.contains(transport)) {
        return Ok(own);
    }
    Err(place.error(raw.span().start, "transports has one that the protocol does not".into()))
}

/// TCP or UDP by name.
///
/// # Errors
/// It is neither.
pub(super) fn transport(place: Place<'_>, at: usize, name: &str) -> Loaded<Transport> {
    match name {
        "tcp" => Ok(Transport::Tcp),
        "udp" => Ok(Transport::Udp),
        _ => Err(place.error(at, format!("transport {name:?}, tcp or udp was expected"))),
    }
}

/// Who sends; `None` for either end, which is also what stands when nothing is said.
///
/// # Errors
/// It is another word.
pub(super) fn direction(place: Place<'_>, raw: Option<&Spanned<String>>) -> Loaded<Option<Direction>> {
    let Some(raw) = raw else { return Ok(None) };
    match raw.get_ref().as_str() {
        "originator" => Ok(Some(Direction::Originator)),
        "responder" => Ok(Some(Direction::Responder)),
        "either" => Ok(None),
        other => {
            let message = format!("direction {other:?}, originator, responder or either was expected");
            Err(place.error(raw.span().start, message))
        }
    }
}
