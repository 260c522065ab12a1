"""`appsteer`: the root of the command line and the commands that ask a running controller."""

import os
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.live import Live

from controller_app import __version__
from controller_app.cli import output, policy
from controller_app.cli.options import Controller, Json
from controller_app.cli.plugins import CommandsOfAll
from controller_app.config import DEFAULT_NORTHBOUND
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.client import connect

LIVE_ROWS: Final = 40  # flows on the live table when the terminal's height is not known
HEADER_ROWS: Final = 4
ROOT_HELP: Final = """Sees which applications flow through an OpenFlow network, and steers them by policy.

On every host with switches runs [bold]appsteer agent[/bold]; one [bold]appsteer controller[/bold] serves them all. The
other commands ask the controller (option --controller or the variable APPSTEER_CONTROLLER).

[bold]A first look[/bold]

  appsteer status                       switches, agents, links, problems
  appsteer flows --follow               every flow as its application becomes known
  appsteer policy validate policy.yaml  check a policy file
  appsteer policy plan policy.yaml      what it would change
  appsteer policy apply policy.yaml     put it in force
  appsteer policy explain 17            why flow 17 goes where it goes
"""

app = typer.Typer(
    cls=CommandsOfAll,
    name="appsteer",
    help=ROOT_HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(policy.app, name="policy")


def main() -> None:
    """The program."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output ended, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"appsteer {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """The root takes options that belong to no command."""


@app.command()
@output.sentences
def controller(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file (docs/controller.md).")],
) -> None:
    """Run the controller: switches connect to it, all other commands ask it.

    It ends on SIGTERM or Ctrl-C. The switches then go on forwarding and steering by the rules they have.
    """
    # os-ken is large, and only this command needs it.
    from controller_app.run import run  # noqa: PLC0415

    raise typer.Exit(run(config))


@app.command()
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


@app.command()
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
        [a.key, a.name, a.category, a.kind, f"{a.app_id >> 24}/{a.app_id & 0xFFFFFF}", str(a.flows), str(a.bytes)]
        for a in found
    )
    output.console().print(output.simple_table(("key", "name", "category", "kind", "App-ID", "flows", "bytes"), rows))


@app.command()
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
            if k.from_switch < k.to_switch
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
