//! Examples of a protocol in one line each; what is to be found in one is said by [`telling`].

use crate::protocol::attributes::Attribute;
use crate::protocol::{Direction, Example, Transport};

/// What the originator sends in this carrier.
#[must_use]
pub const fn sent(transport: Transport, title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Originator, data, expect: &[] }
}

/// What the responder sends in this carrier.
#[must_use]
pub const fn answered(transport: Transport, title: &'static str, data: &'static [u8]) -> Example {
    Example { title, transport, direction: Direction::Responder, data, expect: &[] }
}

/// What the originator of a stream sends.
#[must_use]
pub const fn client(title: &'static str, data: &'static [u8]) -> Example {
    sent(Transport::Tcp, title, data)
}

/// What the responder of a stream sends.
#[must_use]
pub const fn server(title: &'static str, data: &'static [u8]) -> Example {
    answered(Transport::Tcp, title, data)
}

/// A datagram of the originator.
#[must_use]
pub const fn query(title: &'static str, data: &'static [u8]) -> Example {
    sent(Transport::Udp, title, data)
}

/// A datagram of the responder.
#[must_use]
pub const fn reply(title: &'static str, data: &'static [u8]) -> Example {
    answered(Transport::Udp, title, data)
}

/// The same example, in which these values are found.
#[must_use]
pub const fn telling(example: Example, expect: &'static [(Attribute, &'static str)]) -> Example {
    Example { expect, ..example }
}
