"""Values of the controller to messages of the northbound API. No I/O, no decisions."""

from collections.abc import Mapping

from controller_app.core import Core, Snapshot
from controller_app.datapath_state import SwitchState
from controller_app.decisions import Decided, Names, state_name
from controller_app.discovery import End
from controller_app.flows import Flow
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.planner import SwitchPlan
from ofext.catalogue import AppEntry, AppKind
from steering.rules import RuleSet
from steering.tables import table_name


def flow_message(flow: Flow, decided: Decided, names: Names, switch_names: Mapping[int, str]) -> pb.Flow:
    """A flow with names for its numbers and with what decides about it."""
    event = flow.event
    app = names.apps.get(event.app_id)
    protocol = names.apps.get(event.protocol_id)
    return pb.Flow(
        number=flow.number,
        first_seen_ns=event.first_seen_ns,
        last_seen_ns=event.last_seen_ns,
        src=event.src,
        sport=event.sport,
        dst=event.dst,
        dport=event.dport,
        l4=event.l4,
        vlan=event.vlan,
        app_id=event.app_id,
        app_key=names.app_key(event.app_id, event.path),
        app=app.name if app else names.app_key(event.app_id, event.path),
        protocol=protocol.name if protocol else names.app_key(event.protocol_id),
        category=names.category_key(event.category),
        risk=names.risk_of(event.app_id),
        state=state_name(event.state),
        ended=flow.ended,
        verdict_packet=event.verdict_packet,
        confidence=event.confidence,
        evidence=event.evidence,
        stack=event.path,
        packets_c2s=event.packets_c2s,
        packets_s2c=event.packets_s2c,
        bytes_c2s=event.bytes_c2s,
        bytes_s2c=event.bytes_s2c,
        metadata=names.metadata(event.metadata),
        policy=decided.policy,
        action=decided.action,
        chain=decided.chain,
        path=decided.path,
        edges=[switch_names.get(dpid, f"{dpid:016x}") for dpid in flow.edges],
    )


def app_message(app: AppEntry, names: Names, seen: tuple[int, int, int]) -> pb.App:
    """An entry of the catalogue, with flows, packets and bytes seen of it."""
    kinds = {int(AppKind.PROTOCOL): "protocol", int(AppKind.APPLICATION): "application"}
    flows, packets, octets = seen
    return pb.App(
        app_id=app.app_id,
        key=app.key,
        name=app.name,
        category=names.category_key(app.category),
        kind=kinds.get(app.kind, str(app.kind)),
        risk=app.risk,
        owner=app.owner,
        flows=flows,
        packets=packets,
        bytes=octets,
        tags=app.tags,
    )


def switch_message(switch: SwitchState, core: Core) -> pb.Switch:
    """A switch and its ports."""
    agent, installed = switch.agent, switch.installed or RuleSet()
    return pb.Switch(
        dpid=f"{switch.dpid:016x}",
        name=switch.name,
        stage=switch.stage.value,
        has_agent=agent is not None,
        agent_version=agent.agent_version if agent else "",
        engine_version=agent.engine_version if agent else "",
        catalogue_version=agent.catalogue_version if agent else "",
        tap_port=(agent.tap_port or 0) if agent else 0,
        rules=len(installed.rules),
        groups=len(installed.groups),
        problem=switch.problem,
        events_lost=switch.events_lost,
        ports=[
            pb.Port(number=port.number, name=port.name, kind=core.port_role(End(switch.dpid, port.number)))
            for port in core.discovery.ports(switch.dpid)
        ],
    )


def link_messages(snapshot: Snapshot) -> list[pb.Link]:
    """Each link in both directions."""
    switches = snapshot.network.switches
    links = snapshot.network.live_links()
    return [
        pb.Link(
            from_switch=switches[one[0]].name,
            from_port=switches[one[0]].ports[one[1]].name,
            to_switch=switches[other[0]].name,
            to_port=switches[other[0]].ports[other[1]].name,
        )
        for link in links
        for one, other in (link, link[::-1])
    ]


def host_messages(snapshot: Snapshot) -> list[pb.Host]:
    """Hosts by MAC address."""
    found = []
    for host in sorted(snapshot.network.hosts.values(), key=lambda host: host.mac):
        switch = snapshot.network.switches[host.dpid]
        port = switch.ports[host.port].name
        found.append(pb.Host(mac=host.mac, switch_name=switch.name, port=port, addresses=host.ips))
    return found


def rules_message(dpid: int, name: str, rules: RuleSet) -> pb.SwitchRules:
    """All rules of a switch, readable."""
    return pb.SwitchRules(
        dpid=f"{dpid:016x}",
        name=name,
        rules=[
            pb.RuleLine(
                table=rule.table,
                table_name=table_name(rule.table),
                priority=rule.priority,
                match=str(rule.match),
                actions=" ".join(map(str, rule.actions)) or "drop",
                cookie=rule.cookie,
                owner=rule.owner,
            )
            for rule in rules
        ],
        groups=[str(group) for group in rules.groups],
    )


def plan_message(plan: SwitchPlan) -> pb.SwitchPlan:
    """What changes on a switch."""
    return pb.SwitchPlan(
        dpid=f"{plan.dpid:016x}",
        name=plan.name,
        connected=plan.connected,
        problem=plan.problem,
        unchanged=plan.changes.unchanged,
        changes=[
            pb.Change(
                sign=change.sign.value,
                subject=str(change.subject),
                owner=change.owner,
                differences=[f"{what}: {old} → {new}" for what, old, new in change.differences],
                text=str(change),
            )
            for change in plan.changes.changes
        ],
    )


def explain_message(decided: Decided) -> pb.ExplainReply:
    """A decision in words."""
    return pb.ExplainReply(
        policy=decided.policy,
        action=decided.action,
        chain=decided.chain,
        reasons=decided.reasons,
        path=decided.path,
        text=decided.text,
    )
