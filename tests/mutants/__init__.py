"""Faults put into compiled networks, to see whether the verifier catches them. `make mutants`."""
