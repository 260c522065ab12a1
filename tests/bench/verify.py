"""How long a proof takes: policies and switches, the first time and after a change on one switch.

The network is a leaf-spine one with two spines, hosts at the leaves and functions at some of them. Policies mix
applications, categories, networks and ports; a tenth goes through chains. The environment
variables VERIFY_POLICIES and VERIFY_SWITCHES choose the size; the goals are for 1,000 and 50, and are not reached.
"""

import os
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from steering.compile import compile_network
from steering.network import CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy
from steering.policy.model import PolicyFile
from steering.rules import RuleSet
from steering.verify import Verifier, prove
from tests.bench.figures import Figure

POLICIES: Final = int(os.environ.get("VERIFY_POLICIES", "10"))
SWITCHES: Final = int(os.environ.get("VERIFY_SWITCHES", "5"))
GOALS: Final = ("<= 10 s", "<= 1 s") if (POLICIES, SWITCHES) == (1000, 50) else ("", "")  # of that size only
SPINES: Final = 2
HOSTS: Final = 10  # at each leaf
CHAINS: Final = 10
APPLICATIONS: Final = 400
SEED: Final = 5
TAP: Final = 999

CATALOGUE: Final = CatalogueView(
    applications={f"app{number}": 0x14000000 + number for number in range(1, APPLICATIONS + 1)},
    categories={f"category{number}": number for number in range(1, 40)},
)


def measure() -> list[Figure]:
    """Compiles, proves, changes one rule of one switch, and proves again."""
    view, policy = network(SWITCHES), policies(POLICIES, SWITCHES)
    size = f"{POLICIES:,} policies, {SWITCHES} switches"
    started = time.monotonic()
    rules = compile_network(policy, CATALOGUE, view)
    compiled = time.monotonic()
    verifier = Verifier(policy, CATALOGUE, view, rules.values())
    read = time.monotonic()
    if not prove(verifier, rules):
        raise AssertionError("what was compiled is not proven")
    proven = time.monotonic()
    changed = without_one_rule(rules)
    again = time.monotonic()
    if prove(verifier, changed, compiled=rules, limit=1):
        raise AssertionError("a policy that is missing on a switch is not noticed")
    ended = time.monotonic()
    count = sum(len(held.rules) for held in rules.values())
    return [
        Figure(name="compile, " + size, value=compiled - started, unit="s", samples=1, note=f"{count:,} rules"),
        Figure(name="read the policy as sets", value=read - compiled, unit="s", samples=1),
        Figure(name="verify, " + size, value=proven - compiled, unit="s", samples=1, goal=GOALS[0]),
        Figure(name="verify after a change on one switch", value=ended - again, unit="s", samples=1, goal=GOALS[1]),
    ]


def network(count: int) -> NetworkView:
    """Spines have the first numbers. Ports 1 to HOSTS of a leaf are hosts', 101 and on functions', 201 and on wires."""
    leaves = range(SPINES + 1, count + 1)
    links = frozenset(((leaf, 200 + spine), (spine, 200 + leaf)) for leaf in leaves for spine in range(1, SPINES + 1))
    switches = {}
    for number in range(1, count + 1):
        wires = {port for link in links for dpid, port in link if dpid == number}
        ports = {TAP, *wires, *((*range(1, HOSTS + 1), 101, 102) if number > SPINES else ())}
        switches[number] = SwitchView(
            dpid=number,
            name=f"s{number}",
            ports={port: PortView(port, f"s{number}-{port}") for port in ports},
            tap_port=TAP,
            edge_zone=2 * number,
            service_zone=2 * number + 1,
        )
    hosts = (
        HostView(mac=f"02:00:00:00:{leaf:02x}:{port:02x}", dpid=leaf, port=port)
        for leaf in leaves
        for port in range(1, HOSTS + 1)
    )
    return NetworkView(switches=switches, links=links, hosts={host.mac: host for host in hosts})


def policies(count: int, switches: int) -> Policy:
    """As people write them: most about an application or a category, from or to a network, some about ports."""
    chance = random.Random(SEED)
    leaves = range(SPINES + 1, switches + 1)
    places = [leaves[number % len(leaves)] for number in range(CHAINS)]
    attached = {place: f"f{place}" for place in places}
    services = [
        {"name": name, "kind": "transparent", "attach": {"switch": f"s{place}", "ingress": 101, "egress": 102}}
        for place, name in attached.items()
    ]
    names = list(attached.values())
    chains = [
        {"name": f"c{number}", "services": chance.sample(names, min(len(names), 1 + number % 3))}
        for number in range(CHAINS)
    ]
    rules = [{"name": f"p{number}", "match": _match(chance), "action": _action(chance)} for number in range(count)]
    file = {"version": 1, "services": services, "chains": chains, "policies": rules}
    return Policy.of(PolicyFile.model_validate(file))


def without_one_rule(rules: Mapping[int, RuleSet]) -> dict[int, RuleSet]:
    """The last switch lacks the first rule of a policy."""
    dpid = max(rules)
    held = rules[dpid]
    gone = next(rule for rule in held if rule.owner.startswith("policy:") and not rule.actions)
    return {**rules, dpid: replace(held, rules=tuple(rule for rule in held if rule is not gone))}


def _match(chance: random.Random) -> dict[str, object]:
    kind = chance.random()
    match: dict[str, object] = {}
    if kind < 0.6:
        match["application"] = f"app{chance.randint(1, APPLICATIONS)}"
    elif kind < 0.7:
        match["category"] = f"category{chance.randint(1, 39)}"
    else:
        match |= {"ip_proto": chance.choice(("tcp", "udp")), "dst_port": chance.randint(1, 65535)}
    if chance.random() < 0.5:
        match["src"] = f"10.{chance.randint(0, 255)}.0.0/16"
    elif kind > 0.5:
        match["dst"] = f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.0/24"
    return match


def _action(chance: random.Random) -> object:
    kind = chance.random()
    if kind < 0.1:
        return {"chain": f"c{chance.randrange(CHAINS)}"}
    return {"dscp": 46} if kind < 0.2 else chance.choice(("allow", "deny"))
