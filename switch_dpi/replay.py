"""`appsteer replay`: the engine over capture files, one record a flow.

Records leave as they are made; a file that is missing or broken is named on standard error and the others go on.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from rich.console import Console
from rich.table import Table

from plugins.pack import PluginError, packaged, read_plugin
from switch_dpi._native import CaptureError, EngineOptions, FlowRecord, Replay, Signatures
from switch_dpi.engine import MAX_COUNT
from switch_dpi.plugin_set import assemble

STATE_NAMES: Final = {0: "inspecting", 1: "final", 2: "guessed", 3: "revised", 5: "gave up"}
DEFAULTS: Final = EngineOptions()
L4_NAMES: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}


def replay(
    files: Annotated[list[Path], typer.Argument(help="Capture files, pcap or pcapng.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and flow.")] = False,
    added: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="PATH", help="A plugin on top of what comes with AppSteer.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write there instead of standard output.", show_default=False)
    ] = None,
    idle_timeout_tcp: Annotated[
        float, typer.Option(metavar="SECONDS", help="A TCP flow without packets for so long has ended.")
    ] = DEFAULTS.idle_timeout_tcp_s,
    idle_timeout_udp: Annotated[
        float, typer.Option(metavar="SECONDS", help="The same for all other flows.")
    ] = DEFAULTS.idle_timeout_udp_s,
    max_flows: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=MAX_COUNT, help="Flows in the table at a time; the one idle for longest makes room."
        ),
    ] = DEFAULTS.max_flows,
    max_inspected_packets: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=MAX_COUNT, help="Packets with payload that are looked into, for each flow."
        ),
    ] = DEFAULTS.max_inspected_packets,
) -> None:
    """Say what the flows of capture files are, one record a flow, each when its flow has ended.

    With [bold]--json[/bold] every line is an object with: pcap (the file's name), src and sport (the originator), \
dst, dport, l4 (6 TCP, 17 UDP, …), vlan, packets, bytes, both also with _c2s and _s2c, first_seen and duration \
(seconds), app_id (RFC 6759), app, protocol (both null when unknown), path, category, state, verdict_packet, \
confidence (0–100), evidence, flow_id (from 1), metadata; and where they apply site (registrable domain of \
an unknown host) and parent_flow_id (the flow that announced or carries it), \
and first_packet (what was guessed: protocol, app, confidence, from). Without it, a table and a summary.

    The exit code is 1 when a file could not be read to its end; what could be read of it is in the output.
    """
    try:
        options = EngineOptions(
            idle_timeout_tcp_s=idle_timeout_tcp,
            idle_timeout_udp_s=idle_timeout_udp,
            max_flows=max_flows,
            max_inspected_packets=max_inspected_packets,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        signatures = assemble([packaged()], map(read_plugin, added or [])).signatures
    except PluginError as error:
        typer.echo(f"appsteer replay: {error}", err=True)
        raise typer.Exit(2) from error
    run = Run(signatures=signatures, options=options)
    if output is not None:
        _refuse_overwriting(output, files)
    with _output(output) as out:
        if as_json:
            for text in run.json(files):
                out.write(text)
        else:
            _write_table(run, files, out)
    for failure in run.failures:
        typer.echo(f"appsteer replay: {failure}", err=True)
    if run.failures:
        raise typer.Exit(1)


@dataclass(kw_only=True)
class Run:
    """Capture files through engines, one after the other; what went wrong is kept."""

    signatures: Signatures
    options: EngineOptions
    packets: int = 0
    bytes: int = 0
    failures: list[str] = field(default_factory=list)

    def json(self, files: Iterable[Path]) -> Iterator[str]:
        """Pieces of JSON lines."""
        for file in files:
            with self._opened(file) as replayed:
                while replayed is not None and (text := replayed.json_lines(file.name)) is not None:
                    yield text

    def records(self, files: Iterable[Path]) -> Iterator[tuple[Path, FlowRecord]]:
        """Records with their files."""
        for file in files:
            with self._opened(file) as replayed:
                for record in replayed or ():
                    yield file, record

    @contextmanager
    def _opened(self, file: Path) -> Iterator[Replay | None]:
        try:
            replayed = Replay(str(file), self.signatures, self.options)
        except (CaptureError, UnicodeEncodeError) as error:
            is_name = isinstance(error, UnicodeEncodeError)
            self.failures.append(f"{str(file)!r}: the name is not UTF-8" if is_name else str(error))
            yield None
            return
        try:
            yield replayed
        except CaptureError as error:
            self.failures.append(str(error))
        if replayed.truncated_at is not None:
            self.failures.append(f"{file}: cut off in the record at byte {replayed.truncated_at}")
        self.packets += replayed.packets
        self.bytes += replayed.bytes


def _refuse_overwriting(output: Path, files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):  # one of them does not exist
            if file.is_file() and output.samefile(file):
                raise typer.BadParameter(f"{output} is one of the capture files", param_hint="--output")


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    """Standard output or a file; a full disk ends the command with a sentence."""
    try:
        out = sys.stdout if path is None else path.open("w", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--output") from error
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        raise  # not an error: the reader had enough
    except OSError as error:
        with suppress(OSError):
            out.close()  # otherwise the interpreter tries to write the rest once more, and complains
        typer.echo(f"appsteer replay: {path or 'standard output'}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    finally:
        if path is not None:
            out.close()


def _write_table(run: Run, files: list[Path], out: TextIO) -> None:
    began = time.perf_counter()
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "l4", "originator", "responder", "packets", "bytes", "application", "by", "at", "evidence"):
        numeric = heading in ("packets", "bytes", "at")
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=heading != "evidence")
    names: Counter[str] = Counter()
    for file, record in run.records(files):
        names[_name(record)] += 1
        table.add_row(*_cells(file, record))
    took_s = time.perf_counter() - began
    console = Console(
        file=out, width=None if out.isatty() else 240, markup=False, emoji=False
    )  # peers' names as they are
    console.print(table)
    console.print(_summary(run, names, took_s))


def _cells(file: Path, record: FlowRecord) -> list[str]:
    return [
        file.name,
        L4_NAMES.get(record.l4, str(record.l4)),
        _end(record.src, record.sport),
        _end(record.dst, record.dport),
        str(record.packets_c2s + record.packets_s2c),
        str(record.bytes_c2s + record.bytes_s2c),
        _name(record),
        STATE_NAMES.get(record.state, str(record.state)),
        str(record.verdict_packet or ""),
        record.evidence,
    ]


def _name(record: FlowRecord) -> str:
    return record.app if record.app == record.protocol else f"{record.protocol} · {record.app}"


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _summary(run: Run, names: Counter[str], took_s: float) -> str:
    flows = names.total()
    known = flows - names["Unknown"]
    rate = run.packets / took_s if took_s else 0.0
    top = ", ".join(f"{name} {count}" for name, count in names.most_common(10))
    return (
        f"\n{flows} flows, {known} recognised; {run.packets} packets, {run.bytes} bytes in {took_s:.2f} s"
        f" ({rate:,.0f} packets a second)\n{top}"
    )
