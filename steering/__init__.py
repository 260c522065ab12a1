"""Policies and what they become: chains, tables, rules. No sockets, no controller framework."""
