"""`appsteer plugins`: what the engine knows, checked, looked up and compared here, and changed in a running agent."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec

import typer
from rich.console import Console
from rich.table import Table

from plugins.pack import PACKAGED, Plugin, PluginError, packaged, read_plugin
from switch_dpi._native import CaptureError, EngineOptions, Signatures
from switch_dpi.plugin_set import assemble, failed_examples, lint_findings
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
Paths = Annotated[list[Path], typer.Argument(help="Plugins: files or folders.", show_default=False)]

plugins = typer.Typer(
    help="What the engine knows: look up, check, compare, and change it in a running agent.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def sentences(command: Callable[P, None]) -> Callable[P, None]:
    """A command whose expected errors are sentences on standard error and exit code 2."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (PluginError, CaptureError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(MISUSED) from error

    return guarded


@plugins.command()
@sentences
def lookup(
    hosts: Annotated[list[str], typer.Argument(help="Host names; - reads them from standard input, one a line.")],
    added: With = None,
    as_json: Json = False,
) -> None:
    """Say which application a host name is, and by which entry.

    With [bold]--json[/bold] an object a host: host, app (key), category, entry (the domain that covers the host), \
generic. generic is true when no entry covers the host and only the id fits that its site gets at run time: app is \
then the registrable domain, entry is null. Of what is no host name in the public tree, all but host are null.
    """
    known = assemble([packaged()], map(read_plugin, added or [])).signatures
    found = (look_up(known, host) for host in _hosts(hosts))
    if as_json:
        for answer in found:
            typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    rows = ([a["host"], a["app"] or "-", a["category"] or "-", a["entry"] or "-"] for a in found)
    _table(("host", "application", "category", "entry"), rows)


def look_up(known: Signatures, host: str) -> dict[str, Any]:
    """The answer for one host, as JSON has it."""
    match = known.lookup(host)
    if match is None:
        return {"host": host, "app": None, "category": None, "entry": None, "generic": False}
    entry = None if match.entry is None else readable(match.entry)
    return {
        "host": host,
        "app": match.app_key,
        "category": match.category,
        "entry": entry,
        "generic": match.entry is None,
    }


@plugins.command()
@sentences
def lint(paths: Paths, added: With = None) -> None:
    """Check form, uniqueness, categories and suffixes that are too broad, and collisions with all else that is known.

    Exit code 1 when there are faults, each named with file and line.
    """
    _report(paths, added, lambda plugin, base: lint_findings(plugin, base) or _collisions(plugin, base), "no fault")


@plugins.command("test")
@sentences
def try_examples(paths: Paths, added: With = None) -> None:
    """Try the examples of plugins. Exit code 1 when one does not hold."""
    _report(paths, added, failed_examples, "all examples hold")


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
    changes = differences(signatures_of(old), signatures_of(new), captures, EngineOptions())
    count = 0
    for change in changes:
        count += 1
        typer.echo(json.dumps(change_object(change), ensure_ascii=False) if as_json else change_line(change))
    if not as_json:
        typer.echo(f"{count} flows change" if count else "no flow changes")
    if count:
        raise typer.Exit(FAILED)


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


def readable(domain: str) -> str:
    """Punycode as the files have it."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


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
    for host in given:
        if host == "-":
            yield from (name for line in sys.stdin if (name := line.strip()))
        else:
            yield host


def _collisions(plugin: Plugin, base: list[Plugin]) -> list[str]:
    try:
        failed_examples(plugin, base)
    except PluginError as error:
        return list(error.problems)
    return []


def _report(
    paths: Iterable[Path], added: list[Path] | None, check: Callable[[Plugin, list[Plugin]], list[str]], good: str
) -> None:
    base = [packaged(), *map(read_plugin, added or [])]
    count = 0
    for path in paths:
        plugin = read_plugin(path)
        findings = check(plugin, [] if plugin.is_whole else base)
        for finding in findings:
            typer.echo(finding)
        count += len(findings)
        if not findings:
            typer.echo(f"{path}: {good}; {counts(plugin)}")
    if count:
        raise typer.Exit(FAILED)


def counts(plugin: Plugin) -> str:
    """What a plugin has, in words."""
    parts = {
        "applications": plugin.apps,
        "categories": plugin.categories,
        "protocols": plugin.protocols,
        "modules": len(plugin.modules),
        "examples": plugin.examples,
    }
    return ", ".join(f"{count} {name}" for name, count in parts.items() if count) or "nothing in it"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False).print(table)
