"""`appsteer policy …`: check, understand and apply policy files."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer

from controller_app.cli import output
from controller_app.cli.options import Controller, Json
from controller_app.config import DEFAULT_NORTHBOUND
from controller_app.errors import ControllerError
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.client import connect
from controller_app.northbound.mistakes import mistake_messages, policy_error
from steering.errors import PolicyErrors, SteeringError
from steering.policy import load_policy, pack, policy_schema

NO_CHANGE: Final = 0
CHANGES: Final = 1
PROVEN: Final = 0
DIFFERS: Final = 1
ERROR: Final = 2
SIGN_STYLES: Final = {"+": "green", "-": "red", "~": "yellow"}

SavedNetworkFile = Annotated[
    Path | None,
    typer.Option("--network", help="A network.json (the controller's state_dir has one): no controller is asked."),
]
PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="The policy file.")]

app = typer.Typer(
    name="policy",
    help="Check, understand and apply policy files.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
)


@app.command()
@output.sentences
def validate(file: PolicyFile, as_json: Json = False) -> None:
    """Check a policy file; every mistake is named with file, line and column. Needs no controller.

    Warnings name what is hardly meant: a policy that another hides or that nothing fits, what nobody uses, a guess that
    is enough for a denial. Exit code 0: it is valid, perhaps with warnings; 2: it is not.
    """
    try:
        policy = load_policy(file)
    except PolicyErrors as errors:
        if as_json:
            output.write_json(
                {
                    "valid": False,
                    "mistakes": [output.plain(mistake) for mistake in mistake_messages(errors)],
                    "warnings": [],
                }
            )
            raise typer.Exit(ERROR) from None
        raise
    from steering.advice import advice, in_words

    warnings = advice(policy)
    if as_json:
        told = [output.plain(warning) for warning in mistake_messages(PolicyErrors(warnings))]
        output.write_json({"valid": True, "mistakes": [], "warnings": told})
        return
    for warning in warnings:
        typer.echo(in_words(warning))
    noted = f", {len(warnings)} warning{'s' * (len(warnings) > 1)}" if warnings else ""
    typer.echo(f"{file} is valid: {len(policy.rules)} policies, {len(policy.chains)} chains{noted}")


@app.command()
@output.sentences
def schema() -> None:
    """Print the JSON Schema of policy files, for editors that complete and check."""
    output.write_json(policy_schema())


@app.command("compile")
@output.sentences
def compile_file(
    file: PolicyFile,
    address: Controller = DEFAULT_NORTHBOUND,
    network: SavedNetworkFile = None,
    as_json: Json = False,
) -> None:
    """Print the rules that a policy becomes, on each switch. Changes nothing."""
    if network is not None:
        from controller_app.cli.offline import compile_offline

        reply = compile_offline(file, network)
    else:
        with connect(address) as client:
            reply = client.compile(_text(file), str(file))
    _refuse_mistakes(reply.mistakes)
    if as_json:
        output.write_json([output.plain(switch) for switch in reply.switches])
        return
    for switch in reply.switches:
        typer.echo(f"{switch.name} ({switch.dpid}): {len(switch.rules)} rules, {len(switch.groups)} groups")
        for rule in switch.rules:
            where = f"{rule.table_name}[{rule.priority}]"
            typer.echo(f"  {where:<18} {rule.match} → {rule.actions}    ({rule.owner})")
        for group in switch.groups:
            typer.echo(f"  {group}")


@app.command()
def plan(file: PolicyFile, address: Controller = DEFAULT_NORTHBOUND, as_json: Json = False) -> None:
    """Show what a policy would change, compared with what is installed now. Changes nothing.

    Exit code 0: no change; 1: changes; 2: an error, also when no controller is running.
    """
    try:
        with connect(address) as client:
            reply = client.plan(_text(file), str(file))
        _refuse_mistakes(reply.mistakes)
    except (ControllerError, PolicyErrors) as error:
        output.fail(str(error), ERROR)
    if as_json:
        output.write_json([output.plain(switch) for switch in reply.switches])
    else:
        _show_plan(reply)
    if any(switch.problem and switch.connected for switch in reply.switches):
        raise typer.Exit(ERROR)
    raise typer.Exit(CHANGES if any(switch.changes for switch in reply.switches) else NO_CHANGE)


@app.command()
def verify(
    file: PolicyFile,
    address: Controller = DEFAULT_NORTHBOUND,
    network: SavedNetworkFile = None,
    as_json: Json = False,
) -> None:
    """Prove for all packets that the rules on the switches implement a policy, or show packets for which they do not.

    With --network no controller is asked, and the rules are those that the file compiles to.
    Exit code 0: proven; 1: a counter-example; 2: an error, nothing is proven.
    """
    try:
        reply = _verified(file, address, network)
        _refuse_mistakes(reply.mistakes)
    except (ControllerError, SteeringError) as error:
        output.fail(str(error), ERROR)
    if as_json:
        output.write_json(output.plain(reply))
    else:
        for example in reply.counter_examples:
            typer.echo(f"{example.text}\n")
        what = f"{reply.rules} rules on {reply.switches} switches"
        shown = f"{len(reply.counter_examples)} counter-examples, {what}"
        typer.echo(shown if reply.counter_examples else f"proven for all packets: {what} do what {file} says")
    raise typer.Exit(DIFFERS if reply.counter_examples else PROVEN)


@app.command()
@output.sentences
def apply(
    file: PolicyFile,
    address: Controller = DEFAULT_NORTHBOUND,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Put a policy in force: on all switches, or on none if one refuses.

    Asks first when started from a terminal, unless --yes or --json is given. Rules that stay are not touched.
    """
    text = _text(file)
    with connect(address) as client:
        if sys.stdin.isatty() and not yes and not as_json:
            before = client.plan(text, str(file))
            _refuse_mistakes(before.mistakes)
            _show_plan(before)
            typer.confirm("Apply this?", abort=True)
        reply = client.apply(text, str(file))
    _refuse_mistakes(reply.mistakes)
    if as_json:
        output.write_json([output.plain(switch) for switch in reply.switches])
        return
    for switch in reply.switches:
        typer.echo(f"{switch.name}: {len(switch.changes)} changes, {switch.unchanged} rules untouched")
    typer.echo(f"{file} is in force")


@app.command()
@output.sentences
def explain(  # noqa: PLR0913, PLR0917  (to typer, an option is a parameter)
    number: Annotated[
        int | None, typer.Argument(min=1, max=2**64 - 1, help="A flow's number, from 'appsteer flows'.")
    ] = None,
    src: Annotated[str, typer.Option("--src", help="The originator's IP address.")] = "",
    dst: Annotated[str, typer.Option("--dst", help="The responder's IP address.")] = "",
    src_port: Annotated[int, typer.Option("--src-port", min=0, max=65535, help="The originator's port.")] = 0,
    dst_port: Annotated[int, typer.Option("--dst-port", min=0, max=65535, help="The responder's port.")] = 0,
    proto: Annotated[str, typer.Option("--proto", help="tcp, udp, icmp, sctp or a number.")] = "tcp",
    application: Annotated[str, typer.Option("--app", help="The application's key, such as youtube.")] = "",
    category: Annotated[str, typer.Option("--category", help="The category's key; else the application's.")] = "",
    sni: Annotated[str, typer.Option("--sni", help="TLS server name.")] = "",
    http_host: Annotated[str, typer.Option("--http-host", help="HTTP host.")] = "",
    dns_query: Annotated[str, typer.Option("--dns-query", help="Name asked for.")] = "",
    layer_7: Annotated[
        list[str] | None,
        typer.Option(
            "--l7", metavar="KEY=VALUE", help="Anything else: risk=80, tag=p2p, user=alice, http.method=POST."
        ),
    ] = None,
    inspecting: Annotated[bool, typer.Option("--inspecting", help="A flow that has no verdict yet.")] = False,
    switch: Annotated[str, typer.Option("--switch", help="Switch of the originator.")] = "",
    port: Annotated[str, typer.Option("--port", help="Port of the originator.")] = "",
    vlan: Annotated[int, typer.Option("--vlan", min=0, max=4095, help="The flow's VLAN.")] = 0,
    file: Annotated[
        Path | None,
        typer.Option("--policy", help="Explain by this file instead of the policy in force; needs no controller."),
    ] = None,
    address: Controller = DEFAULT_NORTHBOUND,
    as_json: Json = False,
) -> None:
    """Say which policy decides a flow, and why: a flow that is known, by its number, or one described by options.

    Example: appsteer policy explain --src 10.0.0.1 --dst 10.0.0.9 --dst-port 443 --app youtube --sni www.youtube.com
    """
    try:
        described = pb.DescribedFlow(
            src=src,
            dst=dst,
            sport=src_port,
            dport=dst_port,
            l4=proto,
            app=application,
            category=category,
            sni=sni,
            http_host=http_host,
            dns_query=dns_query,
            facts=layer_7 or [],
            inspecting=inspecting,
            switch_name=switch,
            port=port,
            vlan=vlan,
        )
    except ValueError:  # numbers are checked by their options
        output.fail("an option is no UTF-8 text", output.MISUSED)
    reply = _explained(number, described, file, address)
    if as_json:
        output.write_json(output.plain(reply))
        return
    typer.echo(reply.text)
    if reply.path:
        typer.echo(f"path: {' → '.join(reply.path)}")


def _explained(number: int | None, described: pb.DescribedFlow, file: Path | None, address: str) -> pb.ExplainReply:
    """By the controller, or by the policy of a file."""
    if number is None and not (described.src and described.dst):
        output.fail("say a flow's number, or describe one with at least --src and --dst", output.MISUSED)
    if file is not None:
        if number is not None:
            output.fail("only the controller knows flows by number: describe the flow, or leave --policy out", ERROR)
        from controller_app.cli.offline import explain_offline

        return explain_offline(file, described)
    request = pb.ExplainRequest(described=described) if number is None else pb.ExplainRequest(number=number)
    with connect(address) as client:
        return client.explain(request)


def _verified(file: Path, address: str, network: Path | None) -> pb.VerifyReply:
    """By the controller from the switches' rules, or from what the file compiles to in a saved network."""
    if network is not None:
        from controller_app.cli.offline import verify_offline

        return verify_offline(file, network)
    with connect(address) as client:
        return client.verify(_text(file), str(file))


def _text(file: Path) -> str:
    """The file's text with all that it includes, checked here first: mistakes in it need no controller."""
    load_policy(file)
    return pack(file)


def _refuse_mistakes(mistakes: Iterable[pb.Mistake]) -> None:
    if errors := [policy_error(mistake) for mistake in mistakes]:
        raise PolicyErrors(errors)


def _show_plan(reply: pb.PlanReply) -> None:
    screen = output.console()
    for switch in reply.switches:
        note = f": {switch.problem}" if switch.problem else ""
        screen.print(f"{switch.name} ({switch.dpid}){note}", style="bold")
        for change in switch.changes:
            style = SIGN_STYLES.get(change.sign, "")
            screen.print("  " + change.text.replace("\n", "\n  "), style=style, soft_wrap=True)
    totals = {sign: sum(c.sign == sign for s in reply.switches for c in s.changes) for sign in SIGN_STYLES}
    untouched = sum(switch.unchanged for switch in reply.switches)
    typer.echo(f"{totals['+']} to add, {totals['~']} to change, {totals['-']} to delete, {untouched} unchanged")
