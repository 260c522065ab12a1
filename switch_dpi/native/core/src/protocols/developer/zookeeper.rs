//! ZooKeeper's client port (ZooKeeper's jute description, ConnectRequest and ConnectResponse; administrator's guide, "The
//! Four Letter Words"), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A session's password.
const PASSWORD_SIZE: u32 = 16;

/// ZooKeeper.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zookeeper",
    name: "ZooKeeper",
    selector: 522,
    category: "developer",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[2181],
    first_bytes: FirstBytes::Of(b"\0rsmcdew"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[request, response, word];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Size, protocol 0, last transaction, timeout in ms, session, password, and since 3.4 whether reading suffices.
fn request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(3)?;
    cursor.within(44, 45)?;
    cursor.zeros(4)?;
    cursor.u64()?;
    require(cursor.u32()? < 0x1000_0000)?;
    cursor.u64()?;
    require(cursor.u32()? == PASSWORD_SIZE)?;
    Ok((95, "ZooKeeper connect request"))
}

fn response(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(3)?;
    cursor.within(36, 37)?;
    cursor.zeros(4)?;
    require(cursor.u32()? < 0x1000_0000)?;
    cursor.u64()?;
    require(cursor.u32()? == PASSWORD_SIZE)?;
    Ok((95, "ZooKeeper connect response"))
}

/// A word alone.
fn word(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"ruok", b"stat", b"srvr", b"mntr", b"conf", b"cons", b"dump", b"envi", b"wchs"])?;
    require(matches!(cursor.rest(), [] | [b'\n'] | [b'\r', b'\n']))?;
    let mut answer = cursor.of_peer();
    match answer.any_literal(&[b"imok", b"Zookeeper version: ", b"zk_version\t", b"clientPort=", b"Environment:\n"]) {
        Ok(_) => Ok((95, "ZooKeeper four-letter word")),
        Err(Probe::NeedMore) => Err(Probe::NeedMore),
        Err(_) => Err(Probe::No),
    }
}

const EXAMPLES: &[Example] = &[
    client(
        "connect",
        b"\0\0\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x75\x30\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    server("connected", b"\0\0\0\x25\0\0\0\0\0\0\x75\x30\x01\0\0\x5b\x12\x34\0\0\0\0\0\x10abcdefghijklmnop\0"),
];
