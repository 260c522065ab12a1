//! Sets of signatures, the current one and those that flows under way began with.

use std::sync::Arc;

use crate::signatures::Signatures;

struct Generation {
    number: u32,
    signatures: Arc<Signatures>,
    flows: usize,
}

/// A set lives until it is replaced and its last flow has ended.
pub(super) struct Generations {
    current: Generation,
    earlier: Vec<Generation>,
}

impl Generations {
    pub(super) fn new(signatures: Arc<Signatures>) -> Self {
        Self { current: Generation { number: 0, signatures, flows: 0 }, earlier: Vec::new() }
    }

    pub(super) fn replace(&mut self, signatures: Arc<Signatures>) {
        let number = self.current.number.wrapping_add(1);
        let before = std::mem::replace(&mut self.current, Generation { number, signatures, flows: 0 });
        if before.flows > 0 {
            self.earlier.push(before);
        }
    }

    pub(super) fn current(&self) -> &Arc<Signatures> {
        &self.current.signatures
    }

    /// A flow begins; the number of its set.
    pub(super) fn enter(&mut self) -> u32 {
        self.current.flows += 1;
        self.current.number
    }

    /// A flow has ended.
    pub(super) fn leave(&mut self, number: u32) {
        if number == self.current.number {
            self.current.flows -= 1;
            return;
        }
        if let Some(earlier) = self.earlier.iter_mut().find(|earlier| earlier.number == number) {
            earlier.flows -= 1;
        }
        self.earlier.retain(|earlier| earlier.flows > 0);
    }

    /// Whether new flows are classified with the set of this number.
    pub(super) fn is_current(&self, number: u32) -> bool {
        number == self.current.number
    }

    /// The set with this number; it is there as long as a flow of it is.
    pub(super) fn get(&self, number: u32) -> &Arc<Signatures> {
        let earlier = self.earlier.iter().find(|earlier| number != self.current.number && earlier.number == number);
        &earlier.unwrap_or(&self.current).signatures
    }
}
