//! Check sequences that formats of measurement and control end with.

/// CRC-16 with reflected polynomial `poly`, starting at `start`; the result is not inverted.
#[must_use]
pub fn crc16_reflected(poly: u16, start: u16, data: &[u8]) -> u16 {
    data.iter().fold(start, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ poly } else { crc >> 1 })
    })
}

/// CRC-16 of Modbus RTU: polynomial x^16 + x^15 + x^2 + 1 (Modbus over Serial Line V1.02 §2.5.1.2).
#[must_use]
pub fn crc16_modbus(data: &[u8]) -> u16 {
    crc16_reflected(0xa001, 0xffff, data)
}

/// CRC-16 of DNP3 (IEEE 1815-2012 §9.2.5).
#[must_use]
pub fn crc16_dnp(data: &[u8]) -> u16 {
    !crc16_reflected(0xa6bc, 0, data)
}

/// Frame check sequence of HDLC (ISO/IEC 13239), also called CRC-16/X.25.
#[must_use]
pub fn crc16_x25(data: &[u8]) -> u16 {
    !crc16_reflected(0x8408, 0xffff, data)
}

/// CRC-CCITT, most significant bit first, starting with `start` (IEEE C37.118.2 annex B starts with ones).
#[must_use]
pub fn crc16_ccitt(start: u16, data: &[u8]) -> u16 {
    data.iter().fold(start, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 })
    })
}

/// CRC-24Q of RTCM 3 (RTCM 10403.3 §4).
#[must_use]
pub fn crc24q(data: &[u8]) -> u32 {
    const POLY: u32 = 0x0186_4cfb;
    data.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 16, |crc, _| {
            let crc = crc << 1;
            if crc & 0x0100_0000 != 0 { crc ^ POLY } else { crc }
        })
    })
}

/// Exclusive or of all bytes.
#[must_use]
pub fn xor8(data: &[u8]) -> u8 {
    data.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Sum of all bytes modulo 256.
#[must_use]
pub fn sum8(data: &[u8]) -> u8 {
    data.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Check values for "123456789", as catalogues of CRCs list them.
    #[test]
    fn check_values_agree_with_the_catalogue() {
        let data = b"123456789";
        assert_eq!(crc16_modbus(data), 0x4b37);
        assert_eq!(crc16_dnp(data), 0xea82);
        assert_eq!(crc16_x25(data), 0x906e);
        assert_eq!(crc16_ccitt(0xffff, data), 0x29b1);
        assert_eq!(crc24q(data), 0x00cd_e703);
        assert_eq!((xor8(data), sum8(data)), (0x31, 0xdd));
    }
}
