//! Tests of a flow's metadata: label bits of those that a value passes. Equal values and names are looked up, whatever
//! their number; beginnings, ends, parts and ranges are tried one after the other, those of the attribute at hand.
//!
//! `ofext.facts.holds` says the same, slowly; a property test compares the two.

use std::borrow::Cow;
use std::collections::HashMap;

/// As what a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A host name; ends are names above it.
    Host,
    /// UTF-8 without the case of A to Z.
    Text,
    /// As it is.
    Bytes,
    /// Big-endian, however many bytes it has.
    Number,
}

/// How it is compared with operands, which are in the form of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is one of them.
    Equals,
    /// It begins with the first.
    Prefix,
    /// It ends with the first; a host name is below it.
    Suffix,
    /// The first is in it.
    Contains,
    /// It is between the first two, which it may equal.
    Range,
    /// It is there.
    Present,
}

/// One test of an attribute.
#[derive(Clone, Debug)]
pub struct Test {
    /// As what values are compared.
    pub form: Form,
    /// How.
    pub operation: Operation,
    /// With what; none for [`Operation::Present`], two for [`Operation::Range`].
    pub operands: Vec<Vec<u8>>,
    /// Of the label, for a value that passes.
    pub bits: u128,
}

/// The tests of one attribute.
#[derive(Debug, Default)]
pub(crate) struct Values {
    present: u128,
    hosts: HashMap<Box<[u8]>, u128>,
    below: HashMap<Box<[u8]>, u128>,
    numbers: Vec<(u64, u64, u128)>,
    text: Comparisons,
    bytes: Comparisons,
}

impl Values {
    pub(crate) fn add(&mut self, test: Test) {
        let Test { form, operation, operands, bits } = test;
        match (form, operation) {
            (_, Operation::Present) => self.present |= bits,
            (Form::Host, Operation::Suffix) => add_keys(&mut self.below, operands, bits),
            (Form::Host, _) => add_keys(&mut self.hosts, operands, bits),
            (Form::Number, Operation::Range) => {
                let mut ends = operands.iter().filter_map(|operand| number(operand));
                if let (Some(low), Some(high)) = (ends.next(), ends.next()) {
                    self.numbers.push((low, high, bits));
                }
            }
            (Form::Number, _) => {
                self.numbers.extend(operands.iter().filter_map(|each| number(each)).map(|each| (each, each, bits)));
            }
            (Form::Text, _) => self.text.add(operation, operands, bits),
            (Form::Bytes, _) => self.bytes.add(operation, operands, bits),
        }
    }

    /// Bits of the tests that a value passes; None for a value that has to be read otherwise: an internationalised name
    /// (RFC 5891), or a number beyond 64 bits.
    pub(crate) fn bits(&self, value: &[u8]) -> Option<u128> {
        let mut found = self.present;
        if !self.hosts.is_empty() || !self.below.is_empty() {
            found |= self.of_host(value)?;
        }
        if !self.numbers.is_empty() {
            let number = number(value)?;
            let passed = self.numbers.iter().filter(|(low, high, _)| (*low..=*high).contains(&number));
            found |= passed.fold(0, |all, (.., bits)| all | bits);
        }
        if !self.text.is_empty() {
            found |= self.text.bits(&lower(value));
        }
        Some(found | self.bytes.bits(value))
    }

    fn of_host(&self, value: &[u8]) -> Option<u128> {
        if !value.is_ascii() {
            return None;
        }
        let lower = lower(value);
        let host = lower.strip_suffix(b".").unwrap_or(&lower);
        let mut found = self.hosts.get(host).copied().unwrap_or_default();
        for (dot, _) in host.iter().enumerate().filter(|(place, byte)| **byte == b'.' && *place > 0) {
            let above = host.get(dot + 1..).unwrap_or_default();
            found |= self.below.get(above).copied().unwrap_or_default();
        }
        Some(found)
    }
}

/// Comparisons of bytes.
#[derive(Debug, Default)]
struct Comparisons {
    equal: HashMap<Box<[u8]>, u128>,
    others: Vec<(Operation, Vec<Vec<u8>>, u128)>,
}

impl Comparisons {
    fn is_empty(&self) -> bool {
        self.equal.is_empty() && self.others.is_empty()
    }

    fn add(&mut self, operation: Operation, operands: Vec<Vec<u8>>, bits: u128) {
        match operation {
            Operation::Equals => add_keys(&mut self.equal, operands, bits),
            _ => self.others.push((operation, operands, bits)),
        }
    }

    fn bits(&self, value: &[u8]) -> u128 {
        let found = if self.equal.is_empty() { None } else { self.equal.get(value).copied() };
        let passed = self.others.iter().filter(|(operation, operands, _)| passes(*operation, operands, value));
        passed.fold(found.unwrap_or_default(), |all, (.., bits)| all | bits)
    }
}

fn passes(operation: Operation, operands: &[Vec<u8>], value: &[u8]) -> bool {
    match (operation, operands) {
        (Operation::Prefix, [start, ..]) => value.starts_with(start),
        (Operation::Suffix, [end, ..]) => value.ends_with(end),
        (Operation::Contains, [part, ..]) => memchr::memmem::find(value, part).is_some(),
        (Operation::Range, [low, high, ..]) => {
            value.len() == low.len() && (low.as_slice()..=high.as_slice()).contains(&value)
        }
        _ => false,
    }
}

fn add_keys(table: &mut HashMap<Box<[u8]>, u128>, keys: Vec<Vec<u8>>, bits: u128) {
    for key in keys {
        *table.entry(key.into()).or_default() |= bits;
    }
}

fn lower(value: &[u8]) -> Cow<'_, [u8]> {
    if value.iter().any(u8::is_ascii_uppercase) { value.to_ascii_lowercase().into() } else { value.into() }
}

/// None beyond 64 bits.
fn number(value: &[u8]) -> Option<u64> {
    let digits = value.iter().position(|byte| *byte != 0).and_then(|start| value.get(start..)).unwrap_or_default();
    let is_small = digits.len() <= size_of::<u64>();
    is_small.then(|| digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tests: &[(Form, Operation, &[&str])]) -> Values {
        let mut values = Values::default();
        for (place, (form, operation, operands)) in tests.iter().enumerate() {
            let operands = operands.iter().map(|operand| operand.as_bytes().to_vec()).collect();
            values.add(Test { form: *form, operation: *operation, operands, bits: 1 << place });
        }
        values
    }

    #[test]
    fn names_and_the_names_below_are_found() {
        let values = values(&[
            (Form::Host, Operation::Suffix, &["example.com"]),
            (Form::Host, Operation::Equals, &["www.example.com"]),
        ]);
        let bits = |host: &str| values.bits(host.as_bytes());
        assert_eq!(bits("WWW.example.com."), Some(3));
        assert_eq!(bits("a.b.example.com"), Some(1));
        assert_eq!(bits("example.com"), Some(0));
        assert_eq!(bits(".example.com"), Some(0));
        assert_eq!(bits("bücher.example"), None);
    }

    #[test]
    fn texts_are_compared_without_case_and_bytes_with_it() {
        let values = values(&[
            (Form::Text, Operation::Prefix, &["curl"]),
            (Form::Text, Operation::Contains, &[""]),
            (Form::Bytes, Operation::Suffix, &["8"]),
            (Form::Bytes, Operation::Equals, &["curl/8", "x"]),
            (Form::Bytes, Operation::Range, &["a", "c"]),
            (Form::Bytes, Operation::Present, &[]),
        ]);
        assert_eq!(values.bits(b"Curl/8"), Some(0b10_0111));
        assert_eq!(values.bits(b"b"), Some(0b11_0010));
        assert_eq!(values.bits(b"bb"), Some(0b10_0010));
    }

    #[test]
    fn numbers_are_compared_whatever_their_size_and_beyond_64_bits_not_at_all() {
        let values = values(&[(Form::Number, Operation::Range, &["\u{1}", "\u{9}"])]);
        assert_eq!(values.bits(&[0, 0, 9]), Some(1));
        assert_eq!(values.bits(&[]), Some(0));
        assert_eq!(values.bits(&[0; 20]), Some(0));
        assert_eq!(values.bits(&[1; 9]), None);
    }
}
