"""Policies that differ in all but what they forbid."""

from __future__ import annotations

import random

FORBIDDEN = """version: 1
policies:
  - {name: never, match: {src: 10.0.0.1, dst: 10.0.0.3}, action: deny}
  - {name: no-ssh, match: {application: ssh, dst_port: 32022}, action: deny, while_inspecting: hold}
"""
APPLICATIONS = ("youtube", "netflix", "bittorrent", "telegram", "http", "redis", "smtp", "dns")
CLASSES = (8, 16, 24, 32, 40)  # DSCP, class selectors
MAX_MORE = 20


def a_policy(chosen: random.Random) -> str:
    """What is always forbidden, and some rules that mark packets but drop none."""
    more = (
        f"  - {{name: more-{number}, match: {{application: {chosen.choice(APPLICATIONS)}, "
        f"sni: '*.number-{chosen.randrange(30)}.example'}}, action: {{dscp: {chosen.choice(CLASSES)}}}}}\n"
        for number in range(chosen.randrange(MAX_MORE))
    )
    return FORBIDDEN + "".join(more)
