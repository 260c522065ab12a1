//! Bitcoin and the currencies that took its messages over ("P2P Network" of the Bitcoin developer guide): the chain's magic
//! number, a command padded with zeros, size (little-endian), checksum; over TCP. The encrypted transport (BIP 324) is not known.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::examples::{client, server, telling};
use crate::probing::numbers::{size_of_u32, u8_at, u32_le_at};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Magic numbers as they are sent.
const NETWORKS: &[([u8; 4], &str)] = &[
    ([0xf9, 0xbe, 0xb4, 0xd9], "Bitcoin"),
    ([0x0b, 0x11, 0x09, 0x07], "Bitcoin testnet 3"),
    ([0x1c, 0x16, 0x3f, 0x28], "Bitcoin testnet 4"),
    ([0x0a, 0x03, 0xcf, 0x40], "Bitcoin signet"),
    ([0xfa, 0xbf, 0xb5, 0xda], "Bitcoin regtest"),
    ([0xe3, 0xe1, 0xf3, 0xe8], "Bitcoin Cash"),
    ([0xf4, 0xe5, 0xf3, 0xf4], "Bitcoin Cash testnet"),
    ([0xe1, 0x47, 0x6d, 0x44], "Bitcoin Gold"),
    ([0xf9, 0xbe, 0xb4, 0xfe], "Namecoin"),
    ([0xfb, 0xc0, 0xb6, 0xdb], "Litecoin"),
    ([0xfd, 0xd2, 0xc8, 0xf1], "Litecoin testnet"),
    ([0xc0, 0xc0, 0xc0, 0xc0], "Dogecoin"),
    ([0xfc, 0xc1, 0xb7, 0xdc], "Dogecoin testnet"),
    ([0xbf, 0x0c, 0x6b, 0xbd], "Dash"),
    ([0xce, 0xe2, 0xca, 0xff], "Dash testnet"),
    ([0x24, 0xe9, 0x27, 0x64], "Zcash"),
    ([0xfa, 0x1a, 0xf9, 0xbf], "Zcash testnet"),
    ([0xf9, 0x00, 0xb4, 0xd9], "Decred"),
    ([0xfa, 0xc3, 0xb6, 0xda], "DigiByte"),
    ([0xf9, 0xbe, 0xb4, 0xd4], "Groestlcoin"),
    ([0xe6, 0xe8, 0xe9, 0xe5], "Peercoin"),
    ([0xf1, 0xcf, 0xa6, 0xd3], "Qtum"),
    ([b'R', b'A', b'V', b'N'], "Ravencoin"),
    ([0xf9, 0xee, 0xe4, 0x8d], "Komodo"),
    ([0xe3, 0xd9, 0xfe, 0xf1], "Firo"),
    ([0x90, 0xc4, 0xfd, 0xe9], "PIVX"),
];
/// Commands, the usual ones first.
const COMMANDS: &[&[u8]] = &[
    b"version",
    b"verack",
    b"ping",
    b"pong",
    b"inv",
    b"getdata",
    b"tx",
    b"block",
    b"headers",
    b"getheaders",
    b"getblocks",
    b"addr",
    b"addrv2",
    b"sendaddrv2",
    b"getaddr",
    b"sendheaders",
    b"sendcmpct",
    b"cmpctblock",
    b"getblocktxn",
    b"blocktxn",
    b"feefilter",
    b"wtxidrelay",
    b"sendtxrcncl",
    b"mempool",
    b"notfound",
    b"reject",
    b"alert",
    b"filterload",
    b"filteradd",
    b"filterclear",
    b"merkleblock",
    b"getcfilters",
    b"cfilter",
    b"getcfheaders",
    b"cfheaders",
    b"getcfcheckpt",
    b"cfcheckpt",
    b"extversion",
    b"xversion",
    b"protoconf",
    b"authch",
    b"senddsq",
    b"mnauth",
    b"spork",
    b"getsporks",
];
/// Where the command stands, and its size with padding.
const COMMAND_AT: usize = 4;
const COMMAND_SIZE: usize = 12;
/// Magic number, command, size, checksum.
const HEADER_SIZE: usize = 24;
/// MAX_SIZE of the reference client.
const MAX_PAYLOAD_SIZE: u32 = 32 << 20;
/// Where `version` names the program: behind version, services, time, two addresses, nonce.
const USER_AGENT_AT: usize = HEADER_SIZE + 4 + 8 + 8 + 26 + 26 + 8;

/// Bitcoin and its relatives.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bitcoin",
    name: "Bitcoin",
    selector: 930,
    category: "crypto-currency",
    transports: &[Transport::Tcp],
    ports: &[8333, 18333, 48333, 9333, 22556, 9999, 8233],
    first_bytes: FirstBytes::Where(|byte| NETWORKS.iter().any(|([first, ..], _)| *first == byte)),
    max_probe_size: HEADER_SIZE,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if !NETWORKS.iter().any(|(magic, _)| begins(data, magic) != Beginning::Other) {
        return Probe::No;
    }
    let command = data.get(COMMAND_AT..).unwrap_or_default();
    if !COMMANDS.iter().any(|known| is_command(command, known)) {
        return Probe::No;
    }
    match u32_le_at(data, COMMAND_AT + COMMAND_SIZE) {
        None => Probe::NeedMore,
        Some(size) if size <= MAX_PAYLOAD_SIZE => matched(100, "message header", 20),
        Some(_) => Probe::No,
    }
}

/// Whether `data` begins with the command, or is the beginning of it, padding included.
fn is_command(data: &[u8], command: &[u8]) -> bool {
    let padded = command.iter().copied().chain(std::iter::repeat(0)).take(COMMAND_SIZE);
    data.iter().zip(padded).all(|(byte, wanted)| *byte == wanted)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let data = sample.data;
    if let Some((_, name)) = NETWORKS.iter().find(|(magic, _)| data.starts_with(magic)) {
        found.text(Attribute::CurrencyNetwork, name.as_bytes());
    }
    let size = u32_le_at(data, COMMAND_AT + COMMAND_SIZE).map_or(0, size_of_u32);
    if data.get(COMMAND_AT..).is_some_and(|command| command.starts_with(b"version\0")) {
        let client = u8_at(data, USER_AGENT_AT)
            .and_then(|size| data.get(USER_AGENT_AT + 1..)?.get(..usize::from(size)))
            .filter(|client| !client.is_empty() && USER_AGENT_AT + 1 + client.len() <= HEADER_SIZE + size);
        if let Some(client) = client {
            found.text(Attribute::CurrencyClient, client);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client("version", b"\xf9\xbe\xb4\xd9version\0\0\0\0\0\x66\x00\x00\x00\x5a\x11\x90\x02\x80\x11\x01\x00\x09\x04\0\0\0\0\0\0\xa5\x01\x90\x65\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x07\x20\x8d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x08\x20\x8d\x01\x02\x03\x04\x05\x06\x07\x08\x10/Satoshi:25.0.0/\x77\x99\x0c\x00\x01"),
        &[(Attribute::CurrencyNetwork, "Bitcoin"), (Attribute::CurrencyClient, "/Satoshi:25.0.0/")],
    ),
    telling(
        server("acknowledgement of a version, Dogecoin", b"\xc0\xc0\xc0\xc0verack\0\0\0\0\0\0\0\0\0\0\x5d\xf6\xe0\xe2"),
        &[(Attribute::CurrencyNetwork, "Dogecoin")],
    ),
    client("inventory, Zcash, in the middle", b"\x24\xe9\x27\x64inv\0\0\0\0\0\0\0\0\0\x25\x00\x00\x00\x5a\x11\x90\x02\x01\x01\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_networks_and_commands_are_claimed() {
        let answer = |data| probe(&Sample { data, ..Sample::EMPTY });
        assert_eq!(answer(b"\xf9\xbe\xb4\xd8"), Probe::No);
        assert_eq!(answer(b"\xf9\xbe\xb4\xd9versiom"), Probe::No);
        assert_eq!(answer(b"\xf9\xbe\xb4\xd9tx\0\0"), Probe::NeedMore);
        assert_eq!(answer(b"\xf9\xbe\xb4\xd9tx\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff"), Probe::No);
    }
}
