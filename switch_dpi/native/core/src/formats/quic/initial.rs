//! Removes the protection of Initial packets (RFC 9001 §5). Their keys come from the version's salt and from the
//! destination connection id of the client's first Initial packet; AEAD tells whether the keys were right.

use aes::cipher::{BlockEncrypt, KeyInit, generic_array::GenericArray};
use aes_gcm::{AeadInPlace, Aes128Gcm};
use hkdf::Hkdf;
use sha2::Sha256;

use super::packet::Packet;
use super::version::Protection;

/// AES-128 keys and blocks (RFC 9001 §5.2).
const KEY_SIZE: usize = 16;
const IV_SIZE: usize = 12;
const SECRET_SIZE: usize = 32;
const TAG_SIZE: usize = 16;
/// The sample is taken as if the packet number had four bytes (RFC 9001 §5.4.2).
const MAX_NUMBER_SIZE: usize = 4;

/// What protects the Initial packets of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    key: [u8; KEY_SIZE],
    iv: [u8; IV_SIZE],
    header: [u8; KEY_SIZE],
}

impl Keys {
    /// The client's, from the destination connection id of its first Initial packet.
    #[must_use]
    pub fn of_client(protection: &Protection, destination: &[u8]) -> Option<Self> {
        let (_, initial) = Hkdf::<Sha256>::extract(Some(&protection.salt), destination);
        let client: [u8; SECRET_SIZE] = expand(&initial, "tls13 client in")?;
        let client = Hkdf::from_prk(&client).ok()?;
        Some(Self {
            key: expand(&client, protection.labels.key)?,
            iv: expand(&client, protection.labels.iv)?,
            header: expand(&client, protection.labels.header)?,
        })
    }

    /// The frames of a packet; `None` where these are not its keys, or it was changed.
    #[must_use]
    pub fn open(&self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        let (header, number, protected) = self.unmask(packet)?;
        let (ciphertext, tag) = protected.split_last_chunk::<TAG_SIZE>()?;
        let mut payload = ciphertext.to_vec();
        let nonce = GenericArray::from(self.nonce(number));
        Aes128Gcm::new(&GenericArray::from(self.key))
            .decrypt_in_place_detached(&nonce, &header, &mut payload, GenericArray::from_slice(tag))
            .ok()?;
        Some(payload)
    }

    /// Removes header protection (RFC 9001 §5.4): header in the clear, packet number, and what is encrypted.
    fn unmask<'a>(&self, packet: &Packet<'a>) -> Option<(Vec<u8>, u64, &'a [u8])> {
        let sample_offset = packet.number_offset.checked_add(MAX_NUMBER_SIZE)?;
        let sample: &[u8; KEY_SIZE] = packet.bytes.get(sample_offset..)?.first_chunk()?;
        let [first_mask, number_masks @ ..] = self.mask(sample);
        let first = packet.bytes.first()? ^ (first_mask & 0x0f);
        let number_size = usize::from(first & 0b11) + 1;
        let (masked, ciphertext) = packet.bytes.split_at_checked(packet.number_offset + number_size)?;
        let mut header = masked.to_vec();
        *header.first_mut()? = first;
        let mut number = 0;
        for (byte, mask) in header.get_mut(packet.number_offset..)?.iter_mut().zip(number_masks) {
            *byte ^= mask;
            number = number << 8 | u64::from(*byte);
        }
        Some((header, number, ciphertext))
    }

    fn mask(&self, sample: &[u8; KEY_SIZE]) -> [u8; 5] {
        let mut block = GenericArray::from(*sample);
        aes::Aes128::new(&GenericArray::from(self.header)).encrypt_block(&mut block);
        let [a, b, c, d, e, ..]: [u8; KEY_SIZE] = block.into();
        [a, b, c, d, e]
    }

    /// RFC 9001 §5.3: the vector, with the packet number over its last bytes.
    fn nonce(&self, number: u64) -> [u8; IV_SIZE] {
        let mut nonce = self.iv;
        for (byte, part) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
            *byte ^= part;
        }
        nonce
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1).
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> Option<[u8; N]> {
    let size = u16::try_from(N).ok()?.to_be_bytes();
    let label_size = [u8::try_from(label.len()).ok()?];
    let mut expanded = [0; N];
    let info: [&[u8]; 4] = [&size, &label_size, label.as_bytes(), &[0]];
    secret.expand_multi_info(&info, &mut expanded).ok()?;
    Some(expanded)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::formats::quic::version::protection;

    /// A client's Initial packet of `size` bytes around `frames`, for the tests of everything that reads one.
    pub(crate) fn seal(version: u32, destination: &[u8], number: u32, frames: &[u8], size: usize) -> Vec<u8> {
        let protection = protection(version).unwrap();
        let keys = Keys::of_client(protection, destination).unwrap();
        let mut header = vec![0xc3 | protection.initial_type << 4];
        header.extend(version.to_be_bytes());
        header.push(u8::try_from(destination.len()).unwrap());
        header.extend(destination);
        header.extend([0, 0]); // no source connection id, no token
        let number_offset = header.len() + 2;
        let length = u16::try_from(size - number_offset).unwrap();
        header.extend((length | 0x4000).to_be_bytes());
        header.extend(number.to_be_bytes());
        let mut payload = frames.to_vec();
        payload.resize(size - header.len() - TAG_SIZE, 0);
        let tag = Aes128Gcm::new(&GenericArray::from(keys.key))
            .encrypt_in_place_detached(&GenericArray::from(keys.nonce(number.into())), &header, &mut payload)
            .unwrap();
        let mut packet = [header, payload, tag.to_vec()].concat();
        let mask = keys.mask(packet[number_offset + 4..].first_chunk().unwrap());
        packet[0] ^= mask[0] & 0x0f;
        for index in 0..4 {
            packet[number_offset + index] ^= mask[index + 1];
        }
        packet
    }

    /// A CRYPTO frame.
    pub(crate) fn crypto_frame(offset: u16, piece: &[u8]) -> Vec<u8> {
        let mut frame = vec![6];
        frame.extend((offset | 0x4000).to_be_bytes());
        frame.extend((u16::try_from(piece.len()).unwrap() | 0x4000).to_be_bytes());
        frame.extend(piece);
        frame
    }

    #[test]
    fn keys_are_those_of_the_specifications() {
        let destination = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        let keys = Keys::of_client(protection(1).unwrap(), &destination).unwrap();
        assert_eq!(u128::from_be_bytes(keys.key), 0x1f36_9613_dd76_d546_7730_efcb_e3b1_a22d, "RFC 9001 A.1");
        assert_eq!(u128::from_be_bytes(keys.header), 0x9f50_449e_04a0_e810_283a_1e99_33ad_edd2);
        assert_eq!(keys.iv, [0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c]);
        let keys = Keys::of_client(protection(0x6b33_43cf).unwrap(), &destination).unwrap();
        assert_eq!(u128::from_be_bytes(keys.key), 0x8b1a_0bc1_2128_4290_a29e_0971_b5cd_045d, "RFC 9369 A.1");
    }

    #[test]
    fn a_packet_opens_with_its_own_keys_and_unchanged_only() {
        for version in [1, 0x6b33_43cf, 0xff00_001d, 0xff00_0017] {
            let datagram = seal(version, b"8 bytes.", 7, b"\x06\x00\x05hello", 1200);
            let packet = Packet::split(&datagram).unwrap().0;
            let keys = Keys::of_client(packet.protection.unwrap(), b"8 bytes.").unwrap();
            assert_eq!(keys.open(&packet).unwrap().get(..8), Some(&b"\x06\x00\x05hello"[..]));
            let others = Keys::of_client(packet.protection.unwrap(), b"9 bytes..").unwrap();
            assert_eq!(others.open(&packet), None);
            let mut changed = datagram.clone();
            changed[600] ^= 1;
            assert_eq!(keys.open(&Packet::split(&changed).unwrap().0), None);
        }
    }

    #[test]
    fn a_packet_too_short_for_a_sample_is_refused() {
        let datagram = b"\xc0\x00\x00\x00\x01\x01a\x00\x00\x13\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13";
        let packet = Packet::split(datagram).unwrap().0;
        assert_eq!(Keys::of_client(packet.protection.unwrap(), b"a").unwrap().open(&packet), None);
    }
}
