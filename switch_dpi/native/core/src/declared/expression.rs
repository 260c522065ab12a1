//! Regular expressions with bounded cost: compiled to tables of bounded size, one look-up a byte, never read twice.
//!
//! In a stream, a match is final when the automaton is dead behind it: feeding byte by byte gives what feeding at once does.

use std::fmt;
use std::ops::Range;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::shape::{Extent, Fit};

/// Bytes of an expression's text.
const MAX_TEXT_SIZE: usize = 1024;
/// Bytes of an expression's tables. `(?i)user-agent: [^\r\n]{1,64}` takes about 40 KB.
const MAX_TABLE_SIZE: usize = 1 << 20;
/// Bytes that making the tables may take.
const MAX_BUILD_SIZE: usize = 8 << 20;
/// How far an expression looks when the file does not say.
pub(super) const DEFAULT_WINDOW: usize = 256;
/// How far it may look.
pub(super) const MAX_WINDOW: usize = 4096;

/// A compiled expression and the part of a message that it is for.
pub(super) struct Expression {
    dfa: dense::DFA<Vec<u32>>,
    groups: Option<PikeVM>,
    is_search: bool,
    start: usize,
    window: usize,
    /// How many bits of the payload it fixes at least.
    pub fixed_bits: u32,
    first: Box<[bool; 256]>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Expression at {} over {} bytes", self.start, self.window)
    }
}

/// Where an expression applies.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// Whether it may begin later than at `start`.
    pub is_search: bool,
    /// First byte that it sees.
    pub start: usize,
    /// How many it sees.
    pub window: usize,
}

/// What an expression has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This part of the payload.
    At(Range<usize>),
    /// What follows will tell.
    More,
    /// Nothing, for good.
    Nothing,
}

impl Expression {
    /// Compiles; `group` is the one whose place will be asked for.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn new(text: &str, scope: Scope, group: Option<usize>) -> Result<Self, String> {
        if text.len() > MAX_TEXT_SIZE {
            return Err(format!("expression has {} bytes, at most {MAX_TEXT_SIZE} were expected", text.len()));
        }
        if !(1..=MAX_WINDOW).contains(&scope.window) {
            return Err(format!("window is {}, 1 to {MAX_WINDOW} was expected", scope.window));
        }
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        let hir = syntax::parse_with(text, &syntax).map_err(|error| last_line(&error.to_string()))?;
        if hir.properties().look_set().iter().any(|look| look != Look::Start) {
            return Err(
                "expression has $, \\z, \\b, \\B or (?m)^: what follows a match is not known in a stream".into()
            );
        }
        if let Some(group) = group
            && group > hir.properties().explicit_captures_len()
        {
            return Err(format!("expression has no group {group}"));
        }
        let thompson = thompson::Config::new().utf8(false).nfa_size_limit(Some(MAX_TABLE_SIZE));
        let config = dense::Config::new()
            .start_kind(if scope.is_search { StartKind::Unanchored } else { StartKind::Anchored })
            .match_kind(MatchKind::LeftmostFirst)
            .dfa_size_limit(Some(MAX_TABLE_SIZE))
            .determinize_size_limit(Some(MAX_BUILD_SIZE));
        let dfa = dense::DFA::builder().configure(config).thompson(thompson.clone()).syntax(syntax).build(text);
        let dfa =
            dfa.map_err(|error| format!("expression costs more than {MAX_TABLE_SIZE} bytes of tables: {error}"))?;
        let find_groups = || PikeVM::builder().thompson(thompson).syntax(syntax).build(text).map_err(|e| e.to_string());
        let groups = group.map(|_| find_groups()).transpose()?;
        let Scope { is_search, start, window } = scope;
        let lost = if is_search { log2_ceil(window) } else { 0 };
        let fixed_bits = fixed_bits(&hir, window).saturating_sub(lost);
        Ok(Self { dfa, groups, is_search, start, window, fixed_bits, first: first_bytes(&hir, scope) })
    }

    /// Whether the payload fits.
    pub fn fit(&self, data: &[u8], extent: Extent) -> Fit {
        let (seen, is_all) = self.seen(data, extent);
        match self.run(seen) {
            (true, _) => Fit::Yes,
            (false, is_dead) if is_dead || is_all => Fit::No,
            _ => extent.missing(),
        }
    }

    /// Where the group stands in `data`.
    pub fn find(&self, data: &[u8], extent: Extent, group: usize) -> Found {
        let (seen, is_all) = self.seen(data, extent);
        let (is_match, is_dead) = self.run(seen);
        let is_final = is_dead || is_all;
        let Some(groups) = self.groups.as_ref().filter(|_| is_final && is_match) else {
            return if is_final || extent != Extent::Growing { Found::Nothing } else { Found::More };
        };
        let (mut cache, mut captures) = (groups.create_cache(), groups.create_captures());
        groups.captures(&mut cache, Input::new(seen).anchored(self.anchored()), &mut captures);
        match captures.get_group(group) {
            Some(span) => Found::At(self.start + span.start..self.start + span.end),
            None => Found::Nothing,
        }
    }

    /// Whether what it sees may begin with `byte`; always true where it does not see the payload's first byte.
    pub fn may_begin_with(&self, byte: u8) -> bool {
        self.first.get(usize::from(byte)).copied().unwrap_or(true)
    }

    /// First byte that it sees, behind which bits are not counted twice.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Bytes of its tables.
    pub fn memory_size(&self) -> usize {
        self.dfa.memory_usage() + self.groups.as_ref().map_or(0, |groups| groups.get_nfa().memory_usage())
    }

    fn anchored(&self) -> Anchored {
        if self.is_search { Anchored::No } else { Anchored::Yes }
    }

    /// The part of the payload that it is for, and whether nothing will be added to that.
    fn seen<'a>(&self, data: &'a [u8], extent: Extent) -> (&'a [u8], bool) {
        let end = data.len().min(self.start.saturating_add(self.window));
        let seen = data.get(self.start..end).unwrap_or_default();
        (seen, seen.len() == self.window || extent == Extent::Whole)
    }

    /// Whether there is a match, and whether what follows cannot change that.
    fn run(&self, seen: &[u8]) -> (bool, bool) {
        let Ok(mut state) = self.dfa.start_state_forward(&Input::new(seen).anchored(self.anchored())) else {
            return (false, true);
        };
        let mut is_match = false;
        for byte in seen {
            state = self.dfa.next_state(state, *byte);
            if self.dfa.is_special_state(state) {
                is_match |= self.dfa.is_match_state(state);
                if self.dfa.is_dead_state(state) || self.dfa.is_quit_state(state) {
                    return (is_match, true);
                }
            }
        }
        let end = self.dfa.next_eoi_state(state);
        // matches are told one byte late: behind the last byte of one, a state may be left that nothing leads on from
        let is_over = self.dfa.is_match_state(state)
            && (0..=u8::MAX).all(|byte| self.dfa.is_dead_state(self.dfa.next_state(state, byte)));
        (is_match || self.dfa.is_match_state(end), is_over)
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).to_owned()
}

/// How many bits a choice among `count` takes.
pub(super) fn log2_ceil(count: usize) -> u32 {
    count.max(1).next_power_of_two().trailing_zeros()
}

/// How many bits every match fixes: the least of its alternatives, less what choosing among them and skipping bytes gives away.
fn fixed_bits(hir: &Hir, window: usize) -> u32 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => 8 * u32::try_from(literal.0.len()).unwrap_or(0),
        HirKind::Class(class) => 8u32.saturating_sub(log2_ceil(class_size(class))),
        HirKind::Capture(capture) => fixed_bits(&capture.sub, window),
        HirKind::Concat(parts) => {
            let skips = parts.iter().filter(|part| skips_anything(part)).count();
            let fixed: u32 = parts.iter().map(|part| fixed_bits(part, window)).sum();
            fixed.saturating_sub(log2_ceil(window) * u32::try_from(skips).unwrap_or(0))
        }
        HirKind::Alternation(parts) => {
            let least = parts.iter().map(|part| fixed_bits(part, window)).min().unwrap_or(0);
            least.saturating_sub(log2_ceil(parts.len()))
        }
        HirKind::Repetition(repetition) => repetition.min.saturating_mul(fixed_bits(&repetition.sub, window)),
    }
}

/// Whether it passes over bytes of nearly any value, as many as it likes.
fn skips_anything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => repetition.max != Some(repetition.min) && fixed_bits(&repetition.sub, 1) < 2,
        HirKind::Capture(capture) => skips_anything(&capture.sub),
        _ => false,
    }
}

fn class_size(class: &Class) -> usize {
    match class {
        Class::Bytes(bytes) => bytes.iter().map(|range| usize::from(range.end() - range.start()) + 1).sum(),
        Class::Unicode(_) => 256,
    }
}

fn first_bytes(hir: &Hir, scope: Scope) -> Box<[bool; 256]> {
    let mut first = Box::new([false; 256]);
    if scope.is_search || scope.start > 0 || mark_first(hir, &mut first) {
        first.fill(true);
    }
    first
}

/// Marks the bytes that a match may begin with; true when it may also be empty, so that anything may stand there.
fn mark_first(hir: &Hir, first: &mut [bool; 256]) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            let place = literal.0.first().and_then(|byte| first.get_mut(usize::from(*byte)));
            place.map(|place| *place = true).is_none()
        }
        HirKind::Class(Class::Bytes(bytes)) => {
            for range in bytes.iter() {
                let places = first.get_mut(usize::from(range.start())..=usize::from(range.end()));
                places.into_iter().flatten().for_each(|place| *place = true);
            }
            false
        }
        HirKind::Class(Class::Unicode(_)) => true,
        HirKind::Capture(capture) => mark_first(&capture.sub, first),
        HirKind::Concat(parts) => parts.iter().all(|part| mark_first(part, first)),
        HirKind::Alternation(parts) => parts.iter().fold(false, |any, part| mark_first(part, first) | any),
        HirKind::Repetition(repetition) => mark_first(&repetition.sub, first) || repetition.min == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str, is_search: bool) -> Expression {
        Expression::new(text, Scope { is_search, start: 0, window: 32 }, Some(0)).unwrap()
    }

    fn error(text: &str) -> String {
        Expression::new(text, Scope { is_search: false, start: 0, window: 32 }, None).unwrap_err()
    }

    #[test]
    fn a_match_in_a_stream_waits_until_nothing_can_change_it() {
        let name = expression("user=[a-z]+", false);
        assert_eq!(name.find(b"user=al", Extent::Growing, 0), Found::More);
        assert_eq!(name.find(b"user=al", Extent::Whole, 0), Found::At(0..7));
        assert_eq!(name.find(b"user=alice ", Extent::Growing, 0), Found::At(0..10));
        assert_eq!(name.find(b"us!", Extent::Growing, 0), Found::Nothing);
        assert_eq!(name.fit(b"user=a", Extent::Growing), Fit::Yes);
        assert_eq!(name.fit(b"us", Extent::Growing), Fit::More);
        assert_eq!(name.fit(b" user=a", Extent::Growing), Fit::No);
        assert_eq!(expression("user=[a-z]+", true).fit(b" user=a", Extent::Growing), Fit::Yes);
        assert_eq!(name.find(&[&b"user="[..], &[b'a'; 40]].concat(), Extent::Growing, 0), Found::At(0..32));
    }

    #[test]
    fn bits_are_those_of_the_weakest_alternative() {
        let bits = |text: &str| expression(text, false).fixed_bits;
        assert_eq!((bits("abcd"), bits("ab|cdef"), bits("[0-9]{2}"), bits("x?")), (32, 15, 8, 0));
        assert_eq!((bits("ab.*cd"), bits("(?i)ab")), (27, 14));
        assert_eq!(expression("abcd", true).fixed_bits, 27);
    }

    #[test]
    fn first_bytes_are_those_of_a_match() {
        let begins = |text: &str| -> Vec<u8> {
            let made = expression(text, false);
            (0..=u8::MAX).filter(|byte| made.may_begin_with(*byte)).collect()
        };
        assert_eq!(begins("^(?:GET|put)"), b"Gp");
        assert_eq!(begins("a?b"), b"ab");
        assert_eq!((begins("a?").len(), begins("[^a]x").len()), (256, 255));
    }

    #[test]
    fn what_costs_too_much_or_looks_behind_is_refused() {
        assert!(error("(?s).*a.{20}x").contains("costs more than 1048576 bytes"));
        assert!(error("ab$").contains("what follows a match"));
        assert!(error("(ab").contains("unclosed group"));
        assert!(error(&"a".repeat(2000)).contains("at most 1024"));
        assert!(Expression::new("a", Scope { is_search: false, start: 0, window: 0 }, None).is_err());
        assert!(Expression::new("a(b)", Scope { is_search: false, start: 0, window: 9 }, Some(2)).is_err());
    }
}
