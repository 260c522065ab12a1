"""Runs applications on Ryu 4.34 with today's Python and eventlet: `run_on_ryu.py PORT MODULE …`.

Ryu's manager imports a module that takes a name from eventlet which eventlet has given up.
"""

from __future__ import annotations

import sys

import eventlet.wsgi

eventlet.wsgi.ALREADY_HANDLED = object()

from ryu.cmd import manager  # noqa: E402 - after the name is there

if __name__ == "__main__":
    port, *modules = sys.argv[1:]
    manager.main(["--ofp-listen-host", "127.0.0.1", "--ofp-tcp-listen-port", port, *modules])
