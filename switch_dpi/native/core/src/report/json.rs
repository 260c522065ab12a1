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
    let ((source, sport), (destination, dport)) = (view.originator(), view.responder());
    let (sport, dport) = if view.has_ports() { (sport, dport) } else { (0, 0) };
    let [sent, received] = view.volume();
    let version = view.ip_version();
    write!(out, "{{\"pcap\":{}", Text(capture))?;
    write!(out, ",\"src\":\"{}\",\"sport\":{sport}", source.text(version))?;
    write!(out, ",\"dst\":\"{}\",\"dport\":{dport}", destination.text(version))?;
    write!(out, ",\"l4\":{},\"vlan\":{}", view.protocol_number(), view.vlan())?;
    write!(out, ",\"packets\":{},\"bytes\":{}", sent.packets + received.packets, sent.bytes + received.bytes)?;
    write!(out, ",\"packets_c2s\":{},\"packets_s2c\":{}", sent.packets, received.packets)?;
    write!(out, ",\"bytes_c2s\":{},\"bytes_s2c\":{}", sent.bytes, received.bytes)?;
    let duration_ns = view.last_seen_ns().saturating_sub(view.first_seen_ns());
    write!(out, ",\"first_seen\":{},\"duration\":{}", Seconds(view.first_seen_ns()), Seconds(duration_ns))?;
    write!(out, ",\"app_id\":{}", view.app_id().0)?;
    out.write_str(",\"app\":")?;
    write_name(out, view.app_or_protocol().map(|(_, name)| name))?;
    out.write_str(",\"protocol\":")?;
    write_name(out, view.protocol().map(|(_, name)| name))?;
    if let Some(site) = view.site() {
        write!(out, ",\"site\":{}", Text(&site))?;
    }
    write!(out, ",\"path\":\"{}\"", view.path())?;
    write!(out, ",\"category\":{}", Text(view.category().map_or(UNKNOWN.0, |category| category.key.as_str())))?;
    write!(out, ",\"state\":\"{}\",\"verdict_packet\":{}", view.state().name(), view.verdict_packet())?;
    write!(out, ",\"confidence\":{},\"evidence\":\"", view.confidence())?;
    write!(Escaping(out), "{}", view.evidence())?;
    out.write_char('"')?;
    write_origin(out, view)?;
    out.write_str(",\"metadata\":{")?;
    write_metadata(out, view)?;
    out.write_str("}}\n")
}

/// The flow that this one comes from, and what was thought of it at its first packet.
fn write_origin(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    write!(out, ",\"flow_id\":{}", view.id())?;
    if let Some(parent) = view.parent() {
        write!(out, ",\"parent_flow_id\":{parent}")?;
    }
    let Some(first) = view.first_guess() else { return Ok(()) };
    out.write_str(",\"first_packet\":{\"protocol\":")?;
    write_name(out, first.protocol())?;
    out.write_str(",\"app\":")?;
    write_name(out, first.app())?;
    write!(out, ",\"confidence\":{},\"from\":\"{}\"}}", first.confidence(), first.source())
}

fn write_name(out: &mut impl Write, name: Option<&str>) -> fmt::Result {
    match name {
        Some(name) => write!(out, "{}", Text(name)),
        None => out.write_str("null"),
    }
}

/// One member an attribute; an attribute with several values has them in an array.
fn write_metadata(out: &mut impl Write, view: &FlowView<'_>) -> fmt::Result {
    let fields = view.metadata();
    let mut separator = "";
    for (at, (id, first)) in fields.enumerate() {
        if fields.take(at).any(|(earlier, _)| earlier == id) {
            continue;
        }
        write!(out, "{separator}\"{}\":", view.attribute_name(id))?;
        separator = ",";
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
        Field::Text(text) => write!(out, "{}", Text(text)),
        Field::Uint(number) => write!(out, "{number}"),
        Field::Bytes(bytes) => {
            out.write_str("\"")?;
            bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
            out.write_str("\"")
        }
    }
}

/// A string in quotes.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("\"")?;
        Escaping(out).write_str(self.0)?;
        out.write_str("\"")
    }
}

/// Escapes what must not stand in a string (RFC 8259 §7).
struct Escaping<'a, W>(&'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
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
        assert_eq!(Text("a\"b\\c\nd\u{1}é").to_string(), "\"a\\\"b\\\\c\\u000ad\\u0001é\"");
        assert_eq!(Text("").to_string(), "\"\"");
    }

    #[test]
    fn seconds_are_exact() {
        assert_eq!(Seconds(1_470_104_373_025_000_000).to_string(), "1470104373.025000");
        assert_eq!(Seconds(1).to_string(), "0.000000001");
    }
}
