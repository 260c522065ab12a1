//! Stratum, the protocol of mining pools: JSON in lines over TCP, in its dialects for Bitcoin ("Stratum mining protocol", BIP
//! 310), Ethereum (eth_submitLogin, EthereumStratum/1.0.0) and Monero (login, job). Version 2 is encrypted.

use crate::probing::answers::matched;
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::Lines;
use crate::probing::readers::Reading;
use crate::probing::search::{find, json_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Methods of the two dialects that need nothing else to be sure.
const METHODS: [&[u8]; 6] = [
    b"\"mining.",
    b"\"eth_submitLogin\"",
    b"\"eth_getWork\"",
    b"\"eth_submitWork\"",
    b"\"eth_submitHashrate\"",
    b"\"keepalived\"",
];
/// Keys of Monero's job and login.
const JOB_KEYS: [&[u8]; 2] = [b"\"blob\":", b"\"target\":"];
const LOGIN_KEYS: [&[u8]; 2] = [b"\"login\":", b"\"pass\":"];
/// Lines looked at: answers may come before a method does.
const MAX_LINES: usize = 4;
/// Jobs are long.
const MAX_PROBE_SIZE: usize = 4096;

/// Stratum.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "stratum",
    name: "Mining",
    selector: 934,
    category: "crypto-currency",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[3333, 4444, 5555, 7777, 14444, 14433],
    first_bytes: FirstBytes::Of(b"{"),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if !data.starts_with(b"{") {
        return if data.is_empty() { Probe::NeedMore } else { Probe::No };
    }
    if data.get(1).is_some_and(|byte| !matches!(byte, b' ' | b'"')) {
        return Probe::No;
    }
    let mut lines = Lines::new(data, 0);
    for line in lines.by_ref().take(MAX_LINES) {
        if !line.is_empty() && !line.starts_with(b"{") {
            return Probe::No;
        }
        if is_mining(line) {
            return matched(90, "request or job", 16);
        }
    }
    let is_open = lines.rest().len() < MAX_PROBE_SIZE && Lines::new(data, 0).count() < MAX_LINES;
    if is_open { Probe::NeedMore } else { Probe::No }
}

fn is_mining(line: &[u8]) -> bool {
    let has = |keys: &[&[u8]]| keys.iter().all(|key| find(line, key).is_some());
    METHODS.iter().any(|method| find(line, method).is_some())
        || has(&JOB_KEYS)
        || json_text(line, "method") == Some(b"login") && has(&LOGIN_KEYS)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    for line in Lines::new(sample.data, 0).take(MAX_LINES * 2) {
        let Some(method) = json_text(line, "method") else { continue };
        found.text(Attribute::MiningMethod, method);
        let first = find(line, b"\"params\"").and_then(|at| first_of_list(line.get(at + 8..)?));
        let (user, client) = match method {
            b"mining.subscribe" => (None, first),
            b"mining.authorize" | b"eth_submitLogin" => (first, None),
            b"login" => {
                (find(line, b"\"login\":").and_then(|at| json_text(line.get(at..)?, "login")), json_text(line, "agent"))
            }
            _ => (None, None),
        };
        for (attribute, text) in [(Attribute::MiningUser, user), (Attribute::CurrencyClient, client)] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                found.text(attribute, text);
            }
        }
    }
    Progress::Settled
}

/// The text that a list begins with: `: ["ann.rig1", …`.
fn first_of_list(data: &[u8]) -> Option<&[u8]> {
    let list = data.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"[")?;
    let text = list.trim_ascii_start().strip_prefix(b"\"")?;
    text.get(..text.iter().position(|byte| *byte == b'"')?)
}

const EXAMPLES: &[Example] = &[
    telling(
        client("Bitcoin: subscribe and authorise", b"{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": [\"cgminer/4.12\"]}\n{\"id\": 2, \"method\": \"mining.authorize\", \"params\": [\"ann.rig1\", \"x\"]}\n"),
        &[
            (Attribute::MiningMethod, "mining.subscribe"),
            (Attribute::CurrencyClient, "cgminer/4.12"),
            (Attribute::MiningUser, "ann.rig1"),
        ],
    ),
    server("Bitcoin: answer of a pool", b"{\"id\":1,\"result\":[[[\"mining.set_difficulty\",\"b4b6\"],[\"mining.notify\",\"ae68\"]],\"08000002\",4],\"error\":null}\n"),
    telling(
        client("Ethereum: log-in", b"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"eth_submitLogin\",\"params\":[\"0x52bc44d5378309ee2abf1539bf71de1b7d7be3b5\"],\"worker\":\"rig1\"}\n"),
        &[(Attribute::MiningUser, "0x52bc44d5378309ee2abf1539bf71de1b7d7be3b5")],
    ),
    telling(
        client("Monero: log-in", b"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"44AFFq5kSiGBoZ\",\"pass\":\"x\",\"agent\":\"XMRig/6.20.0\",\"algo\":[\"rx/0\"]}}\n"),
        &[(Attribute::MiningUser, "44AFFq5kSiGBoZ"), (Attribute::CurrencyClient, "XMRig/6.20.0")],
    ),
    server("Monero: answer with a job", b"{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"id\":\"7a\",\"job\":{\"blob\":\"1010f3\",\"job_id\":\"1\",\"target\":\"b88d0600\",\"algo\":\"rx/0\"},\"status\":\"OK\"}}\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_json_is_let_go() {
        let many = b"{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n";
        for data in [&b"{\"method\":\"x\"}\nGET /\n"[..], b"{abc", many, b"[1]"] {
            let answer = probe(&Sample { data, ..Sample::EMPTY });
            assert_eq!(answer, Probe::No, "{data:?}");
        }
    }
}
