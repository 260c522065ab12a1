"""Hostile peers of a session, both of them: what fuzzing found stays found, and random streams break no rule."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.openflow import case as cases
from tests.fuzz.openflow import mutate, rules, seeds, sockets
from tests.fuzz.openflow.case import Case, Connect, Down, Lost, Step, Tick, Up

KEPT = Path(__file__).parents[2] / "golden" / "fuzz" / "openflow"


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_what_broke_a_rule_once_breaks_none_now(path: Path, tmp_path: Path) -> None:
    case = Case.from_json(path.read_text())
    for seed in range(5):
        whole = rules.run(case, tmp_path, Random(seed))
    sockets.run(case, whole, tmp_path)


def test_a_case_is_the_same_again_and_comes_back_from_its_file() -> None:
    made = cases.make(7, 3)
    assert made == cases.make(7, 3) != cases.make(7, 4)
    assert Case.from_json(made.to_json("")) == made


def test_damaged_streams_break_no_rule(tmp_path: Path) -> None:
    figures = rules.Figures()
    for number in range(60):
        whole = rules.run(cases.make(20261122, number), tmp_path, Random(number), figures)
        if number % 20 == 0:
            sockets.run(cases.make(20261122, number), whole, tmp_path)
    outcomes = {outcome for _, outcome in figures.outcomes}
    assert outcomes >= {"passed", "rewritten", "answered", "answered by an error", "connection closed"}


versions = st.sampled_from(seeds.VERSIONS)
damaged = st.builds(
    lambda number, version, is_up: mutate.message(
        mutate.Dice(number), seeds.from_switch(version) if is_up else seeds.from_controller(version)
    ),
    st.integers(0, 1 << 32),
    versions,
    st.booleans(),
)
streams = st.lists(st.binary(max_size=40) | damaged, max_size=5).map(b"".join)
steps = st.one_of(
    st.builds(Up, streams),
    st.builds(Down, streams),
    st.just(Connect()),
    st.just(Lost()),
    st.builds(Tick, st.floats(0, 5)),
)


@settings(max_examples=150)
@given(versions, st.booleans(), st.lists(steps, max_size=8), st.integers(0, 1 << 32))
def test_any_peers_in_any_order_break_no_rule(
    tmp_path_factory: pytest.TempPathFactory, version: int, agrees: bool, then: list[Step], seed: int
) -> None:
    handshake: list[Step] = []
    if agrees:
        handshake = list(cases.handshake(version, knows_l7=bool(seed & 1)))
    rules.run(Case((*handshake, *then)), tmp_path_factory.getbasetemp(), Random(seed))
