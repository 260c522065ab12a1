"""The agent's own tables in a switch without a connection tracker, and what tells its rules apart. Numbers only."""

from typing import Final

FIRST_OWN_TABLE: Final = 250
"""From here on tables are the agent's: a controller is told that the switch has so many, and may not use the others."""

CLEAR: Final = 250
"""Sets all registers to what they are before any look-up."""
OVERWRITE: Final = 251
"""Keeps the connection of a packet with the mark and the label of the registers, in the place of earlier ones."""
COMMIT: Final = 252
"""Keeps the connection of a packet, without a mark, unless it is known."""
LOOK_UP: Final = 253
"""One rule for each connection and direction; loads the registers."""

LAST_TABLE: Final = 253  # Open vSwitch keeps 254 to itself, 255 is OFPTT_ALL

COOKIE_PREFIX: Final = 0x4C37 << 48  # the end of the experimenter id
COOKIE_PREFIX_MASK: Final = 0xFFFF << 48
STATIC_COOKIE: Final = COOKIE_PREFIX | 1
"""Of the rules that are always there."""
LEARNED_COOKIE: Final = COOKIE_PREFIX | 2
"""Of connections that the switch has made itself."""

MARKED: Final = 200  # priority of what has been said of a connection, by agent or controller,
KNOWN: Final = 100  # and of connections that nothing has been said of
ASKING: Final = 300  # of TCP's SYN in the edge zone: begins a connection, whatever was there
UNKNOWN: Final = 0

IDLE_UDP_S: Final = 29
"""Of everything but TCP. Open vSwitch ends an idle rule within a second, so that after 30 s it is gone."""
IDLE_OPENING_S: Final = 120
"""Of a TCP connection that nothing has been said of: a flood of SYNs is forgotten."""
IDLE_TCP_S: Final = 7440
"""Of one with a verdict: 2 h 4 min (RFC 5382, REQ-5)."""
MARK_IMPORTANCE: Final = 1
"""A full table loses connections that nothing has been said of first (OpenFlow 1.4 §6.5, eviction)."""
MAX_RULES: Final = 2**18
"""In the table of connections: two for each that nothing has been said of, up to four for others."""

IDLE_CLOSING_S: Final = 10
"""After TCP's FIN or RST in that direction."""
