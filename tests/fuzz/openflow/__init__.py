"""Fuzzes the shim: streams of damaged OpenFlow in both directions through the session, and some through its sockets."""
