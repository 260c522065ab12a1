"""Which marks may still be on their way."""

import pytest

from switch_dpi import late_marks
from switch_dpi.late_marks import LATE_S, LateMarks

KEY = (6, "10.0.0.1", 1, "10.0.0.2", 2)
OTHER = (6, "10.0.0.1", 3, "10.0.0.2", 2)


def test_a_mark_is_late_for_a_while() -> None:
    marks = LateMarks()
    marks.note(KEY, 10.0)
    assert not marks.is_late(OTHER, 10.0)
    assert marks.is_late(KEY, 10.0 + LATE_S)
    assert not marks.is_late(KEY, 10.1 + LATE_S)


def test_what_is_old_is_forgotten_when_others_come() -> None:
    marks = LateMarks()
    marks.note(KEY, 10.0)
    marks.note(OTHER, 10.1 + LATE_S)
    assert len(marks) == 1


def test_the_last_mark_counts() -> None:
    marks = LateMarks()
    marks.note(KEY, 10.0)
    marks.note(OTHER, 10.0)
    marks.note(KEY, 12.0)
    marks.note(OTHER, 11.0 + LATE_S)
    assert marks.is_late(KEY, 12.0 + LATE_S)


def test_no_more_than_the_limit_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_marks, "MAX_KEPT", 2)
    marks = LateMarks()
    for port in range(5):
        marks.note((6, "10.0.0.1", port, "10.0.0.2", 2), 1.0)
    assert len(marks) == 2


def test_an_engines_mark_stands_unless_a_later_one_was_made_here() -> None:
    marks = LateMarks()
    assert marks.stands(KEY, 1)
    marks.note(KEY, 10.0, 5)
    assert not marks.stands(KEY, 4)
    assert marks.stands(KEY, 6)
    marks.note(KEY, 10.0)  # an engine's
    assert not marks.stands(KEY, 4)
    assert marks.stands(OTHER, 1)


def test_an_engines_mark_that_is_older_than_what_is_forgotten_is_not_trusted() -> None:
    marks = LateMarks()
    marks.note(KEY, 10.0, 5)
    marks.note(OTHER, 10.1 + LATE_S, 7)
    assert not marks.stands(KEY, 4)
    marks.note(KEY, 10.1 + LATE_S)
    assert not marks.stands(KEY, 4)
    assert marks.stands(KEY, 6)
