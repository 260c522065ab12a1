"""Counter-examples in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steering.network import CatalogueView, NetworkView
from steering.policy.values import PROTOCOLS
from steering.simulate import Packet, Step
from steering.tables import table_name
from steering.verify.report import CounterExample
from steering.verify.witness import Connection

KINDS = {
    "missing": "something that the policy wants does not happen",
    "surplus": "something happens that the policy does not want",
    "twice": "a packet comes out twice",
    "endless": "a packet goes round without end",
    "ambiguous": "two rules of one priority fit one packet",
}
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")  # RFC 9293 §3.1, the lowest bit first
_PROTOCOLS = {number: name for name, number in PROTOCOLS.items()} | {58: "icmpv6"}
_ETHERNET = {0x0806: "ARP", 0x88CC: "LLDP"}


def in_words(example: CounterExample, network: NetworkView, catalogue: CatalogueView) -> str:
    """What is wrong, shown by one packet; several lines."""
    return "\n".join(_lines(example, network, catalogue))


def packet_text(packet: Packet) -> str:
    """`tcp 192.0.2.1:40000 → 192.0.2.2:443 ACK PSH (02:… → 02:…)`."""
    tag = "".join(f" VLAN {vid}" for vid in packet.vids)
    ends = f"{packet.eth_src} → {packet.eth_dst}{tag}"
    if not packet.is_ip:
        return f"{_ETHERNET.get(packet.eth_type, f'ethertype {packet.eth_type:#06x}')} {ends}"
    protocol = _PROTOCOLS.get(packet.ip_proto, f"protocol {packet.ip_proto}")
    flags = "".join(f" {name}" for bit, name in enumerate(_FLAGS) if packet.tcp_flags >> bit & 1)
    kind = f" type {packet.icmpv6_type}" if packet.ip_proto == 58 else ""
    ports = (f":{packet.src_port}", f":{packet.dst_port}") if packet.src_port or packet.dst_port else ("", "")
    return f"{protocol} {packet.src}{ports[0]} → {packet.dst}{ports[1]}{kind}{flags} ({ends})"


def connection_text(known: Connection, catalogue: CatalogueView) -> str:
    """State, direction and verdict of a connection."""
    verdict = known.verdict
    if not verdict.app_id:
        return f"{known}, no verdict"
    said = "".join(f", {name} {', '.join(map(str, values))}" for name, values in known.attributes.items())
    said += "".join(f", tag {tag}" for tag in sorted(verdict.facts.tags))
    application = _key(catalogue.applications, verdict.app_id)
    settled = "settled" if verdict.state & 1 else "not settled"
    return (
        f"{known}, verdict {application} of category {_key(catalogue.categories, verdict.category)} ({settled}){said}"
    )


def step_text(step: Step, network: NetworkView) -> str:
    """Switch, table and rule with its owner and cookie."""
    where = f"{network.switches[step.dpid].name}, table {table_name(step.table)}"
    if step.rule is None:
        return f"{where}: no rule"
    owner = f"{step.rule.owner}, " if step.rule.owner else ""
    return f"{where}: [{step.rule.priority}] {_rest(step)} ({owner}cookie {step.rule.cookie:#018x})"


def _lines(example: CounterExample, network: NetworkView, catalogue: CatalogueView) -> Iterator[str]:
    witness = example.witness
    switch = network.switches[witness.at[0]]
    port = switch.ports[witness.at[1]].name if witness.at[1] in switch.ports else str(witness.at[1])
    yield f"{example.kind}: {KINDS[example.kind]}"
    yield f"  packet      {packet_text(witness.packet)}, in at {switch.name} port {port}"
    if witness.packet.is_ip:
        yield f"  connection  {connection_text(witness.edge, catalogue)}"
    if example.decision is not None:
        by = "the defaults" if example.decision.policy is None else f"policy {example.decision.policy}"
        line = "" if example.line is None else f", line {example.line}"
        yield f"  policy      {example.decision.action_text} ({by}{line})"
    yield from _differences("wanted", example.wanted, example.found)
    yield from _differences("found", example.found, example.wanted)
    if example.installed is not None or example.compiled is not None:
        yield f"  to blame    {_or_end(example.installed, network)}"
        yield f"  should be   {_or_end(example.compiled, network)}"
    elif example.blamed is not None:
        yield f"  decided by  {step_text(example.blamed, network)}"
    if not example.is_confirmed:
        yield "  The simulator or the evaluator does not confirm this: a mistake of the verifier, please report it."


def _differences(name: str, these: tuple[str, ...], others: tuple[str, ...]) -> Iterator[str]:
    """What only one side has; what both have is counted."""
    own = [text for text in these if text not in others]
    if not own:
        own = ["nothing else"] if these else ["nothing"]
    for at, text in enumerate(own):
        yield f"  {name if at == 0 else '':<11} {text}"


def _or_end(step: Step | None, network: NetworkView) -> str:
    return "no further table" if step is None else step_text(step, network)


def _rest(step: Step) -> str:
    if step.rule is None:
        return ""
    actions = " ".join(map(str, step.rule.actions)) or "drop"
    return f"{step.rule.match} → {actions}"


def _key(known: Mapping[str, int], number: int) -> str:
    return next((key for key, other in known.items() if other == number), f"{number:#x}")
