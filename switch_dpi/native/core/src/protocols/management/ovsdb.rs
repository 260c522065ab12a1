//! Open vSwitch Database Management Protocol (RFC 7047): JSON-RPC 1.0 whose methods are its own.

use crate::probing::answers::matched;
use crate::probing::beginnings::begins;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// The method stands near the start; requests have three members (§3.1).
const MAX_HEAD_SIZE: usize = 512;
/// §4.1 and the extensions of `ovsdb-server(7)`; `echo` and `cancel` are anybody's.
const METHODS: [&[u8]; 11] = [
    b"\"list_dbs\"",
    b"\"get_schema\"",
    b"\"transact\"",
    b"\"monitor\"",
    b"\"monitor_cond\"",
    b"\"monitor_cond_since\"",
    b"\"monitor_cancel\"",
    b"\"set_db_change_aware\"",
    b"\"get_server_id\"",
    b"\"update2\"",
    b"\"update3\"",
];
const MEMBERS: [&[u8]; 3] = [b"\"method\"", b"\"params\"", b"\"id\""];
/// JSON-RPC 2.0 says so; this is 1.0.
const NEWER: &[u8] = b"\"jsonrpc\"";

/// OVSDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ovsdb",
    name: "OVSDB",
    selector: 1607,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &[6640, 6641, 6642],
    first_bytes: FirstBytes::Of(b"{"),
    max_probe_size: MAX_HEAD_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if begins(sample.data, b"{\"").holds() == Some(false) {
        return Probe::No;
    }
    let head = sample.data.get(..MAX_HEAD_SIZE).unwrap_or(sample.data);
    let has = |word: &&[u8]| head.windows(word.len()).any(|window| window == *word);
    if has(&NEWER) {
        Probe::No
    } else if MEMBERS.iter().all(has) && METHODS.iter().any(has) {
        matched(85, "request of a database method", head.len())
    } else if head.len() < MAX_HEAD_SIZE {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

const EXAMPLES: &[Example] = &[
    client("list of databases", b"{\"method\":\"list_dbs\",\"params\":[],\"id\":0}"),
    client("monitor", b"{\"id\":1,\"method\":\"monitor_cond\",\"params\":[\"Open_vSwitch\",null,{\"Bridge\":[{\"columns\":[\"name\"]}]}]}"),
];
