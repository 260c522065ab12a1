"""Figures of agents as tables: what their engines did, what they counted of each application."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import typer

from controller_app.cli import output
from controller_app.northbound import appsteer_pb2 as pb
from ofext.ids import format_app_id

ENGINE_COLUMNS: Final = (
    ("flows now", "book.flows"),
    ("packets inspected", "engine.packets"),
    ("verdicts", "engine.classified"),
    ("gave up", "engine.gave_up"),
    ("packets missed", "engine.ring_drops"),
    ("events sent", "events.sent"),
    ("events lost", "events.dropped"),
    ("marks", "marks.marks"),
)
"""Titles, and names of counters. An agent that does not have one of them shows a dash."""


def show_apps(apps: list[pb.AppStatistics], *, as_json: bool) -> None:
    """One application a row, that with most bytes first."""
    found = sorted(apps, key=lambda app: (-app.bytes_c2s - app.bytes_s2c, app.app_id))
    if as_json:
        output.write_json([output.plain(app) for app in found])
        return
    names = ("key", "name", "category", "risk", "App-ID", "flows now", "flows", "packets", "bytes", "last packet")
    output.console().print(output.simple_table(names, map(_app_row, found)))


def show_engines(switches: Iterable[pb.Switch]) -> None:
    """One agent a row, its plugins, and a sentence for each that gave no figures; nothing where none was asked."""
    asked = [switch for switch in switches if switch.HasField("statistics")]
    told = [switch for switch in asked if not switch.statistics.problem]
    if told:
        titles = ("engine at", *(title for title, _ in ENGINE_COLUMNS), "plugins")
        output.console().print("", output.simple_table(titles, map(_engine_row, told)))
    for switch in asked:
        figures = switch.statistics
        for text in (figures.problem, *figures.refused):
            if text:
                typer.echo(f"! {switch.name}: {text}")
        for module in figures.modules:
            if not module.is_running:
                typer.echo(f"! {switch.name}: module {module.name} of {module.plugin} was cut off: {module.reason}")


def _engine_row(switch: pb.Switch) -> list[str]:
    counters = switch.statistics.counters
    cells = (str(counters[name]) if name in counters else "-" for _, name in ENGINE_COLUMNS)
    plugins = (f"{plugin.name} {plugin.version}" for plugin in switch.statistics.plugins)
    return [switch.name, *cells, ", ".join(plugins)]


def _app_row(app: pb.AppStatistics) -> list[str]:
    last = datetime.fromtimestamp(app.last_seen_ns / 1e9).astimezone()
    return [
        app.key or "-",
        app.name,
        app.category or "-",
        str(app.risk),
        format_app_id(app.app_id),
        str(app.live_flows),
        str(app.flows),
        f"{app.packets_c2s}+{app.packets_s2c}",
        f"{app.bytes_c2s}+{app.bytes_s2c}",
        last.strftime("%Y-%m-%d %H:%M:%S") if app.last_seen_ns else "-",
    ]
