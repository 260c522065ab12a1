"""`appsteer flows`, `apps`, `status`: what a running controller knows."""

import sys
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.live import Live

from controller_app.cli import output
from controller_app.cli.options import Controller, Json
from controller_app.config import DEFAULT_NORTHBOUND
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.client import connect
from ofext.ids import format_app_id

LIVE_ROWS: Final = 40  # flows on the live table when the terminal's height is not known
HEADER_ROWS: Final = 4


@output.sentences
def flows(
    address: Controller = DEFAULT_NORTHBOUND,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on, and show what changes.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Only flows that have not ended.")] = False,
    as_json: Json = False,
) -> None:
    """Show flows: who talks to whom, the application, at which packet that was known, policy and path.

    With --follow on a terminal, a live table; otherwise one line for each change. --json writes one object a line.
    """
    with connect(address) as client:
        if follow:
            _follow(client.watch_flows(), as_json=as_json, live=live)
            return
        found = client.flows(only_live=live)
    if as_json:
        for flow in found:
            output.write_json_line(output.plain(flow))
    else:
        output.console().print(output.flow_table(found))


@output.sentences
def apps(
    address: Controller = DEFAULT_NORTHBOUND,
    seen: Annotated[bool, typer.Option("--seen", help="Only what was seen in the network.")] = False,
    as_json: Json = False,
) -> None:
    """List the applications and protocols the agents can recognise, with what was seen of each."""
    with connect(address) as client:
        found = client.apps(only_seen=seen)
    if as_json:
        output.write_json([output.plain(entry) for entry in found])
        return
    rows = (
        [a.key, a.name, a.category, str(a.risk), a.kind, format_app_id(a.app_id), str(a.flows), str(a.bytes)]
        for a in found
    )
    names = ("key", "name", "category", "risk", "kind", "App-ID", "flows", "bytes")
    output.console().print(output.simple_table(names, rows))


@output.sentences
def status(address: Controller = DEFAULT_NORTHBOUND, as_json: Json = False) -> None:
    """Show the network as the controller sees it: switches, agents, links, hosts, policy, problems."""
    with connect(address) as client:
        reply = client.status()
    if as_json:
        output.write_json(output.plain(reply))
        return
    typer.echo(f"controller {reply.version}, up {reply.uptime_s:.0f} s, policy: {reply.policy_origin}")
    typer.echo(f"{reply.flows} flows known, {reply.events} events, {reply.flows_evicted} flows evicted\n")
    screen = output.console()
    screen.print(
        output.simple_table(("switch", "datapath id", "stage", "agent", "rules", "ports"), _switch_rows(reply))
    )
    if reply.links:
        ends = (
            [f"{k.from_switch} {k.from_port}", f"{k.to_switch} {k.to_port}"]
            for k in reply.links
            if (k.from_switch, k.from_port) <= (k.to_switch, k.to_port)  # each link stands there twice
        )
        screen.print("", output.simple_table(("link", "to"), ends))
    if reply.hosts:
        hosts = ([h.mac, f"{h.switch_name} {h.port}", " ".join(h.addresses)] for h in reply.hosts)
        screen.print("", output.simple_table(("host", "at", "addresses"), hosts))
    for problem in reply.problems:
        typer.echo(f"! {problem}")


def _switch_rows(reply: pb.StatusReply) -> list[list[str]]:
    return [
        [
            switch.name,
            switch.dpid,
            switch.stage,
            (switch.agent_version or "yes") if switch.has_agent else "none",
            str(switch.rules),
            " ".join(f"{port.name}({port.kind})" for port in switch.ports),
        ]
        for switch in reply.switches
    ]


def _follow(changes: Iterator[pb.Flow], *, as_json: bool, live: bool) -> None:
    wanted = (flow for flow in changes if not (live and flow.ended))
    if as_json:
        for flow in wanted:
            output.write_json_line(output.plain(flow))
    elif not sys.stdout.isatty():
        for flow in wanted:
            typer.echo("  ".join(output.flow_row(flow)))
    else:
        _live_table(wanted)


def _live_table(changes: Iterator[pb.Flow]) -> None:
    latest: OrderedDict[int, pb.Flow] = OrderedDict()
    screen = output.console()
    rows = (screen.height or LIVE_ROWS) - HEADER_ROWS
    with Live(console=screen, auto_refresh=True, refresh_per_second=4) as view:
        for flow in changes:
            latest[flow.number] = flow
            while len(latest) > rows:
                latest.popitem(last=False)
            view.update(output.flow_table(latest.values(), title="flows (Ctrl-C ends)"))
