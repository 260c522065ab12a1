//! What probes and small inspectors are written with, each idea once.
//!
//! | module | for |
//! |---|---|
//! | [`cursor`] | reading a payload field by field: [`cursor::Cursor`] refuses or waits by itself; [`cursor::any_form`] tries several forms |
//! | [`beginnings`] | payloads that begin with fixed bytes or a form of bytes |
//! | [`answers`] | what a probe says: a match, a check's outcome as an answer |
//! | [`numbers`], [`search`] | numbers and texts where they stand, without a cursor |
//! | [`lines`], [`dialogue`] | protocols of lines |
//! | [`inner_packets`] | packets within tunnels |
//! | [`readers`] | inspectors made of one function |
//! | [`examples`] | a protocol's examples: `client` and `server` of a stream, `query` and `reply` in datagrams, `sent` and `answered` elsewhere |

pub mod answers;
pub mod beginnings;
pub mod cursor;
pub mod dialogue;
pub mod examples;
pub mod inner_packets;
pub mod lines;
pub mod numbers;
pub mod readers;
pub mod search;
