"""A share of `make mutants`: faults of each kind are caught, or change nothing."""

import random

import pytest

from steering.verify import Verifier
from tests.mutants.__main__ import Tally, judge
from tests.mutants.operators import mutants
from tests.mutants.worlds import CATALOGUE, World, worlds

SHARE = 4  # of each world; the rest takes minutes


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_no_fault_is_missed(world: World) -> None:
    verifier = Verifier(world.policy, CATALOGUE, world.network, world.rules.values())
    tally = Tally()
    for number, mutant in enumerate(random.Random(5).sample(list(mutants(world)), SHARE)):
        judge(world, verifier, mutant, tally, number)
    assert tally.missed == []
    assert tally.unconfirmed == []
    assert tally.caught.total() + tally.refused.total() > 0
