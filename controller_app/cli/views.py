"""`appsteer flows`, `apps`, `status`: what a running controller knows."""

import sys
from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.live import Live

from controller_app.cli import figures, output
from controller_app.cli.options import Controller, Json
from controller_app.config import DEFAULT_NORTHBOUND
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.client import connect
from ofext.ids import format_app_id
from steering.policy.references import nearest

LIVE_ROWS: Final = 40  # flows on the live table when the terminal's height is not known
HEADER_ROWS: Final = 4
APP_COLUMNS: Final = ("key", "name", "category", "risk", "kind", "App-ID", "flows", "bytes", "tags")


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
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only what has this tag.")] = None,
    tags: Annotated[bool, typer.Option("--tags", help="List the tags instead, and how many have them.")] = False,
    switch: Annotated[
        str | None, typer.Option("--switch", metavar="NAME", help="Instead, what the agent there has counted of each.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the applications and protocols the agents can recognise, with what was seen of each.

    With --switch, the statistics of one switch's agent since its start: flows, and what of them it inspected.
    """
    if switch is not None:
        if seen or tags or tag is not None:
            raise typer.BadParameter("does not go with --seen, --tag or --tags", param_hint="--switch")
        with connect(address) as client:
            figures.show_apps(client.app_statistics(switch), as_json=as_json)
        return
    with connect(address) as client:
        found = client.apps(only_seen=seen and tag is None)
    if tag is not None:
        known = {key for entry in found for key in entry.tags}
        if tag not in known:
            near = nearest(tag, known)
            output.fail(f"nothing has the tag {tag!r}{f'; did you mean {near!r}?' if near else ''}", output.MISUSED)
        found = [entry for entry in found if tag in entry.tags and (entry.flows or not seen)]
    if tags:
        _show_tags(found, as_json=as_json)
    elif as_json:
        output.write_json([output.plain(entry) for entry in found])
    else:
        output.console().print(output.simple_table(APP_COLUMNS, map(_app_row, found)))


@output.sentences
def status(
    address: Controller = DEFAULT_NORTHBOUND,
    statistics: Annotated[
        bool, typer.Option("--statistics/--no-statistics", help="Ask the agents for the figures of their engines.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Show the network as the controller sees it: switches, agents, engines, links, hosts, policy, problems."""
    with connect(address) as client:
        reply = client.status(with_statistics=statistics)
    if as_json:
        output.write_json(output.plain(reply))
        return
    typer.echo(f"controller {reply.version}, up {reply.uptime_s:.0f} s, policy: {reply.policy_origin}")
    typer.echo(f"{reply.flows} flows known, {reply.events} events, {reply.flows_evicted} flows evicted\n")
    screen = output.console()
    screen.print(
        output.simple_table(("switch", "datapath id", "stage", "agent", "rules", "ports"), _switch_rows(reply))
    )
    figures.show_engines(reply.switches)
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


def _app_row(app: pb.App) -> list[str]:
    numbers = (format_app_id(app.app_id), str(app.flows), str(app.bytes))
    return [app.key, app.name, app.category, str(app.risk), app.kind, *numbers, " ".join(app.tags)]


def _show_tags(found: list[pb.App], *, as_json: bool) -> None:
    counts = Counter(key for entry in found for key in entry.tags)
    if as_json:
        output.write_json(dict(sorted(counts.items())))
    else:
        rows = ([key, str(count)] for key, count in sorted(counts.items()))
        output.console().print(output.simple_table(("tag", "applications and protocols"), rows))


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
