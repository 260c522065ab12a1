"""Hostile input: what breaks a rule is kept in `tests/golden/fuzz` and tried by the unit tests."""
