//! Several rings that share the packets of one interface (`PACKET_FANOUT`, `packet(7)`): all between the same two addresses
//! come into the same ring.
//!
//! The kernel's own `PACKET_FANOUT_HASH` counts ports in, where there are any: a fragment, or a packet in a tunnel, then takes
//! another ring than the flow it belongs to. So a program (classic BPF, `PACKET_FANOUT_CBPF`) chooses the ring by both IP
//! addresses, and without IP by both link addresses.
#![forbid(unsafe_code)]

use libc::sock_filter;

use crate::ring::{Ring, RingError, RingOptions};

/// More rings on one interface than machines have processors for it; the kernel takes 256.
pub const MAX_RINGS: usize = 64;

/// Opens `count` rings that share what comes on the interface; nothing is in two of them.
///
/// # Errors
/// As [`Ring::open`]; a count of 0 or above [`MAX_RINGS`] is a [`RingError::BadOption`] too.
pub fn open_rings(interface: &str, options: &RingOptions, count: usize) -> Result<Vec<Ring>, RingError> {
    if count == 0 || count > MAX_RINGS {
        let value = u32::try_from(count).unwrap_or(u32::MAX);
        return Err(RingError::BadOption { option: "threads", value, rule: "1 to 64" });
    }
    if count == 1 {
        return Ring::open(interface, options).map(|ring| vec![ring]);
    }
    // Until a ring has joined the others it would see every packet: all are closed until the last one is there.
    let mut rings: Vec<Ring> = Vec::with_capacity(count);
    let mut group = None;
    for _ in 0..count {
        let ring = Ring::open_closed(interface, options)?;
        let joined = ring.join(group, options.ignore_outgoing)?;
        if group.replace(joined).is_none() {
            ring.share_by(&mut program(ring.link_header_size()))?;
        }
        rings.push(ring);
    }
    for ring in &rings {
        ring.let_in(options.snap_size)?;
    }
    Ok(rings)
}

const ETHERTYPE_IPV4: u32 = libc::ETH_P_IP as u32;
const ETHERTYPE_IPV6: u32 = libc::ETH_P_IPV6 as u32;
const ETHERTYPE_VLAN: u32 = libc::ETH_P_8021Q as u32;
const ETHERTYPE_SERVICE_VLAN: u32 = libc::ETH_P_8021AD as u32;
/// The outermost tag is taken out by the kernel; frames with more than three in all are shared out by link address.
const TAGS: usize = 2;
/// 2^32 divided by the golden ratio (Knuth, TAOCP vol. 3 §6.4).
const GOLDEN: u32 = 0x9e37_79b1;

// Mnemonics of filter.txt (Documentation/networking/filter.rst): A is the accumulator, X the index, M a scratch word.
const LOAD_ABSOLUTE: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const LOAD_INDEXED: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_IND;
const LOAD_HALF_INDEXED: u32 = libc::BPF_LD | libc::BPF_H | libc::BPF_IND;
const LOAD_CONSTANT: u32 = libc::BPF_LD | libc::BPF_IMM;
const LOAD_SCRATCH: u32 = libc::BPF_LD | libc::BPF_MEM;
const INDEX_SCRATCH: u32 = libc::BPF_LDX | libc::BPF_MEM;
const INDEX_CONSTANT: u32 = libc::BPF_LDX | libc::BPF_IMM;
const STORE: u32 = libc::BPF_ST;
const A_TO_X: u32 = libc::BPF_MISC | libc::BPF_TAX;
const X_TO_A: u32 = libc::BPF_MISC | libc::BPF_TXA;
const ADD: u32 = libc::BPF_ALU | libc::BPF_ADD | libc::BPF_K;
const MULTIPLY: u32 = libc::BPF_ALU | libc::BPF_MUL | libc::BPF_K;
const SHIFT_RIGHT: u32 = libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K;
const XOR_X: u32 = libc::BPF_ALU | libc::BPF_XOR | libc::BPF_X;
const EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const RETURN_A: u32 = libc::BPF_RET | libc::BPF_A;

/// What says of a packet which ring it goes to: a number that the kernel divides by the rings' count, keeping the rest.
///
/// The kernel shows the packet from its network header on, but what this host sends from its link header on. A load beyond
/// the packet's end makes the answer 0.
fn program(link_header_size: u32) -> Vec<sock_filter> {
    let ancillary = |field: libc::c_int| (libc::SKF_AD_OFF + field) as u32;
    let mut code = vec![
        plain(LOAD_ABSOLUTE, ancillary(libc::SKF_AD_PKTTYPE)),
        plain(INDEX_CONSTANT, 0),
        unless(u32::from(libc::PACKET_OUTGOING), 1),
        plain(INDEX_CONSTANT, link_header_size),
        plain(LOAD_ABSOLUTE, ancillary(libc::SKF_AD_PROTOCOL)),
    ];
    for _ in 0..TAGS {
        code.extend(past_tag());
    }
    let (ipv4, ipv6) = (mix_of(&ipv4_pair()), mix_of(&ipv6_pair()));
    code.extend(guarded(ETHERTYPE_IPV4, ipv4));
    code.extend(guarded(ETHERTYPE_IPV6, ipv6));
    code.extend(mix_of(&link_pair(link_header_size)));
    code
}

/// If the type in A is a tag's, A becomes the type behind the tag, and X the place behind it.
fn past_tag() -> Vec<sock_filter> {
    let step = [
        plain(LOAD_HALF_INDEXED, 2),
        plain(STORE, 0),
        plain(X_TO_A, 0),
        plain(ADD, 4),
        plain(A_TO_X, 0),
        plain(LOAD_SCRATCH, 0),
    ];
    let skip = step.len() as u8;
    let tests = [jump(ETHERTYPE_VLAN, 1, 0), jump(ETHERTYPE_SERVICE_VLAN, 0, skip)];
    tests.into_iter().chain(step).collect()
}

/// The words of both addresses (RFC 791 §3.1).
fn ipv4_pair() -> Vec<sock_filter> {
    [12, 16].map(|at| plain(LOAD_INDEXED, at)).to_vec()
}

/// The words of both addresses (RFC 8200 §3).
fn ipv6_pair() -> Vec<sock_filter> {
    (8..40).step_by(4).map(|at| plain(LOAD_INDEXED, at)).collect()
}

/// The last four bytes of both link addresses; nothing where there are none.
fn link_pair(link_header_size: u32) -> Vec<sock_filter> {
    let places: &[libc::c_int] = if link_header_size == 0 { &[] } else { &[2, 8] };
    places.iter().map(|at| plain(LOAD_ABSOLUTE, (libc::SKF_LL_OFF + at) as u32)).collect()
}

/// Returns the loaded words, mixed: in either order the same.
fn mix_of(loads: &[sock_filter]) -> Vec<sock_filter> {
    let mut code = Vec::new();
    for (scratch, load) in loads.iter().enumerate() {
        code.extend([*load, plain(STORE, scratch as u32)]);
    }
    code.push(plain(LOAD_CONSTANT, 0));
    for scratch in 0..loads.len() {
        code.extend([plain(INDEX_SCRATCH, scratch as u32), plain(XOR_X, 0)]);
    }
    // Upper bits into lower ones, then the other way round: the rest of a division by a small number needs them all.
    code.extend([plain(A_TO_X, 0), plain(SHIFT_RIGHT, 16), plain(XOR_X, 0)]);
    code.extend([plain(MULTIPLY, GOLDEN), plain(SHIFT_RIGHT, 16), plain(RETURN_A, 0)]);
    code
}

/// Code that returns, for one type only.
fn guarded(ethertype: u32, code: Vec<sock_filter>) -> impl Iterator<Item = sock_filter> {
    std::iter::once(unless(ethertype, code.len() as u8)).chain(code)
}

/// Leaves out the next `skipped` when A is another value.
fn unless(value: u32, skipped: u8) -> sock_filter {
    jump(value, 0, skipped)
}

fn jump(value: u32, if_equal: u8, if_not: u8) -> sock_filter {
    sock_filter { code: EQUAL as u16, jt: if_equal, jf: if_not, k: value }
}

fn plain(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}
