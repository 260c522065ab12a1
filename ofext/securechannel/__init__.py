"""TLS below OpenFlow, for the agent and the controller alike: who may connect, and the bytes in between.

Knows nothing of OpenFlow's messages. Above it everything stays plain: what has a TLS connection at one end is a plain
socket at the other (``ends``), so that neither the shim's relay nor os-ken has a second way of reading and writing.
"""
