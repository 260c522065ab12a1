//! Data files as they are written, before any check.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, thread};

use serde::Deserialize;
use toml::Spanned;

use crate::declared::RawProtocol;

/// What is wrong with a data file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureError {
    /// Name of the file, as it was given.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// For people.
    pub message: String,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for SignatureError {}

/// A data file: name and text.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// For error messages.
    pub name: &'a str,
    /// TOML.
    pub text: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    #[serde(default)]
    pub app: Vec<RawApp>,
    #[serde(default)]
    pub category: Vec<RawCategory>,
    #[serde(default)]
    pub example: Vec<RawExample>,
    #[serde(default)]
    pub protocol: Vec<Spanned<RawProtocol>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExample {
    pub host: Option<Spanned<String>>,
    pub certificate: Option<Spanned<String>>,
    pub alpn: Option<Spanned<String>>,
    pub user_agent: Option<Spanned<String>>,
    pub tls_fingerprint: Option<Spanned<String>>,
    pub address: Option<Spanned<String>>,
    pub app: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApp {
    pub id: Spanned<u32>,
    pub key: Spanned<String>,
    pub name: String,
    pub category: Spanned<String>,
    pub risk: Option<Spanned<u8>>,
    #[serde(default)]
    pub owner: String,
    #[serde(default)]
    pub tags: Vec<String>,
    pub domains: Vec<Spanned<String>>,
    #[serde(default)]
    pub certificates: Vec<Spanned<String>>,
    #[serde(default)]
    pub alpn: Vec<Spanned<String>>,
    #[serde(default)]
    pub user_agents: Vec<Spanned<String>>,
    #[serde(default)]
    pub tls_fingerprints: Vec<Spanned<String>>,
    #[serde(default)]
    pub networks: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCategory {
    pub id: Spanned<u8>,
    pub key: Spanned<String>,
    pub name: String,
    pub risk: Option<Spanned<u8>>,
    #[serde(default)]
    pub about: String,
}

/// A file, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub file: &'a str,
    text: &'a str,
}

impl Place<'_> {
    /// An error at a byte of the text.
    pub fn error(&self, offset: usize, message: String) -> SignatureError {
        SignatureError { file: self.file.to_owned(), line: self.line(offset), message }
    }

    /// The line of a byte of the text, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Reads files, on all processors: this is most of what a start takes.
///
/// # Errors
/// Of the first file, in their order, that is no TOML or has other keys.
pub(super) fn parse_all<'a>(files: &[SourceFile<'a>]) -> Result<Vec<(Place<'a>, RawFile)>, SignatureError> {
    let next = AtomicUsize::new(0);
    let parsed: Vec<OnceLock<_>> = files.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        while let Some((file, slot)) = files.iter().zip(&parsed).nth(next.fetch_add(1, Ordering::Relaxed)) {
            slot.get_or_init(|| parse(file));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(files.len());
    thread::scope(|scope| {
        for _ in 1..threads {
            let _unless_there_are_too_many = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    parsed.into_iter().filter_map(OnceLock::into_inner).collect()
}

fn parse<'a>(file: &SourceFile<'a>) -> Result<(Place<'a>, RawFile), SignatureError> {
    let place = Place { file: file.name, text: file.text };
    match toml::from_str(file.text) {
        Ok(raw) => Ok((place, raw)),
        Err(error) => {
            let offset = error.span().map_or(0, |span| span.start);
            Err(place.error(offset, error.message().to_owned()))
        }
    }
}
