"""Tries to show by packets that a mutant which was not caught does something else after all.

Independent of the sets: packets are made from the values that the rules compare with, one value beside each, and run
through the simulator, with every kind of connection before them.
"""

import random
from collections.abc import Mapping

from steering.fields import ETH_IPV4, ETH_IPV6
from steering.rules import RuleSet
from steering.simulate import Packet, SimulationError, Simulator, Verdict
from tests.mutants.worlds import CATALOGUE, World

KNOWN_PROTOCOLS = (6, 6, 17, 58, 1)
FLAGS = (0x002, 0x012, 0x010, 0x018, 0x011, 0x004)
PORTS = (25, 443, 587, 5060, 5061, 5064, 5070, 5071, 40000)
ADDRESSES = {4: ("10.0.0.1", "11.0.0.1", "192.0.2.9", "192.0.3.9"), 6: ("2001:db8::1", "2001:db8::2")}
FILMS = ("a.films.example", "films.example", None)


def difference(world: World, spoilt: Mapping[int, RuleSet], count: int, seed: int) -> str | None:
    """A packet that the two sets of rules treat differently; None if none was found among `count`."""
    chance = random.Random(seed)
    for _ in range(count):
        packet, at = _packet(chance, world), _entry(chance, world)
        verdict, is_reply, is_known = _verdict(chance), chance.random() < 0.4, chance.random() < 0.7
        seen = [_seen(world, rules, packet, at, verdict, is_reply, is_known) for rules in (world.rules, spoilt)]
        if seen[0] != seen[1]:
            return f"{packet} in at {at}, known {is_known}, answer {is_reply}, {verdict}: {seen[0]} or {seen[1]}"
    return None


def _seen(
    world: World,
    rules: Mapping[int, RuleSet],
    packet: Packet,
    at: tuple[int, int],
    verdict: Verdict,
    is_reply: bool,
    is_known: bool,
) -> object:
    simulator = Simulator(world.network, rules, world.policy)
    if is_known and packet.is_ip:
        for switch in world.network.switches.values():
            simulator.connect(packet, (switch.dpid, switch.edge_zone), verdict, is_reply=is_reply)
    try:
        walk = simulator.send(packet, at)
    except SimulationError as error:
        return "loop" if "still on its way" in str(error) else "refused"
    shown = sorted(set(walk.shown_to_controller))
    return sorted(walk.delivered, key=str), walk.entered, sorted(set(walk.tapped)), shown


def _entry(chance: random.Random, world: World) -> tuple[int, int]:
    dpid = chance.choice(sorted(world.network.switches))
    inside = world.network.fabric_ports(dpid)
    return dpid, chance.choice(sorted(set(world.network.switches[dpid].ports) - inside - {5, 6}))


def _packet(chance: random.Random, world: World) -> Packet:
    macs = [*sorted(world.network.hosts), "02:00:00:00:00:99"]
    kind = chance.choice((4, 4, 4, 6, 6, 0))
    source, target = chance.choice(macs), chance.choice([*macs, "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"])
    vids = chance.choice(((), (), (), (1,), (0x40,), (5,)))
    if kind == 0:
        return Packet(eth_src=source, eth_dst=target, eth_type=chance.choice((0x0806, 0x88CC, 0x1234)), vids=vids)
    protocol = chance.choice(KNOWN_PROTOCOLS)
    has_ports = protocol in (6, 17)
    return Packet(
        eth_src=source,
        eth_dst=target,
        eth_type=ETH_IPV4 if kind == 4 else ETH_IPV6,
        src=chance.choice(ADDRESSES[kind]),
        dst=chance.choice(ADDRESSES[kind]),
        ip_proto=protocol,
        src_port=chance.choice(PORTS) if has_ports else 0,
        dst_port=chance.choice(PORTS) if has_ports else 0,
        tcp_flags=chance.choice(FLAGS) if protocol == 6 else 0,
        icmpv6_type=chance.choice((128, 133, 134, 135, 136, 137)) if kind == 6 and protocol == 58 else 0,
        vids=vids,
    )


def _verdict(chance: random.Random) -> Verdict:
    app = chance.choice([0, 0x14000000, *CATALOGUE.applications.values()])
    if not app:
        return Verdict()
    category = chance.choice(sorted(CATALOGUE.categories.values()))
    return Verdict(app_id=app, category=category, state=chance.choice((1, 2, 3, 5)), sni=chance.choice(FILMS))
