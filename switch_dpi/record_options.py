"""What the commands that write flow records have in common: options of the engine, signatures, where records go."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from plugins.pack import PluginError, packaged, read_plugin
from switch_dpi._native import EngineOptions, Signatures
from switch_dpi.engine import MAX_COUNT, MAX_THREADS
from switch_dpi.plugin_set import assemble

DEFAULTS: Final = EngineOptions()
STATE_NAMES: Final = {0: "inspecting", 1: "final", 2: "guessed", 3: "revised", 5: "gave up"}
L4_NAMES: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}

Added = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="PATH", help="A plugin on top of what comes with AppSteer.", show_default=False),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write there instead of standard output.", show_default=False)
]
IdleTimeoutTcp = Annotated[
    float,
    typer.Option("--idle-timeout-tcp", metavar="SECONDS", help="A TCP flow without packets for so long has ended."),
]
IdleTimeoutUdp = Annotated[
    float, typer.Option("--idle-timeout-udp", metavar="SECONDS", help="The same for all other flows.")
]
MaxFlows = Annotated[
    int,
    typer.Option(
        "--max-flows",
        metavar="N",
        min=1,
        max=MAX_COUNT,
        help="Flows in the table at a time; the one idle for longest makes room.",
    ),
]
MaxInspectedPackets = Annotated[
    int,
    typer.Option(
        "--max-inspected-packets",
        metavar="N",
        min=1,
        max=MAX_COUNT,
        help="Packets with payload that are looked into, for each flow.",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        max=MAX_THREADS,
        help="Engines, each in a thread of its own, that share the packets by their addresses.",
    ),
]


def engine_options(
    idle_timeout_tcp: float, idle_timeout_udp: float, max_flows: int, max_inspected_packets: int
) -> EngineOptions:
    """Ends the command with the name of an option that is out of range."""
    try:
        return EngineOptions(
            idle_timeout_tcp_s=idle_timeout_tcp,
            idle_timeout_udp_s=idle_timeout_udp,
            max_flows=max_flows,
            max_inspected_packets=max_inspected_packets,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def signatures_with(added: Sequence[Path], command: str) -> Signatures:
    """Those that came with AppSteer and these plugins; ends the command with what is wrong with one."""
    try:
        return assemble([packaged()], map(read_plugin, added)).signatures
    except PluginError as error:
        typer.echo(f"appsteer {command}: {error}", err=True)
        raise typer.Exit(2) from error


@contextmanager
def opened(path: Path | None, command: str) -> Iterator[TextIO]:
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
        typer.echo(f"appsteer {command}: {path or 'standard output'}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    finally:
        if path is not None:
            out.close()


def end_text(address: str, port: int) -> str:
    """``10.0.0.1:80``, ``[fe80::1]:80``."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
