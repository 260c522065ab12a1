"""`appsteer capture`: the engine on an interface, one record a flow.

It only listens: nothing is sent, nothing is changed. Records come when flows end, or when the command does.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, Final, TextIO

import typer

from switch_dpi._native import CaptureError, LiveRecords
from switch_dpi.record_options import (
    DEFAULTS,
    L4_NAMES,
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

WAIT_S: Final = 0.5  # for lines, at a time


def capture(  # noqa: PLR0913, PLR0917 - each is an option of the command
    interface: Annotated[str, typer.Argument(help="The interface to listen on.", show_default=False)],
    seconds: Annotated[
        float | None, typer.Option(min=0, help="End after so long; otherwise at Ctrl-C.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and flow.")] = False,
    added: Added = None,
    output: Output = None,
    threads: Threads = 1,
    idle_timeout_tcp: IdleTimeoutTcp = DEFAULTS.idle_timeout_tcp_s,
    idle_timeout_udp: IdleTimeoutUdp = DEFAULTS.idle_timeout_udp_s,
    max_flows: MaxFlows = DEFAULTS.max_flows,
    max_inspected_packets: MaxInspectedPackets = DEFAULTS.max_inspected_packets,
) -> None:
    """Say what the flows on an interface are, one record a flow, each when its flow has ended, the rest at the end.

    Needs root or CAP_NET_RAW. What the host itself sends on the interface is left out. Records are those of \
[bold]appsteer replay[/bold], with the interface as pcap; without [bold]--json[/bold], a line for people.

    How many packets came, and how many each thread's ring had no room for, is told on standard error at the end. The \
exit code is 1 when the interface cannot be read or goes away.
    """
    options = engine_options(idle_timeout_tcp, idle_timeout_udp, max_flows, max_inspected_packets)
    signatures = signatures_with(added or [], "capture")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does
    with opened(output, "capture") as out:
        try:
            began = time.monotonic()
            with closing(LiveRecords(interface, signatures, options, threads=threads)) as live:
                typer.echo(f"listening on {interface}", err=True)
                for text in _texts(live, seconds):
                    _write(out, text, as_json=as_json)
        except CaptureError as error:
            typer.echo(f"appsteer capture: {error}", err=True)
            raise typer.Exit(1) from error
        typer.echo(_summary(live, time.monotonic() - began), err=True)


def _texts(live: LiveRecords, seconds: float | None) -> Iterator[str]:
    """Lines until the time is over or Ctrl-C comes, then those of the flows that were still there."""
    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        while deadline is None or time.monotonic() < deadline:
            wait_s = WAIT_S if deadline is None else min(WAIT_S, max(0.0, deadline - time.monotonic()))
            text = live.json_lines(wait_s)
            if text is None:
                return
            if text:
                yield text
    except KeyboardInterrupt:
        pass
    live.close()
    while text := live.json_lines(WAIT_S):
        yield text


def _write(out: TextIO, text: str, *, as_json: bool) -> None:
    if not as_json:
        text = "".join(f"{_line(json.loads(line))}\n" for line in text.splitlines())
    out.write(text)
    out.flush()


def _line(record: dict[str, Any]) -> str:
    """A record for people."""
    app, protocol = record["app"] or "Unknown", record["protocol"] or "Unknown"
    return "  ".join(
        (
            time.strftime("%H:%M:%S", time.localtime(record["first_seen"])),
            f"{L4_NAMES.get(record['l4'], str(record['l4'])):5}",
            f"{end_text(record['src'], record['sport'])} > {end_text(record['dst'], record['dport'])}",
            f"{record['packets']} packets {record['bytes']} bytes",
            app if app == protocol else f"{protocol} · {app}",
            record["evidence"],
        )
    ).rstrip()


def _summary(live: LiveRecords, took_s: float) -> str:
    stats = live.stats()
    drops = " + ".join(str(ring["drops"]) for ring in live.rings())
    return (
        f"{stats['packets']} packets, {stats['bytes']} bytes, {stats['flows']} flows in {took_s:.1f} s; "
        f"{drops} packets dropped for want of room in the ring; {stats['records_lost']} records lost"
    )
