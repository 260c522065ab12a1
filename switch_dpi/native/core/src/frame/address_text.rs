//! IP addresses as text (RFC 5952), without a formatter: every answer of a name server is written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest: eight groups of four digits, seven colons.
const MAX_SIZE: usize = 39;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Room for an address in writing.
#[derive(Clone, Copy, Debug)]
pub struct AddressBuffer {
    bytes: [u8; MAX_SIZE],
    size: usize,
}

impl Default for AddressBuffer {
    fn default() -> Self {
        Self { bytes: [0; MAX_SIZE], size: 0 }
    }
}

impl AddressBuffer {
    /// `192.0.2.1`, `2001:db8::1`; replaces what was written before.
    pub fn write(&mut self, address: IpAddr) -> &str {
        std::str::from_utf8(self.write_bytes(address)).unwrap_or_default()
    }

    /// The same for those who want it as ASCII.
    pub fn write_bytes(&mut self, address: IpAddr) -> &[u8] {
        self.size = 0;
        match address {
            IpAddr::V4(address) => self.v4(address),
            IpAddr::V6(address) => self.v6(address),
        }
        self.bytes.get(..self.size).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.size) {
            *place = byte;
            self.size += 1;
        }
    }

    fn v4(&mut self, address: Ipv4Addr) {
        for byte in address.octets() {
            let Some((digits, size)) = DECIMALS.get(usize::from(byte)) else { return };
            let Some(room) = self.bytes.get_mut(self.size..).and_then(<[u8]>::first_chunk_mut) else { return };
            *room = *digits;
            self.size += usize::from(*size);
        }
        self.size -= 1; // behind the last byte stands no dot
    }

    fn v6(&mut self, address: Ipv6Addr) {
        if let Some(mapped) = address.to_ipv4_mapped() {
            b"::ffff:".iter().for_each(|byte| self.push(*byte));
            return self.v4(mapped);
        }
        let groups = address.segments();
        let (start, end) = longest_zeros(groups);
        for (place, group) in groups.into_iter().enumerate() {
            if (start..end).contains(&place) {
                if place == start {
                    b"::".iter().for_each(|byte| self.push(*byte));
                }
                continue;
            }
            if place > 0 && place != end {
                self.push(b':');
            }
            self.group(group);
        }
    }

    /// Hexadecimal, without zeros in front.
    fn group(&mut self, group: u16) {
        let digits = (4 - group.leading_zeros() / 4).max(1);
        for place in (0..digits).rev() {
            let digit = usize::from(group >> (4 * place) & 0xf);
            self.push(DIGITS.get(digit).copied().unwrap_or_default());
        }
    }
}

/// The first of the longest runs of two zeros or more; outside of the address where there is none.
fn longest_zeros(groups: [u16; 8]) -> (usize, usize) {
    let (mut best, mut run) = ((8, 8), 0);
    for (place, group) in groups.into_iter().enumerate() {
        run = if group == 0 { run + 1 } else { 0 };
        if run >= 2 && run > best.1 - best.0 {
            best = (place + 1 - run, place + 1);
        }
    }
    best
}

/// The bytes in decimal, a dot behind each, and how many characters that is.
static DECIMALS: [([u8; 4], u8); 256] = {
    let mut decimals = [([0; 4], 0); 256];
    let (mut rest, mut byte): (&mut [([u8; 4], u8)], u8) = (&mut decimals, 0);
    while let [place, behind @ ..] = rest {
        let (hundreds, tens, ones) = (b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10);
        *place = match byte {
            0..=9 => ([ones, b'.', 0, 0], 2),
            10..=99 => ([tens, ones, b'.', 0], 3),
            _ => ([hundreds, tens, ones, b'.'], 4),
        };
        (rest, byte) = (behind, byte.wrapping_add(1));
    }
    decimals
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard library's formatter is the witness.
    #[test]
    fn addresses_are_written_as_everyone_writes_them() {
        let mut state = 1_u128;
        for round in 0..20_000 {
            state = state.wrapping_mul(0x2545_f491_4f6c_dd1d_9e37_79b9_7f4a_7c15).wrapping_add(1);
            let zeros = state >> 100; // whole groups become zero
            let mask =
                (0..8).filter(|group| zeros >> group & 1 == 0).fold(0, |mask, group| mask | 0xffff << (16 * group));
            let groups = state & mask >> (round % 9 * 4);
            for address in [IpAddr::from(Ipv6Addr::from(groups)), IpAddr::from(Ipv4Addr::from(state as u32))] {
                assert_eq!(AddressBuffer::default().write(address), address.to_string());
            }
        }
        for text in ["::", "::1", "1::", "0:0:1::", "::ffff:192.0.2.1", "1:0:0:2::3", "1:0:2:0:3:0:4:0", "255.10.9.0"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(AddressBuffer::default().write(address), address.to_string());
        }
    }
}
