"""One switch with hosts, and one transparent service function: the smallest network that can steer.

`sudo .venv/bin/mn --custom topologies/single.py --topo single,3` tries it by hand.
"""

from __future__ import annotations

from topologies.parts import PartsTopo


class Single(PartsTopo):
    """Switch `s1`, hosts `h1` to `h<hosts>` with 10.0.0.1 and on, and the named functions."""

    def build(self, hosts: int = 2, functions: tuple[str, ...] = ("fn",)) -> None:
        """Called by Mininet with the constructor's parameters."""
        switch = self.add_switch("s1")
        for number in range(1, hosts + 1):
            self.add_host(f"h{number}", switch, ip=f"10.0.0.{number}/24")
        for name in functions:
            self.add_function(name, switch)


topos = {"single": Single}  # the name that `mn --custom` looks for
