"""Switches without a connection tracker: what would be conntrack's fields and actions becomes registers and rules.

`registers` maps fields, `actions` actions, `messages` whole messages, in both directions; `tables` has the numbers of
the agent's own tables, and the rules in them that stand for connections. SPEC.md section 8.
"""
