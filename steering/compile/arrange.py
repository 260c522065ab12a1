"""Where the rules of each policy stand: in which policy table, and from which priority on.

What a policy excludes (`not`) becomes rules above its own that send the excluded packets past it, to the next policy
table, where the policies after it stand. So each combination of exclusions ends a table, and a packet meets the
policies in their order, whichever it is excluded from. Priorities count from the last policy of a table, so that a
new first policy moves no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from steering import tables
from steering.errors import CompileError
from steering.policy.logic import Parts, Term, terms_of
from steering.policy.model import PolicyRule

INTERIM_SLOTS = 3  # priorities for what happens for the time being: `hold` takes three
FIRST_PRIORITY = 4  # below are the defaults, or the way to the next table
MAX_PRIORITY = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Terms of one policy with the same exclusions. `table` and `base` say where its rules stand."""

    terms: tuple[Term, ...]
    needs_verdict: bool
    not_lower: Parts
    not_upper: Parts
    has_guesses: bool
    table: int = tables.POLICY
    base: int = FIRST_PRIORITY

    @property
    def excludes(self) -> bool:
        """Whether packets go past it to the next table."""
        return bool(self.not_lower or self.not_upper)

    @property
    def slots(self) -> int:
        """How many priorities it takes."""
        return self.past_lower - self.base + self.excludes

    @property
    def guessed(self) -> int:
        """Priority for verdicts that are guessed; at `base` are the others."""
        return self.base + 1

    @property
    def past_upper(self) -> int:
        """Priority of what is excluded by layer 7."""
        return self.guessed + (INTERIM_SLOTS if self.has_guesses else 0)

    @property
    def waiting(self) -> int:
        """Priority for flows without a verdict."""
        return self.past_upper + self.excludes

    @property
    def past_lower(self) -> int:
        """Priority of what is excluded by layers 2 to 4."""
        return self.waiting + INTERIM_SLOTS


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The blocks of each policy, in order, and the last policy table."""

    blocks: tuple[tuple[Block, ...], ...]
    last_table: int


def arrange(rules: Sequence[PolicyRule]) -> Arrangement:
    """Raises `CompileError` where tables or priorities do not suffice; the error names the policy."""
    placed: list[list[Block]] = []
    table = tables.POLICY
    for rule in rules:
        placed.append([])
        for block in _blocks(rule):
            if table > tables.LAST_POLICY:
                raise CompileError(
                    f"policy {rule.name!r}: there is room for {tables.POLICY_TABLES - 1} combinations of exclusions "
                    "(`not`), and this is one more"
                )
            placed[-1].append(_at(block, table, FIRST_PRIORITY))
            table += block.excludes
    last = min(table, tables.LAST_POLICY)
    if table > last:
        raise CompileError(f"policy {rules[-1].name!r}: its exclusion (`not`) leaves no policy table for the defaults")
    return Arrangement(_with_priorities(placed, rules), last)


def _blocks(rule: PolicyRule) -> list[Block]:
    """First those that decide without a verdict: where one of them holds, none is waited for."""
    found: dict[tuple[object, ...], list[Term]] = {}
    for term in sorted(terms_of(rule.match), key=lambda term: (term.needs_verdict, _excludes(term))):
        key = (term.needs_verdict, *map(id, term.not_lower), None, *map(id, term.not_upper))
        found.setdefault(key, []).append(term)
    return [
        Block(
            terms=tuple(terms),
            needs_verdict=terms[0].needs_verdict,
            not_lower=terms[0].not_lower,
            not_upper=terms[0].not_upper,
            has_guesses=rule.while_guessed is not None,
        )
        for terms in found.values()
    ]


def _excludes(term: Term) -> bool:
    return bool(term.not_lower or term.not_upper)


def _with_priorities(placed: list[list[Block]], rules: Sequence[PolicyRule]) -> tuple[tuple[Block, ...], ...]:
    """From the last policy on: the next free priority of each table."""
    free: dict[int, int] = {}
    done: list[tuple[Block, ...]] = []
    for blocks, rule in zip(reversed(placed), reversed(rules), strict=True):
        made: list[Block] = []
        for block in reversed(blocks):
            base = free.get(block.table, FIRST_PRIORITY)
            free[block.table] = base + block.slots
            if base + block.slots > MAX_PRIORITY + 1:
                raise CompileError(
                    f"policy {rule.name!r}: a table has {MAX_PRIORITY} priorities, and they do not suffice"
                )
            made.append(_at(block, block.table, base))
        done.append(tuple(reversed(made)))
    return tuple(reversed(done))


def _at(block: Block, table: int, base: int) -> Block:
    return replace(block, table=table, base=base)
