//! InfluxDB's line protocol (InfluxDB documentation, "Line protocol") over UDP, as Telegraf sends it: `measurement,tags fields time`.

use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Times in nanoseconds have so many digits from 2001 to 2286.
const TIME_DIGITS: usize = 19;

/// InfluxDB line protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "influxdb-line",
    name: "InfluxDB line protocol",
    selector: 1577,
    category: "analytics",
    transports: &[CARRIER],
    ports: &[8089, 8094],
    first_bytes: FirstBytes::Where(is_first_byte),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_line(sample.data), 80, "measurement, fields and time", sample.data.len())
}

fn is_first_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_line(data: &[u8]) -> Option<bool> {
    let line = data.split(|byte| *byte == b'\n').next()?;
    let first_space = line.iter().position(|byte| *byte == b' ')?;
    let last_space = line.iter().rposition(|byte| *byte == b' ')?;
    let (series, fields, time) =
        (line.get(..first_space)?, line.get(first_space..last_space)?, line.get(last_space + 1..)?);
    let is_series = series.iter().all(|byte| byte.is_ascii_graphic()) && !series.contains(&b':');
    let has_time = time.len() == TIME_DIGITS && time.iter().all(u8::is_ascii_digit);
    let is_series = is_series && is_first_byte(*series.first()?);
    Some(is_series && has_time && fields.contains(&b'=') && fields.iter().all(|byte| matches!(byte, b' '..=b'~')))
}

const EXAMPLES: &[Example] = &[
    query("with tags", b"cpu,host=db1,cpu=cpu0 usage_idle=97.2,usage_user=1.4 1767225600000000000\n"),
    query("without tags", b"uptime seconds=4711i 1767225600000000000\n"),
];
