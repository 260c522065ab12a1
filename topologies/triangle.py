"""Three switches in a ring, so that one link is always redundant and a careless broadcast would go round for ever.

`sudo .venv/bin/mn --custom topologies/triangle.py --topo triangle` tries it by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from topologies.parts import PartsTopo

RING = (("s1", "s2"), ("s2", "s3"), ("s3", "s1"))
HOSTS_PER_SWITCH = MappingProxyType({"s1": 3, "s2": 1, "s3": 1})
FUNCTIONS = MappingProxyType({"fn": "s2"})


class Triangle(PartsTopo):
    """Switches `s1` to `s3` in a ring, hosts counted on from switch to switch, functions where they are asked for."""

    def build(
        self,
        hosts_per_switch: Mapping[str, int] = HOSTS_PER_SWITCH,
        functions: Mapping[str, str] = FUNCTIONS,
    ) -> None:
        """Called by Mininet with the constructor's parameters.

        `hosts_per_switch` is switch → number of hosts; host N is `hN` with 10.0.0.N/24. `functions` is name → switch.
        """
        for name in ("s1", "s2", "s3"):
            self.add_switch(name)
        for left, right in RING:
            self.add_fabric_link(left, right)
        places = [switch for switch, count in hosts_per_switch.items() for _ in range(count)]
        for number, switch in enumerate(places, start=1):
            self.add_host(f"h{number}", switch, ip=f"10.0.0.{number}/24")
        for name, switch in functions.items():
            self.add_function(name, switch)


topos = {"triangle": Triangle}  # the name that `mn --custom` looks for
