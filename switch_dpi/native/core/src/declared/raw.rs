//! The shape of `[[protocol]]` tables, before any check.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProtocol {
    pub id: Spanned<u32>,
    pub key: Spanned<String>,
    pub name: String,
    pub category: Spanned<String>,
    pub risk: Option<Spanned<u8>>,
    pub transports: Spanned<Vec<String>>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub ports: Vec<u16>,
    #[serde(default)]
    pub replaces: Vec<Spanned<String>>,
    #[serde(default)]
    pub pattern: Vec<Spanned<RawPattern>>,
    #[serde(default)]
    pub field: Vec<Spanned<RawField>>,
    #[serde(default)]
    pub example: Vec<Spanned<RawExample>>,
    #[serde(default)]
    pub counter_example: Vec<Spanned<RawExample>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPattern {
    pub direction: Option<Spanned<String>>,
    pub transports: Option<Spanned<Vec<String>>>,
    pub confidence: Option<Spanned<u8>>,
    pub next: Option<Spanned<RawShape>>,
    // the rest is that of RawShape: serde's flatten would lose unknown keys and places
    #[serde(default)]
    pub bytes: Vec<Spanned<RawBytes>>,
    pub regex: Option<Spanned<String>>,
    pub search: Option<bool>,
    pub window: Option<Spanned<usize>>,
    pub offset: Option<Spanned<usize>>,
    pub length: Option<Spanned<RawLength>>,
    pub least_size: Option<usize>,
    pub most_size: Option<Spanned<usize>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawShape {
    #[serde(default)]
    pub bytes: Vec<Spanned<RawBytes>>,
    pub regex: Option<Spanned<String>>,
    pub search: Option<bool>,
    pub window: Option<Spanned<usize>>,
    pub offset: Option<Spanned<usize>>,
    pub length: Option<Spanned<RawLength>>,
    pub least_size: Option<usize>,
    pub most_size: Option<Spanned<usize>>,
}

impl RawPattern {
    pub fn shape(&self) -> RawShape {
        RawShape {
            bytes: self.bytes.clone(),
            regex: self.regex.clone(),
            search: self.search,
            window: self.window.clone(),
            offset: self.offset.clone(),
            length: self.length.clone(),
            least_size: self.least_size,
            most_size: self.most_size.clone(),
        }
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBytes {
    #[serde(default)]
    pub offset: i64,
    pub hex: Option<String>,
    pub text: Option<String>,
    pub mask: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLength {
    pub offset: usize,
    pub size: usize,
    #[serde(default)]
    pub endian: Endian,
    #[serde(default)]
    pub adds: i64,
    #[serde(default)]
    pub of: Counted,
    pub least: Option<u64>,
    pub most: Option<u64>,
}

/// Order of a number's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Endian {
    #[default]
    Big,
    Little,
}

impl Endian {
    /// The number that at most eight bytes are.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Big => bytes.iter().fold(0, join),
            Self::Little => bytes.iter().rev().fold(0, join),
        }
    }
}

/// What a length counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Counted {
    /// All bytes of the datagram.
    Datagram,
    /// The bytes behind the length.
    #[default]
    Rest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawField {
    pub name: Spanned<String>,
    pub r#type: FieldType,
    pub id: Option<Spanned<u16>>,
    pub direction: Option<Spanned<String>>,
    pub transports: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub meaning: String,
    #[serde(default)]
    pub host: bool,
    #[serde(default)]
    pub bytes: Vec<Spanned<RawBytes>>,
    #[serde(default)]
    pub offset: usize,
    pub size: Option<usize>,
    pub prefix: Option<usize>,
    #[serde(default)]
    pub endian: Endian,
    pub until: Option<Spanned<String>>,
    pub until_hex: Option<Spanned<String>>,
    pub most: Option<usize>,
    pub regex: Option<Spanned<String>>,
    pub group: Option<usize>,
    pub search: Option<bool>,
    pub window: Option<Spanned<usize>>,
}

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FieldType {
    Uint,
    Text,
    Bytes,
    Ip,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawExample {
    pub title: String,
    pub transport: Spanned<String>,
    pub messages: Vec<Spanned<RawMessage>>,
    #[serde(default)]
    pub expect: BTreeMap<String, RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMessage {
    pub direction: Spanned<String>,
    pub hex: Option<String>,
    pub text: Option<String>,
}

/// A value that is expected; bytes are hexadecimal digits.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum RawValue {
    Number(u64),
    Text(String),
}
