"""Benchmarks: each prints its figures and writes them to build/bench/. Nothing here passes or fails."""
