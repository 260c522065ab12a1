//! StatsD metrics (etsy/statsd documentation, "Metric Types") and the extensions of DogStatsD, over UDP.

use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// The shortest `name:1|c` that is told from chance.
const LEAST_NAME_SIZE: usize = 3;
/// Counter, gauge, timer, histogram, set, distribution, meter.
const TYPES: [&[u8]; 7] = [b"c", b"g", b"ms", b"h", b"s", b"d", b"m"];

/// StatsD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "statsd",
    name: "StatsD",
    selector: 1575,
    category: "analytics",
    transports: &[CARRIER],
    ports: &[8125, 8126],
    first_bytes: FirstBytes::Where(is_first_byte),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_metric(sample.data), 70, "metric", sample.data.len())
}

/// `name:value|type`, then perhaps `|@rate` and `|#tags`.
fn is_metric(data: &[u8]) -> Option<bool> {
    let colon = data.iter().take(256).position(|byte| !is_name_byte(*byte))?;
    let (name, rest) = data.split_at_checked(colon)?;
    let rest = rest.strip_prefix(b":")?;
    let line = rest.split(|byte| *byte == b'\n').next()?;
    let mut fields = line.split(|byte| *byte == b'|');
    let (value, kind) = (fields.next()?, fields.next()?);
    let is_set = kind == b"s" && !value.is_empty();
    let fits = fields.all(|field| matches!(field.first(), Some(b'@' | b'#' | b'c' | b'T')));
    Some(
        is_first_byte(*name.first()?)
            && name.len() >= LEAST_NAME_SIZE
            && TYPES.contains(&kind)
            && (is_set || is_number(value))
            && fits,
    )
}

fn is_first_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/')
}

/// One number, or several with colons between them.
fn is_number(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b':'))
}

const EXAMPLES: &[Example] = &[
    query("counter", b"web.requests:1|c\n"),
    query("timer with rate and tags", b"web.render:31.5|ms|@0.1|#env:prod,page:home"),
];
