"""`appsteer plugins`: what the engine knows, checked, looked up and compared here, and changed in a running agent."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec

import typer
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from plugins.entries import Given
from plugins.pack import PACKAGED, Plugin, PluginError, packaged, read_plugin
from switch_dpi._native import EngineOptions, Signatures
from switch_dpi.config import DEFAULT_AGENT
from switch_dpi.errors import SwitchDpiError
from switch_dpi.look_up import Answer, look_up
from switch_dpi.northbound import agent_pb2 as pb
from switch_dpi.northbound.client import connect
from switch_dpi.plugin_set import Report, assemble, failed_examples, report
from switch_dpi.plugins_diff import Change, Verdict, differences

FAILED: Final = 1
MISUSED: Final = 2  # as docs/contracts.md §7 has it for what was given wrong
PIPE_WIDTH: Final = 220  # columns when nobody looks

P = ParamSpec("P")

Json = Annotated[bool, typer.Option("--json", help="Write JSON, one object a line.")]
With = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="PATH", help="A plugin on top of what comes with AppSteer.", show_default=False),
]
Agent = Annotated[
    str,
    typer.Option(
        "--agent", envvar="APPSTEER_AGENT", metavar="ADDRESS", help="Where the agent's API is: unix:/path or host:port."
    ),
]
Paths = Annotated[list[Path], typer.Argument(help="Plugins: files or folders.", show_default=False)]

plugins = typer.Typer(
    help="What the engine knows: look up, check, compare, and change it in a running agent.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def sentences(command: Callable[P, None]) -> Callable[P, None]:
    """A command whose expected errors are sentences on standard error: exit code 2 for files, 1 for an agent."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PluginError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(MISUSED) from error
        except UnicodeEncodeError as error:  # of an argument
            typer.echo(f"{error.object!r}: is not UTF-8", err=True)
            raise typer.Exit(MISUSED) from error
        except SwitchDpiError as error:
            typer.echo(f"appsteer: {error}", err=True)
            raise typer.Exit(FAILED) from error

    return guarded


@plugins.command()
@sentences
def lookup(
    hosts: Annotated[list[str], typer.Argument(help="Host names; - reads them from standard input, one a line.")],
    by: Annotated[Given, typer.Option(help="What is given instead of host names.")] = Given.HOST,
    added: With = None,
    as_json: Json = False,
) -> None:
    """Say which application a host name, or another value, is, and by which entry.

    With [bold]--json[/bold] an object a host: host, app (name), category, entry (the domain that covers the host), \
generic. generic is true when no entry covers the host and only the id fits that its site gets at run time: app is \
then the registrable domain, entry is null. Of what is no host name in the public tree, all but host are null. \
With [bold]--by[/bold] the first field has that name.
    """
    known = assemble([packaged()], map(read_plugin, added or [])).signatures
    found = (look_up(known, host, by.value) for host in _hosts(hosts))
    if as_json:
        for answer in found:
            typer.echo(json.dumps({by.value: answer["host"], **_but_host(answer)}, ensure_ascii=False))
        return
    rows = ([a["host"], a["app"] or "-", key_of(known, a, by), a["category"] or "-", a["entry"] or "-"] for a in found)
    _table((by.value, "application", "key", "category", "entry"), rows)


def key_of(known: Signatures, answer: Answer, by: Given = Given.HOST) -> str:
    """What a policy calls it."""
    value = answer["host"]
    match = known.lookup(value) if by is Given.HOST else known.lookup_by(by.value, value)
    return match.app_key if match else "-"


def _but_host(answer: Answer) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name != "host"}


@plugins.command()
@sentences
def lint(paths: Paths, added: With = None) -> None:
    """Check form, uniqueness, categories and suffixes that are too broad, and collisions with all else that is known.

    Exit code 1 when there are faults, each named with file and line; 2 when a file cannot be read.
    """
    _report(paths, added, report, "no fault")


@plugins.command("test")
@sentences
def try_examples(paths: Paths, added: With = None) -> None:
    """Try the examples of plugins. Exit code 1 when one does not hold, 2 when a file cannot be read."""
    _report(paths, added, lambda plugin, base: Report(failed_examples(plugin, base), []), "all examples hold")


@plugins.command()
@sentences
def diff(
    old: Annotated[str, typer.Argument(help="`packaged`, or a plugin (file or folder) on top of that.")],
    new: Annotated[str, typer.Argument(help="The same.")],
    captures: Annotated[list[Path], typer.Argument(help="Capture files, pcap or pcapng.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Classify recorded traffic with two sets of signatures, and list each flow that changes.

    A folder with a categories.toml of its own is a whole set and stands alone. Exit code 0: no flow changes; 1: some \
do; 2: something could not be read.
    """
    failures: list[str] = []
    changes = differences(signatures_of(old), signatures_of(new), captures, EngineOptions(), failures)
    count = 0
    for change in changes:
        count += 1
        typer.echo(json.dumps(change_object(change), ensure_ascii=False) if as_json else change_line(change))
    if not as_json:
        typer.echo(f"{count} flow{'s change' if count > 1 else ' changes'}" if count else "no flow changes")
    for failure in failures:
        typer.echo(failure, err=True)
    if failures:
        raise typer.Exit(MISUSED)
    if count:
        raise typer.Exit(FAILED)


@plugins.command("list")
@sentences
def list_plugins(address: Agent = DEFAULT_AGENT, as_json: Json = False) -> None:
    """Show the plugins that a running agent has, its Python modules, and what it left out."""
    with connect(address) as client:
        _show_list(client.list(), as_json=as_json)


@plugins.command()
@sentences
def show(
    name: Annotated[str, typer.Argument(help="Name of a plugin, as in the list.", show_default=False)],
    address: Agent = DEFAULT_AGENT,
    as_json: Json = False,
) -> None:
    """Show one plugin of a running agent: where it is from, its files, what it adds."""
    with connect(address) as client:
        plugin = client.show(name)
    if as_json:
        typer.echo(json.dumps(plain(plugin), ensure_ascii=False))
        return
    typer.echo(f"{plugin.name} {plugin.version}  {plugin.source or 'comes with AppSteer'}")
    typer.echo("files: " + " ".join(plugin.files))
    typer.echo("adds:  " + " ".join(plugin.keys))
    typer.echo("tells: " + (", ".join(f"{entry.count} {entry.list}" for entry in plugin.entries) or "no application"))
    _show_modules([plugin])


@plugins.command()
@sentences
def load(
    path: Annotated[Path, typer.Argument(help="A plugin on the agent's host: a file or folder.", show_default=False)],
    address: Agent = DEFAULT_AGENT,
    as_json: Json = False,
) -> None:
    """Add a plugin to a running agent, or replace the one of its name. A plugin with a fault changes nothing."""
    with connect(address) as client:
        _show_list(client.load(path), as_json=as_json)


@plugins.command()
@sentences
def unload(
    name: Annotated[str, typer.Argument(help="Name of a plugin, as in the list.", show_default=False)],
    address: Agent = DEFAULT_AGENT,
    as_json: Json = False,
) -> None:
    """Take a plugin out of a running agent. One of a configured folder is back after a reload."""
    with connect(address) as client:
        _show_list(client.unload(name), as_json=as_json)


@plugins.command("reload")
@sentences
def read_again(address: Agent = DEFAULT_AGENT, as_json: Json = False) -> None:
    """Let a running agent read all its plugins anew. A fault in one of them changes nothing."""
    with connect(address) as client:
        _show_list(client.reload(), as_json=as_json)


def signatures_of(given: str) -> Signatures:
    """What OLD and NEW of `diff` mean. Raises PluginError."""
    if given == PACKAGED:
        return assemble([packaged()], ()).signatures
    plugin = read_plugin(Path(given))
    base, added = ([plugin], []) if plugin.is_whole else ([packaged()], [plugin])
    return assemble(base, added).signatures


def change_object(change: Change) -> dict[str, Any]:
    """A change as JSON has it."""
    flow = change.flow
    return {
        "pcap": change.capture,
        "flow": flow.flow_id,
        "l4": flow.l4,
        "src": flow.src,
        "sport": flow.sport,
        "dst": flow.dst,
        "dport": flow.dport,
        "old": _verdict_object(change.old),
        "new": _verdict_object(change.new),
    }


def change_line(change: Change) -> str:
    """A change for people."""
    flow = change.flow
    ends = f"{flow.src} {flow.sport} > {flow.dst} {flow.dport}"
    evidence = change.new.evidence if change.new else ""
    line = f"{change.capture}  {flow.flow_id}  {ends}  {_words(change.old)} → {_words(change.new)}"
    return f"{line}  ({evidence})" if evidence else line


def plain(message: Message) -> dict[str, Any]:
    """A message with all its fields under their names; numbers stay numbers."""
    return {
        field.name: [plain(item) if isinstance(item, Message) else item for item in getattr(message, field.name)]
        if field.is_repeated
        else getattr(message, field.name)
        for field in message.DESCRIPTOR.fields
    }


def _show_list(found: pb.PluginList, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(plain(found), ensure_ascii=False))
        return
    columns = ("plugin", "version", "applications", "categories", "protocols", "examples", "modules", "from")
    rows = (
        [p.name, p.version, *map(str, (p.apps, p.categories, p.protocols, p.examples, len(p.modules))), p.source or "-"]
        for p in found.plugins
    )
    _table(columns, rows)
    _show_modules(found.plugins)
    for text in found.refused:
        typer.echo(f"! left out: {text}")


def _show_modules(found: Iterable[pb.Plugin]) -> None:
    modules = [module for plugin in found for module in plugin.modules]
    if modules:
        columns = ("module", "state", "events", "dropped", "busy s", "because")
        rows = ([m.name, m.state, str(m.events), str(m.dropped), f"{m.busy_s:.3f}", m.reason or "-"] for m in modules)
        _table(columns, rows)


def _verdict_object(verdict: Verdict | None) -> dict[str, str] | None:
    if verdict is None:
        return None
    return {
        "app": verdict.app,
        "protocol": verdict.protocol,
        "category": verdict.category,
        "evidence": verdict.evidence,
    }


def _words(verdict: Verdict | None) -> str:
    return f"{verdict.protocol}/{verdict.app} ({verdict.category})" if verdict else "no such flow"


def _hosts(given: Iterable[str]) -> Iterator[str]:
    """Arguments, and for - lines of standard input. What is not UTF-8 in them is shown so, and no host name."""
    for host in given:
        if host == "-":
            yield from (name for line in sys.stdin.buffer if (name := line.decode(errors="replace").strip()))
        else:
            yield os.fsencode(host).decode(errors="replace")


def _report(
    paths: Iterable[Path], added: list[Path] | None, check: Callable[[Plugin, Sequence[Plugin]], Report], good: str
) -> None:
    base: Sequence[Plugin] = [packaged()]
    if added:
        base = assemble(base, map(read_plugin, added)).plugins
    code = 0
    for path in paths:
        try:
            plugin = read_plugin(path)
        except PluginError as error:
            typer.echo(str(error), err=True)
            code = MISUSED
            continue
        found = check(plugin, () if plugin.is_whole else base)
        for text in (*found.faults, *(f"{warning} (no fault)" for warning in found.warnings)):
            typer.echo(text)
        if found.faults:
            code = code or FAILED
        else:
            typer.echo(f"{path}: {good}; {counts(plugin)}")
    if code:
        raise typer.Exit(code)


def counts(plugin: Plugin) -> str:
    """What a plugin has, in words."""
    parts = (
        (plugin.apps, "application", "applications"),
        (plugin.categories, "category", "categories"),
        (plugin.protocols, "protocol", "protocols"),
        (len(plugin.modules), "module", "modules"),
        (plugin.examples, "example", "examples"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count) or "nothing in it"


def _shown(text: str) -> str:
    """In one line, and without a terminal's control sequences."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(_shown, row))
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)
