//! A flow's record as one line of JSON (RFC 8259), written straight from the engine.

use std::fmt::{self, Write};

use crate::options::SECOND_NS;
use crate::protocol::Field;
use crate::report::event::FlowView;
use crate::report::record::UNKNOWN;

/// Appends the record and a line feed. `capture` is the name of the file that it comes from.
///
/// # Errors
/// Only those of `out`; a `String` has none.
pub fn write_record(out: &mut impl Write, capture: &str, view: &FlowView<'_>) -> fmt::Result {
    out.write_str("{\"pcap\":")?;
    write_text(out, capture)?;
    write_ends(out, view)?;
    write_volume(out, view)?;
    let duration_ns = view.last_seen_ns().saturating_sub(view.first_seen_ns());
    write!(out, ",\"first_seen\":{},\"duration\":{}", Seconds(view.first_seen_ns()), Seconds(duration_ns))?;
    number(out, "app_id", view.app_id().0)?;
    name(out, "app", view.app_or_protocol().map(|(_, name)| name))?;
    name(out, "protocol", view.protocol().map(|(_, name)| name))?;
    if let Some(site) = view.site() {
        text(out, "site", &site)?;
    }
    write!(out, ",\"path\":\"{}\"", view.path())?;
    text(out, "category", view.category().map_or(UNKNOWN.0, |category| category.key.as_str()))?;
    number(out, "risk", view.risk())?;
    text(out, "state", view.state().name())?;
    number(out, "verdict_packet", view.verdict_packet())?;
    number(out, "confidence", view.confidence())?;
    member(out, "evidence")?;
    out.write_char('"')?;
    write!(Escaping(out), "{}", view.evidence())?;
    out.write_char('"')?;
    write_origin(out, view)?;
    member(out, "metadata")?;
    out.write_char('{')?;
    write_metadata(out, view)?;
    out.write_str("}}\n")
}

fn write_ends(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    let ((source, sport), (destination, dport)) = (view.originator(), view.responder());
    let (sport, dport) = if view.has_ports() { (sport, dport) } else { (0, 0) };
    let version = view.ip_version();
    write!(out, ",\"src\":\"{}\"", source.text(version))?;
    number(out, "sport", sport)?;
    write!(out, ",\"dst\":\"{}\"", destination.text(version))?;
    number(out, "dport", dport)?;
    number(out, "l4", view.protocol_number())?;
    number(out, "vlan", view.vlan())
}

fn write_volume(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    let [sent, received] = view.volume();
    number(out, "packets", sent.packets + received.packets)?;
    number(out, "bytes", sent.bytes + received.bytes)?;
    number(out, "packets_c2s", sent.packets)?;
    number(out, "packets_s2c", received.packets)?;
    number(out, "bytes_c2s", sent.bytes)?;
    number(out, "bytes_s2c", received.bytes)
}

/// The flow that this one comes from, and what was thought of it at its first packet.
fn write_origin(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    number(out, "flow_id", view.id())?;
    if let Some(parent) = view.parent() {
        number(out, "parent_flow_id", parent)?;
    }
    let Some(first) = view.first_guess() else { return Ok(()) };
    out.write_str(",\"first_packet\":{\"protocol\":")?;
    write_name(out, first.protocol())?;
    name(out, "app", first.app())?;
    number(out, "confidence", first.confidence())?;
    text(out, "from", first.source())?;
    out.write_char('}')
}

/// A comma, the key, and the colon.
fn member(out: &mut impl Write, key: &str) -> fmt::Result {
    out.write_str(",\"")?;
    out.write_str(key)?;
    out.write_str("\":")
}

fn number(out: &mut impl Write, key: &str, value: impl itoa::Integer) -> fmt::Result {
    member(out, key)?;
    out.write_str(itoa::Buffer::new().format(value))
}

fn text(out: &mut impl Write, key: &str, value: &str) -> fmt::Result {
    member(out, key)?;
    write_text(out, value)
}

fn name(out: &mut impl Write, key: &str, value: Option<&str>) -> fmt::Result {
    member(out, key)?;
    write_name(out, value)
}

fn write_name(out: &mut impl Write, name: Option<&str>) -> fmt::Result {
    match name {
        Some(name) => write_text(out, name),
        None => out.write_str("null"),
    }
}

/// One member an attribute; an attribute with several values has them in an array.
fn write_metadata(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    let fields = view.metadata();
    let mut before = "\"";
    for (at, (id, first)) in fields.enumerate() {
        if fields.take(at).any(|(earlier, _)| earlier == id) {
            continue;
        }
        out.write_str(before)?;
        out.write_str(view.attribute_name(id))?;
        out.write_str("\":")?;
        before = ",\"";
        let mut others = fields.skip(at + 1).filter(|(other, _)| *other == id).peekable();
        if others.peek().is_none() {
            write_field(out, first)?;
            continue;
        }
        out.write_str("[")?;
        write_field(out, first)?;
        for (_, field) in others {
            out.write_str(",")?;
            write_field(out, field)?;
        }
        out.write_str("]")?;
    }
    Ok(())
}

/// Bytes are written as hexadecimal digits.
fn write_field(out: &mut impl Write, field: Field<'_>) -> fmt::Result {
    match field {
        Field::Text(text) => write_text(out, text),
        Field::Uint(number) => out.write_str(itoa::Buffer::new().format(number)),
        Field::Bytes(bytes) => {
            out.write_str("\"")?;
            bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
            out.write_str("\"")
        }
    }
}

/// A string in quotes.
fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    Escaping(out).write_str(text)?;
    out.write_char('"')
}

/// Escapes what must not stand in a string (RFC 8259 §7).
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (plain, tail) = rest.split_at(at);
            self.0.write_str(plain)?;
            let mut chars = tail.chars();
            match chars.next() {
                Some('"') => self.0.write_str("\\\"")?,
                Some('\\') => self.0.write_str("\\\\")?,
                Some(control) => write!(self.0, "\\u{:04x}", u32::from(control))?,
                None => {}
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Nanoseconds as seconds, exactly.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / SECOND_NS, self.0 % SECOND_NS);
        match rest % 1000 {
            0 => write!(out, "{whole}.{:06}", rest / 1000),
            _ => write!(out, "{whole}.{rest:09}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let written = |text| {
            let mut out = String::new();
            write_text(&mut out, text).map(|()| out)
        };
        assert_eq!(written("a\"b\\c\nd\u{1}é").as_deref(), Ok("\"a\\\"b\\\\c\\u000ad\\u0001é\""));
        assert_eq!(written("").as_deref(), Ok("\"\""));
    }

    #[test]
    fn seconds_are_exact() {
        assert_eq!(Seconds(1_470_104_373_025_000_000).to_string(), "1470104373.025000");
        assert_eq!(Seconds(1).to_string(), "0.000000001");
    }
}
