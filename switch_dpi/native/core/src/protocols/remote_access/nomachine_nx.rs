//! NoMachine NX: the version lines of `nxd` and its clients, and of the older `nxproxy` (NX documents, "Building and using NX
//! components").

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// What stands before the version.
const STARTS: [&[u8]; 4] = [b"NXSH-", b"NXD-", b"NXPROXY-", b"NXSERVER - Version "];
/// `8.10.1` and longer ones fit.
const MAX_VERSION_SIZE: usize = 16;

/// NoMachine.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nomachine-nx",
    name: "NoMachine",
    selector: 1244,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[4000],
    first_bytes: FirstBytes::Of(b"N"),
    max_probe_size: 19 + MAX_VERSION_SIZE,
    probe,
    app: "nomachine",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut answer = Probe::No;
    for start in STARTS {
        match begins(sample.data, start) {
            Beginning::Whole => return probe_version(sample.data.get(start.len()..).unwrap_or_default(), start.len()),
            Beginning::Partial => answer = Probe::NeedMore,
            Beginning::Other => {}
        }
    }
    answer
}

/// A digit, a dot, a digit and more of them, then anything but those.
fn probe_version(rest: &[u8], start: usize) -> Probe {
    let size = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let shape_fits = rest
        .iter()
        .zip(0_usize..2)
        .all(|(byte, at)| if at == 0 { byte.is_ascii_digit() } else { *byte == b'.' || byte.is_ascii_digit() });
    if !shape_fits || size > MAX_VERSION_SIZE || (size < 3 && size < rest.len()) {
        return Probe::No;
    }
    match rest.get(size) {
        Some(b'\n' | b'\r' | b' ') => matched(95, "version line", start + size),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"NXD-8.10.1\n",
        expect: &[],
    },
    Example {
        title: "client",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"NXSH-8.10.1\n",
        expect: &[],
    },
    Example {
        title: "proxy of version 3",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"NXPROXY-3.5.0 cookie=8b15c49a3ed760f2510cb8e394276daf,link=adsl,type=unix-kde ",
        expect: &[],
    },
];
