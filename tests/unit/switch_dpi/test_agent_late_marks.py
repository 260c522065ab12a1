"""Which marks may still be on their way."""

import pytest

from switch_dpi import late_marks
from switch_dpi.late_marks import LATE_S, LateMarks

KEY = (6, "10.0.0.1", 1, "10.0.0.2", 2)
OTHER = (6, "10.0.0.1", 3, "10.0.0.2", 2)


def test_a_mark_is_late_for_a_while_and_said_once() -> None:
    marks = LateMarks()
    marks.note(KEY, 10.0)
    assert not marks.take(OTHER, 10.0)
    assert marks.take(KEY, 10.0 + LATE_S)
    assert not marks.take(KEY, 10.0 + LATE_S)


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
    assert marks.take(KEY, 12.0 + LATE_S)


def test_no_more_than_the_limit_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_marks, "MAX_KEPT", 2)
    marks = LateMarks()
    for port in range(5):
        marks.note((6, "10.0.0.1", port, "10.0.0.2", 2), 1.0)
    assert len(marks) == 2
