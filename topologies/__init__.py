"""Mininet topologies. Import nothing of the project."""
