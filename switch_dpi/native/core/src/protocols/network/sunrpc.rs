//! ONC RPC (RFC 5531) of programs that have no file of their own: the port mapper, NIS, and whatever is numbered.

use crate::formats::sun_rpc::{self, GLUSTER_PROGRAMS, NFS_PROGRAMS};
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, reply, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// ONC RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sunrpc",
    name: "SunRPC",
    selector: 551,
    category: "network",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[111],
    max_probe_size: 1024,
    probe,
    inspector: Some(|| Box::<SunRpc>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[call, answer];

/// The core, abort and interrupt channels of instruments (VXI-11 appendix B).
const VXI_11: std::ops::RangeInclusive<u32> = 0x06_07af..=0x06_07b1;

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn has_own_file(program: u32) -> bool {
    NFS_PROGRAMS.contains(&program) || GLUSTER_PROGRAMS.contains(&program)
}

fn call(cursor: &mut Cursor<'_>) -> Recognised {
    let call = sun_rpc::call(cursor)?;
    require(!has_own_file(call.subject()))?;
    Ok((90, "ONC RPC call"))
}

/// A reply without its call counts less: five words are fixed all the same.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    let xid = sun_rpc::reply(cursor)?;
    match sun_rpc::answered_call(cursor, xid) {
        Ok(call) => require(!has_own_file(call.subject())).map(|()| (95, "ONC RPC reply")),
        Err(Probe::NeedMore) => require(xid != 0).map(|()| (55, "ONC RPC reply")),
        Err(refusal) => Err(refusal),
    }
}

/// Reports the program.
#[derive(Debug, Default)]
struct SunRpc;

impl Inspector for SunRpc {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        match sun_rpc::head(*sample) {
            Some(call) => {
                found.uint(Attribute::SunrpcProgram, call.program.into());
                if VXI_11.contains(&call.subject()) {
                    found.set_service("vxi-11");
                }
                Progress::Done
            }
            None => Progress::Settled,
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        query(
            "dump of a port mapper",
            b"\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\0\0\x02\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        &[(Attribute::SunrpcProgram, "100000")],
    ),
    client(
        "null call of NIS over TCP",
        b"\x80\0\0\x28\x12\x34\x56\x78\0\0\0\0\0\0\0\x02\0\x01\x86\xa4\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    reply("empty answer", b"\x12\x34\x56\x78\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
];
