//! GlusterFS (GlusterFS documentation, "RPC programs"): ONC RPC calls of its own programs.

use crate::formats::sun_rpc::{self, GLUSTER_PROGRAMS};
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// GlusterFS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "glusterfs",
    name: "GlusterFS",
    selector: 552,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[24007, 49152],
    first_bytes: FirstBytes::Of(&[0x80]),
    max_probe_size: 1024,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[call, reply];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The program alone is enough: credentials are of GlusterFS's own flavours.
fn call(cursor: &mut Cursor<'_>) -> Recognised {
    sun_rpc::record_mark(cursor, 40)?;
    cursor.take(4)?;
    cursor.literal(b"\0\0\0\0\0\0\0\x02")?;
    require(GLUSTER_PROGRAMS.contains(&cursor.u32()?))?;
    Ok((100, "GlusterFS call"))
}

fn reply(cursor: &mut Cursor<'_>) -> Recognised {
    let xid = sun_rpc::reply(cursor)?;
    require(GLUSTER_PROGRAMS.contains(&sun_rpc::answered_call(cursor, xid)?.program))?;
    Ok((100, "GlusterFS reply"))
}

const EXAMPLES: &[Example] = &[
    client(
        "handshake",
        b"\x80\0\0\x28\0\0\0\x01\0\0\0\0\0\0\0\x02\0\xdb\xb4\xa9\0\0\0\x02\0\0\0\x01\0\x05\xf3\x97\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    client(
        "dump of the programs",
        b"\x80\0\0\x28\0\0\0\x02\0\0\0\0\0\0\0\x02\x07\x5b\xb8\x6d\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
];
