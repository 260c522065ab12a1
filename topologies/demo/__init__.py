"""The demo: real programs on real Open vSwitch switches, steered by AppSteer and checked from outside it.

`python -m topologies.demo` as root runs it all; `docs/demo.md` says what it shows. Everything it makes is written down
in a ledger first (`topologies.demo.ledger`), so that it can be taken away again whatever happens.
"""
