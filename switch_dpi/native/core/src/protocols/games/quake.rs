//! Quake 1 to 3 and the many games on their engines (Call of Duty, Xonotic, OpenArena, Urban Terror, FiveM …): commands in words
//! behind four bytes 0xff, and Quake's own control packets ("The Quake Network Protocol"), over UDP.

use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply, telling};
use crate::probing::numbers::u16_at;
use crate::probing::readers::Reading;
use crate::probing::search::{has, info_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// In front of every command outside a connection.
const MARK: &[u8] = b"\xff\xff\xff\xff";
/// Commands of Quake 3 and later.
const LATER: [&[u8]; 20] = [
    b"getinfo",
    b"getstatus",
    b"infoResponse\n",
    b"statusResponse\n",
    b"getservers",
    b"getserversResponse",
    b"getchallenge",
    b"challengeResponse",
    b"connectResponse",
    b"connect \"",
    b"connect\\",
    b"print\n",
    b"rcon ",
    b"heartbeat ",
    b"disconnect",
    b"getKeyAuthorize",
    b"ipAuthorize",
    b"getIpAuthorize",
    b"motd ",
    b"loadingnewmap",
];
/// Commands of QuakeWorld and Quake 2 that are longer than one letter.
const EARLIER: [&[u8]; 9] =
    [b"status\n", b"status\0", b"info ", b"challenge ", b"client_connect", b"connect ", b"n\\", b"servers ", b"c\x4a"];
/// Quake 1: control flag, size, command (1, 2, 0x81 to 0x83).
const CONTROL: u16 = 0x8000;

/// Quake.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "quake",
    name: "Quake",
    selector: 939,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[26000, 27500, 27910, 27950, 27960, 28960, 30120],
    first_bytes: FirstBytes::Of(&[0xff, 0x80]),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if u16_at(data, 0) == Some(CONTROL) {
        let size_fits = u16_at(data, 2).is_some_and(|size| usize::from(size) == data.len());
        let names_itself = has(data, 4, b"\x01QUAKE\0") || has(data, 4, b"\x02QUAKE\0");
        return matched_if(size_fits && names_itself, 100, "control packet", 11);
    }
    let Some(command) = data.strip_prefix(MARK) else { return Probe::No };
    if LATER.iter().any(|known| command.starts_with(known)) {
        return matched(90, "command", 11);
    }
    matched_if(EARLIER.iter().any(|known| command.starts_with(known)), 80, "command", 6)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let Some(command) = sample.data.strip_prefix(MARK) else { return Progress::Settled };
    if !command.starts_with(b"infoResponse") && !command.starts_with(b"statusResponse") {
        return Progress::Settled;
    }
    for (attribute, keys) in [
        (Attribute::GameServer, [&b"sv_hostname"[..], b"hostname"]),
        (Attribute::GameMap, [b"mapname", b"map"]),
        (Attribute::GameTitle, [b"gamename", b"game"]),
    ] {
        if let Some(text) = keys.iter().find_map(|key| info_text(command, key)).filter(|text| !text.is_empty()) {
            found.text(attribute, text);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("Quake 3: information", b"\xff\xff\xff\xffgetinfo xxx"),
    telling(
        reply("Quake 3: its answer", b"\xff\xff\xff\xffinfoResponse\n\\gamename\\Xonotic\\modname\\data\\hostname\\Our server\\clients\\3\\mapname\\stormkeep"),
        &[(Attribute::GameServer, "Our server"), (Attribute::GameMap, "stormkeep"), (Attribute::GameTitle, "Xonotic")],
    ),
    query("Quake 2: status", b"\xff\xff\xff\xffstatus\n"),
    query("Quake 1: request to connect", b"\x80\x00\x00\x0c\x01QUAKE\x00\x03"),
];
