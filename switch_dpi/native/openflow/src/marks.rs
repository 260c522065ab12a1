//! Marks: PACKET_OUT messages that write App-ID and label into a connection of Open vSwitch's tracker.
//!
//! The same bytes as `ofext/openflow/marks.py`, which says what they mean and why; a property test compares the two.

use std::net::IpAddr;

use crate::interest::HEADER_SIZE;

/// A connection in its originator's direction; of ICMP, identifier and type · 256 + code.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The originator's address.
    pub source: IpAddr,
    /// The originator's port.
    pub source_port: u16,
    /// The responder's address, of the same family.
    pub destination: IpAddr,
    /// The responder's port.
    pub destination_port: u16,
    /// Protocol number above IP.
    pub protocol_number: u8,
    /// VLAN id of the made-up frame, 0 for none.
    pub vlan: u16,
}

/// Why a mark cannot be made: no header stands for such a connection, or a number does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmarkable;

/// What the marks of one bridge have in common.
#[derive(Clone, Copy, Debug)]
pub struct MarkForm {
    /// 4, 5 or 6 for OpenFlow 1.3, 1.4, 1.5.
    pub version: u8,
    /// Of the connection tracker.
    pub zone: u16,
    /// Bits of the label that a mark writes.
    pub label_mask: u128,
}

const PACKET_OUT: u8 = 13; // OFPT_PACKET_OUT
const NO_BUFFER: u32 = 0xffff_ffff; // OFP_NO_BUFFER
const FROM_CONTROLLER: u32 = 0xffff_fffd; // OFPP_CONTROLLER
const OXM_IN_PORT: u32 = 0x8000_0004;
const SET_FIELD: u16 = 25; // OFPAT_SET_FIELD
const EXPERIMENTER: u16 = 0xffff; // OFPAT_EXPERIMENTER
const NICIRA: u32 = 0x0000_2320;
const REG_LOAD: u16 = 7; // NXAST_REG_LOAD
const CT: u16 = 35; // NXAST_CT
const CT_COMMIT: u16 = 1; // NX_CT_F_COMMIT
const CT_NO_TABLE: u8 = 0xff;
const CT_MARK: u32 = 0x0001_d604; // NXM_NX_CT_MARK, 4 bytes
const CT_LABEL: u32 = 0x0001_d810; // NXM_NX_CT_LABEL, 16 bytes
const MASKED_CT_LABEL: u32 = 0x0001_d920; // the same with a mask
const OPENFLOW_1_5: u8 = 6;
const MAX_LOAD_BITS: u32 = 64;

const MAC_DESTINATION: [u8; 6] = [0x0a, 0x4c, 0x37, 0, 0, 1];
const MAC_SOURCE: [u8; 6] = [0x0a, 0x4c, 0x37, 0, 0, 2];
const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_VLAN: u16 = 0x8100;
const MAX_VLAN: u16 = 0xfff;
const TTL: u8 = 64;

pub(crate) const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
pub(crate) const ICMPV6: u8 = 58;
const ICMP_QUERIES: [u8; 4] = [8, 13, 15, 17]; // RFC 792, RFC 950
const ICMPV6_ECHO_REQUEST: u8 = 128; // RFC 4443 §4.1

impl MarkForm {
    /// Appends one PACKET_OUT to `out`, which stays as it is when there is no such mark.
    ///
    /// # Errors
    ///
    /// [`Unmarkable`].
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        xid: u32,
        connection: &Connection,
        app_id: u32,
        label: u128,
    ) -> Result<(), Unmarkable> {
        if label & !self.label_mask != 0 || connection.vlan > MAX_VLAN {
            return Err(Unmarkable);
        }
        let segment = Segment::of(connection)?;
        let start = out.len();
        out.extend_from_slice(&[self.version, PACKET_OUT, 0, 0]);
        put32(out, xid);
        put32(out, NO_BUFFER);
        let actions_size = self.actions_size();
        if self.version >= OPENFLOW_1_5 {
            put16(out, actions_size);
            out.extend_from_slice(&[0, 0, 0, 1, 0, 12]); // padding; OFPMT_OXM and its size
            put32(out, OXM_IN_PORT);
            put32(out, FROM_CONTROLLER);
            out.extend_from_slice(&[0; 4]);
        } else {
            put32(out, FROM_CONTROLLER);
            put16(out, actions_size);
            out.extend_from_slice(&[0; 6]);
        }
        self.actions(out, actions_size, app_id, label);
        segment.frame(out, connection);
        let size = u16::try_from(out.len() - start).unwrap_or_default(); // some 300 bytes
        if let Some(place) = out.get_mut(start + 2..start + 4) {
            place.copy_from_slice(&size.to_be_bytes());
        }
        debug_assert!(usize::from(size) > HEADER_SIZE);
        Ok(())
    }

    /// NXAST_CT with its nested actions.
    fn actions(&self, out: &mut Vec<u8>, size: u16, app_id: u32, label: u128) {
        put16(out, EXPERIMENTER);
        put16(out, size);
        put32(out, NICIRA);
        put16(out, CT);
        put16(out, CT_COMMIT);
        put32(out, 0); // the zone is a number, not a field
        put16(out, self.zone);
        out.extend_from_slice(&[CT_NO_TABLE, 0, 0, 0, 0, 0]); // padding; no helper
        put16(out, SET_FIELD);
        put16(out, 16);
        put32(out, CT_MARK);
        put32(out, app_id);
        put32(out, 0);
        if self.label_mask == 0 {
            return;
        }
        if self.version >= OPENFLOW_1_5 {
            self.set_label(out, label);
        } else {
            self.load_label(out, label);
        }
    }

    /// OFPAT_SET_FIELD, which may have a mask since 1.5.
    fn set_label(&self, out: &mut Vec<u8>, label: u128) {
        put16(out, SET_FIELD);
        put16(out, 40);
        put32(out, MASKED_CT_LABEL);
        out.extend_from_slice(&label.to_be_bytes());
        out.extend_from_slice(&self.label_mask.to_be_bytes());
    }

    /// NXAST_REG_LOAD for each run of bits in the mask.
    fn load_label(&self, out: &mut Vec<u8>, label: u128) {
        for (offset, bits) in runs(self.label_mask) {
            put16(out, EXPERIMENTER);
            put16(out, 24);
            put32(out, NICIRA);
            put16(out, REG_LOAD);
            put16(out, u16::try_from(offset << 6 | (bits - 1)).unwrap_or_default()); // 10 and 6 bits
            put32(out, CT_LABEL);
            let value = (label >> offset) & ((1 << bits) - 1);
            out.extend_from_slice(&u64::try_from(value).unwrap_or_default().to_be_bytes());
        }
    }

    fn actions_size(&self) -> u16 {
        const HEAD: u16 = 24 + 16;
        let label = match (self.label_mask, self.version >= OPENFLOW_1_5) {
            (0, _) => 0,
            (_, true) => 40,
            (mask, false) => runs(mask).map(|_| 24).sum(),
        };
        HEAD + label
    }
}

/// Runs of set bits, from the lowest on: offset and how many, at most [`MAX_LOAD_BITS`].
fn runs(mask: u128) -> impl Iterator<Item = (u32, u32)> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let rest = mask.checked_shr(offset).unwrap_or_default();
        if rest == 0 {
            return None;
        }
        let first = offset + rest.trailing_zeros();
        let bits = (mask >> first).trailing_ones().min(MAX_LOAD_BITS);
        offset = first + bits;
        Some((first, bits))
    })
}

/// The transport's header without payload, as far as its size and the addresses do not matter.
struct Segment {
    bytes: Vec<u8>,
}

impl Segment {
    fn of(connection: &Connection) -> Result<Self, Unmarkable> {
        let Connection { source, destination, source_port, destination_port, protocol_number, .. } = *connection;
        if source.is_ipv4() != destination.is_ipv4() {
            return Err(Unmarkable);
        }
        let pseudo = sum(&bytes(source)) + sum(&bytes(destination)) + u32::from(protocol_number);
        let mut made = Vec::with_capacity(20);
        put16(&mut made, source_port);
        put16(&mut made, destination_port);
        match protocol_number {
            TCP => {
                made.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 5 << 4, 0, 0, 0]);
                let checksum = checksum(pseudo + 20 + sum(&made));
                put16(&mut made, checksum);
                put16(&mut made, 0);
            }
            UDP => {
                put16(&mut made, 8);
                let checksum = match checksum(pseudo + 8 + sum(&made)) {
                    0 => 0xffff, // RFC 768
                    other => other,
                };
                put16(&mut made, checksum);
            }
            ICMP | ICMPV6 => made = echo(connection, pseudo)?,
            _ => return Err(Unmarkable),
        }
        Ok(Self { bytes: made })
    }

    /// Appends Ethernet, perhaps 802.1Q, IP and the segment.
    fn frame(&self, out: &mut Vec<u8>, connection: &Connection) {
        out.extend_from_slice(&MAC_DESTINATION);
        out.extend_from_slice(&MAC_SOURCE);
        if connection.vlan != 0 {
            put16(out, ETHERTYPE_VLAN);
            put16(out, connection.vlan);
        }
        let size = u16::try_from(self.bytes.len()).unwrap_or_default(); // at most 20
        let (source, destination) = (bytes(connection.source), bytes(connection.destination));
        if connection.source.is_ipv4() {
            put16(out, ETHERTYPE_IPV4);
            let mut head = Vec::with_capacity(20);
            head.extend_from_slice(&[0x45, 0]);
            put16(&mut head, 20 + size);
            head.extend_from_slice(&[0, 0, 0, 0, TTL, connection.protocol_number]);
            let checksum = checksum(sum(&head) + sum(&source) + sum(&destination));
            put16(&mut head, checksum);
            out.extend_from_slice(&head);
        } else {
            put16(out, ETHERTYPE_IPV6);
            put32(out, 6 << 28);
            put16(out, size);
            out.extend_from_slice(&[connection.protocol_number, TTL]);
        }
        out.extend_from_slice(&source);
        out.extend_from_slice(&destination);
        out.extend_from_slice(&self.bytes);
    }
}

/// A query of ICMP (RFC 792, RFC 4443 §2.3); other messages have no connection.
fn echo(connection: &Connection, pseudo: u32) -> Result<Vec<u8>, Unmarkable> {
    let [kind, code] = connection.destination_port.to_be_bytes();
    let is_v6 = connection.protocol_number == ICMPV6;
    let is_query = if is_v6 { kind == ICMPV6_ECHO_REQUEST } else { ICMP_QUERIES.contains(&kind) };
    if !is_query {
        return Err(Unmarkable);
    }
    let head = u32::from(connection.destination_port) + u32::from(connection.source_port);
    let checksum = checksum(if is_v6 { head + pseudo + 8 } else { head });
    let mut made = vec![kind, code];
    put16(&mut made, checksum);
    put16(&mut made, connection.source_port);
    put16(&mut made, 0);
    Ok(made)
}

fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Sum of the 16-bit words.
fn sum(bytes: &[u8]) -> u32 {
    bytes.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum()
}

/// The Internet checksum of a sum of words (RFC 1071 §1).
fn checksum(mut total: u32) -> u16 {
    while total >> 16 != 0 {
        total = (total & 0xffff) + (total >> 16);
    }
    !u16::try_from(total).unwrap_or_default()
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_bits_are_found_and_long_ones_divided() {
        assert_eq!(runs(0).count(), 0);
        assert_eq!(runs(0b0111_0010).collect::<Vec<_>>(), [(1, 1), (4, 3)]);
        assert_eq!(runs(u128::MAX).collect::<Vec<_>>(), [(0, 64), (64, 64)]);
        assert_eq!(runs(1 << 127).collect::<Vec<_>>(), [(127, 1)]);
    }

    #[test]
    fn a_mark_says_its_size_and_a_refused_one_writes_nothing() {
        let form = MarkForm { version: 5, zone: 7, label_mask: 0xff };
        let mut connection = Connection {
            source: [10, 0, 0, 1].into(),
            source_port: 1,
            destination: [10, 0, 0, 2].into(),
            destination_port: 2,
            protocol_number: TCP,
            vlan: 0,
        };
        let mut out = vec![1, 2, 3];
        form.write(&mut out, 1, &connection, 9, 1).unwrap();
        assert_eq!(usize::from(u16::from_be_bytes([out[5], out[6]])), out.len() - 3);
        let before = out.clone();
        connection.protocol_number = 47;
        assert_eq!(form.write(&mut out, 1, &connection, 9, 1), Err(Unmarkable));
        connection.protocol_number = TCP;
        assert_eq!(form.write(&mut out, 1, &connection, 9, 0x100), Err(Unmarkable));
        assert_eq!(out, before);
    }
}
