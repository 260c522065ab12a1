//! The aligned variant of ASN.1's packed encoding rules (ITU-T X.691), as far as H.225.0 and H.245 need it. Lengths that are split
//! into fragments (§11.9.3.8) and numbers of extensions past 63 are refused.

/// Alternatives of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// One of those before the extension marker; its value follows.
    Root(u32),
    /// One of those behind it, with its value.
    Extension(u32, &'a [u8]),
}

/// The additions behind a sequence's extension marker that are there, in their order, at most [`MAX_ADDITIONS`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Additions<'a>([Option<&'a [u8]>; MAX_ADDITIONS]);

/// Later additions are passed over.
const MAX_ADDITIONS: usize = 16;

impl<'a> Additions<'a> {
    /// The addition with this number, counted from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&'a [u8]> {
        self.0.get(number).copied().flatten()
    }
}

/// Reads bits from the front, the highest of a byte first.
#[derive(Clone, Copy, Debug)]
pub struct Per<'a> {
    data: &'a [u8],
    bit: usize,
}

impl<'a> Per<'a> {
    /// Starts at the first bit of `data`.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, bit: 0 }
    }

    /// One bit: a boolean, an option, an extension mark.
    pub fn flag(&mut self) -> Option<bool> {
        let byte = self.data.get(self.bit / 8)?;
        let is_set = byte >> (7 - self.bit % 8) & 1 == 1;
        self.bit += 1;
        Some(is_set)
    }

    /// So many flags.
    pub fn flags<const N: usize>(&mut self) -> Option<[bool; N]> {
        let mut flags = [false; N];
        for flag in &mut flags {
            *flag = self.flag()?;
        }
        Some(flags)
    }

    /// A number of `count` bits, at most 32, where it stands.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            number = number << 1 | u32::from(self.flag()?);
        }
        Some(number)
    }

    /// So many bytes from the next byte's start on.
    pub fn bytes(&mut self, size: usize) -> Option<&'a [u8]> {
        let start = self.bit.div_ceil(8);
        let end = start.checked_add(size)?;
        let bytes = self.data.get(start..end)?;
        self.bit = end * 8;
        Some(bytes)
    }

    /// What stands behind the byte that was begun.
    #[must_use]
    pub fn rest(&self) -> Option<&'a [u8]> {
        self.data.get(self.bit.div_ceil(8)..)
    }

    /// So many bytes as an array, as [`Per::bytes`].
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// INTEGER (0..255) and others with 256 values.
    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// INTEGER (0..65535).
    pub fn short(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A number of more than 65,536 values in one to four bytes: their count less one in two bits, then they.
    pub fn long(&mut self) -> Option<()> {
        let size = self.bits(2)? + 1;
        self.bytes(size as usize).map(drop)
    }

    /// A length without an upper bound.
    pub fn length(&mut self) -> Option<usize> {
        match self.byte()? {
            short @ 0..=0x7f => Some(short.into()),
            high @ 0x80..=0xbf => Some(usize::from(high & 0x3f) << 8 | usize::from(self.byte()?)),
            _ => None,
        }
    }

    /// OCTET STRING, OBJECT IDENTIFIER, and the value of an extension: a length and so many bytes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let size = self.length()?;
        self.bytes(size)
    }

    /// SEQUENCE OF: a length and so many of what `item` reads.
    pub fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        (0..self.length()?).try_for_each(|_| item(self))
    }

    /// CHOICE with an extension marker, whose root is numbered in so many bits.
    pub fn choice(&mut self, root_bits: u32) -> Option<Choice<'a>> {
        if self.flag()? {
            let number = self.small()?;
            return Some(Choice::Extension(number, self.string()?));
        }
        self.bits(root_bits).map(Choice::Root)
    }

    /// The additions behind a sequence's root, where its extension mark was set.
    pub fn additions(&mut self, is_extended: bool) -> Option<Additions<'a>> {
        let mut additions = Additions::default();
        if !is_extended {
            return Some(additions);
        }
        let count = self.small()? + 1;
        let present = (0..count).map(|_| self.flag()).collect::<Option<Vec<bool>>>()?;
        for (number, is_present) in present.into_iter().enumerate() {
            let value = if is_present { Some(self.string()?) } else { None };
            if let Some(place) = additions.0.get_mut(number) {
                *place = value;
            }
        }
        Some(additions)
    }

    /// A number that is usually below 64.
    fn small(&mut self) -> Option<u32> {
        if self.flag()? { None } else { self.bits(6) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_x_691_puts_them() {
        let mut per = Per::new(&[0b1010_0000, 0x12, 0x34, 0b0100_0000, 0x01, 0x02, 0x02, b'a', b'b']);
        assert_eq!((per.flags(), per.short()), (Some([true, false, true]), Some(0x1234)));
        assert_eq!((per.long(), per.string()), (Some(()), Some(&b"ab"[..])));
        assert_eq!((per.flag(), per.bytes(1), per.bytes(usize::MAX)), (None, None, None));
    }

    #[test]
    fn alternatives_and_additions_behind_the_marker_have_their_size() {
        assert_eq!(Per::new(&[0b0101_0000]).choice(3), Some(Choice::Root(5)));
        assert_eq!(Per::new(&[0b1000_0001, 1, 7]).choice(3), Some(Choice::Extension(1, &[7])));
        assert_eq!(Per::new(&[0b1100_0001, 1, 7]).choice(3), None, "a large number");
        let mut per = Per::new(&[0b0000_0101, 0b0100_0000, 1, 9, 2, 8, 8]);
        let additions = per.additions(true).unwrap();
        assert_eq!([0, 1, 2].map(|number| additions.get(number)), [Some(&[9][..]), None, Some(&[8, 8])]);
        assert_eq!(per.flag(), None);
    }

    #[test]
    fn long_lengths_have_two_bytes_and_fragments_are_refused() {
        assert_eq!(Per::new(&[0x81, 0x02]).length(), Some(258));
        assert_eq!(Per::new(&[0xc1]).length(), None);
    }
}
