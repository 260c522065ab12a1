"""`appsteer replay`: the engine over capture files, one record a flow.

Records leave as they are made; a file that is missing or broken is named on standard error and the others go on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.table import Table

from switch_dpi._native import CaptureError, EngineOptions, FlowRecord, Replay, Signatures
from switch_dpi.record_options import (
    DEFAULTS,
    L4_NAMES,
    STATE_NAMES,
    Added,
    IdleTimeoutTcp,
    IdleTimeoutUdp,
    MaxFlows,
    MaxInspectedPackets,
    Output,
    Threads,
    end_text,
    engine_options,
    opened,
    signatures_with,
)


def replay(  # noqa: PLR0913, PLR0917 - each is an option of the command
    files: Annotated[list[Path], typer.Argument(help="Capture files, pcap or pcapng.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and flow.")] = False,
    added: Added = None,
    output: Output = None,
    threads: Threads = 1,
    idle_timeout_tcp: IdleTimeoutTcp = DEFAULTS.idle_timeout_tcp_s,
    idle_timeout_udp: IdleTimeoutUdp = DEFAULTS.idle_timeout_udp_s,
    max_flows: MaxFlows = DEFAULTS.max_flows,
    max_inspected_packets: MaxInspectedPackets = DEFAULTS.max_inspected_packets,
) -> None:
    """Say what the flows of capture files are, one record a flow, each when its flow has ended.

    With [bold]--json[/bold] every line is an object with: pcap (the file's name), src and sport (the originator), \
dst, dport, l4 (6 TCP, 17 UDP, …), vlan, packets, bytes, both also with _c2s and _s2c, first_seen and duration \
(seconds), app_id (RFC 6759), app, protocol (both null when unknown), path, category, risk (0–100), state, \
verdict_packet, confidence (0–100), evidence, flow_id (from 1), metadata; and where they apply site \
(registrable domain of an unknown host) and parent_flow_id (the flow that announced or carries it), \
and first_packet (what was guessed: protocol, app, confidence, from). Without it, a table and a summary.

    The exit code is 1 when a file could not be read to its end; what could be read of it is in the output.
    """
    options = engine_options(idle_timeout_tcp, idle_timeout_udp, max_flows, max_inspected_packets)
    run = Run(signatures=signatures_with(added or [], "replay"), options=options, threads=threads)
    if output is not None:
        _refuse_overwriting(output, files)
    with opened(output, "replay") as out:
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
    threads: int = 1
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
            replayed = Replay(str(file), self.signatures, self.options, threads=self.threads)
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
        end_text(record.src, record.sport),
        end_text(record.dst, record.dport),
        str(record.packets_c2s + record.packets_s2c),
        str(record.bytes_c2s + record.bytes_s2c),
        _name(record),
        STATE_NAMES.get(record.state, str(record.state)),
        str(record.verdict_packet or ""),
        record.evidence,
    ]


def _name(record: FlowRecord) -> str:
    return record.app if record.app == record.protocol else f"{record.protocol} · {record.app}"


def _summary(run: Run, names: Counter[str], took_s: float) -> str:
    flows = names.total()
    known = flows - names["Unknown"]
    rate = run.packets / took_s if took_s else 0.0
    top = ", ".join(f"{name} {count}" for name, count in names.most_common(10))
    return (
        f"\n{flows} flows, {known} recognised; {run.packets} packets, {run.bytes} bytes in {took_s:.2f} s"
        f" ({rate:,.0f} packets a second)\n{top}"
    )
