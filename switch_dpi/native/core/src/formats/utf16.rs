//! Text of two bytes a character, little-endian, as Microsoft's protocols write names.

/// The text; what is no character is replaced.
#[must_use]
pub fn decode_le(text: &[u8]) -> String {
    let units = text.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>()).map(|pair| u16::from_le_bytes(*pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
