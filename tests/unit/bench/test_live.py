"""The search of `make bench-live` for the highest rate without loss."""

import pytest

from tests.bench.live import HALVINGS, STEP, highest


@pytest.mark.parametrize("limit", [50_000.0, 123_456.0, 2e6])
def test_the_highest_rate_is_found_from_below(limit: float) -> None:
    found, is_sender_end = highest(lambda rate: rate if rate <= limit else None, 50_000.0)
    assert not is_sender_end
    assert limit * (1 - (STEP - 1) / STEP / 2**HALVINGS) <= found <= limit


def test_a_sender_that_cannot_do_more_ends_the_search() -> None:
    asked: list[float] = []

    def reached(rate: float) -> float:
        asked.append(rate)
        return min(rate, 300_000.0)

    assert highest(reached, 50_000.0) == (300_000.0, True)
    assert max(asked) < 300_000 * STEP


def test_a_first_rate_that_is_too_high_already_is_halved() -> None:
    assert highest(lambda rate: rate if rate < 20_000 else None, 50_000.0)[0] == 50_000 / 4 + 50_000 / 8
    assert highest(lambda _: None, 50_000.0) == (0.0, False)
