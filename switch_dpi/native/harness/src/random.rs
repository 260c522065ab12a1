//! Numbers and damage that are the same in every run.

/// A sequence of numbers (xorshift64*, S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed; 0 has none of its own.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(if seed == 0 { 1 } else { seed })
    }

    /// The sequence that belongs to a name (its 64-bit FNV-1a hash is the seed).
    #[must_use]
    pub fn named(name: &str) -> Self {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self::new(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number() >> 16).unwrap_or(0) % limit.max(1)
    }

    /// The next byte.
    pub const fn byte(&mut self) -> u8 {
        (self.number() >> 56) as u8
    }

    /// One of some things.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }

    /// Fills `data` with bytes of which each is as likely as any other.
    pub fn fill(&mut self, data: &mut [u8]) {
        for chunk in data.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.number().to_be_bytes()) {
                *byte = random;
            }
        }
    }
}

/// Changes a few bytes, takes a piece out, puts one in twice, or cuts the end off.
#[must_use]
pub fn mangle(data: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mangled = data.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(mangled.len());
        let size = random.below(16).min(mangled.len() - at);
        match random.below(6) {
            0 => mangled.truncate(at),
            1 => drop(mangled.drain(at..at + size)),
            2 => {
                let piece: Vec<u8> = mangled.iter().skip(at).take(size).copied().collect();
                mangled.splice(at..at, piece);
            }
            3 => mangled.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.byte()),
            4 => mangled.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => mangled.iter_mut().skip(at).take(size).for_each(|byte| *byte = 0xff),
        }
    }
    mangled
}
