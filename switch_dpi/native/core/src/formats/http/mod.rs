//! HTTP/1: its messages, and what is told by them alone.

pub mod message;
pub mod services;
