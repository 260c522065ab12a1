"""`python -m tests.mutants [COUNT] [SEED]`: how many faults the verifier catches; all of them without COUNT."""

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from steering.verify import Verifier, VerifyError, prove
from tests.mutants.operators import Mutant, mutants
from tests.mutants.refute import difference
from tests.mutants.worlds import CATALOGUE, World, worlds

REFUTATIONS = 200  # packets that try to show that what was not caught is a fault after all


@dataclass(slots=True)
class Tally:
    """How it went, by kind of mutant."""

    caught: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)


def judge(world: World, verifier: Verifier, mutant: Mutant, tally: Tally, seed: int) -> None:
    """Caught, or refused; else it must be one that changes nothing: compared for all packets, and tried by some."""
    try:
        proof = prove(verifier, mutant.rule_sets, compiled=world.rules, limit=1)
    except VerifyError:
        tally.refused[mutant.kind] += 1
        return
    if not proof:
        tally.caught[mutant.kind] += 1
        if not proof.counter_examples[0].is_confirmed:
            tally.unconfirmed.append(f"{world.name}: {mutant.text}")
        return
    is_same = verifier.is_same(world.rules, mutant.rule_sets)
    shown = difference(world, mutant.rule_sets, REFUTATIONS, seed)
    if is_same and shown is None:
        tally.same[mutant.kind] += 1
    else:
        tally.missed.append(f"{world.name}: {mutant.text}" + ("" if shown is None else f" ({shown})"))


def main(count: int | None = None, seed: int = 1) -> int:
    """Prints the tally; 1 if a fault was missed."""
    known = worlds()
    verifiers = {one.name: Verifier(one.policy, CATALOGUE, one.network, one.rules.values()) for one in known}
    found = [(world, mutant) for world in known for mutant in mutants(world)]
    chosen = found if count is None else random.Random(seed).sample(found, min(count, len(found)))
    tally = Tally()
    started = time.monotonic()
    for number, (world, mutant) in enumerate(chosen):
        judge(world, verifiers[world.name], mutant, tally, seed + number)
    kinds = sorted(set(tally.caught) | set(tally.refused) | set(tally.same))
    for kind in kinds:
        counts = tally.caught[kind], tally.refused[kind], tally.same[kind]
        print("{:<12} {:5} caught  {:3} refused  {:4} change nothing".format(kind, *counts))
    for text in tally.missed:
        print(f"MISSED {text}")
    for text in tally.unconfirmed:
        print(f"not confirmed by the simulator: {text}")
    caught = tally.caught.total() + tally.refused.total()
    share = 100 * caught / max(1, caught + len(tally.missed))
    print(
        f"{len(chosen)} of {len(found)} mutants in {time.monotonic() - started:.0f} s (seed {seed}): {caught} caught, "
        f"{tally.same.total()} change nothing, {len(tally.missed)} missed: {share:.1f} % of those that change meaning"
    )
    return 1 if tally.missed else 0


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*given))
