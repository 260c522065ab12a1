"""How answers are written: tables for people, JSON for machines, one sentence for an error."""

import functools
import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

import typer
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from controller_app.errors import ConfigError, ControllerError
from controller_app.northbound import appsteer_pb2 as pb
from steering.errors import PolicyErrors, SteeringError

FAILED: Final = 1
MISUSED: Final = 2  # wrong usage, configuration or policy, as click has it for wrong options
PIPE_WIDTH: Final = 220  # columns when nobody looks: lines are for grep, not for a screen

P = ParamSpec("P")
R = TypeVar("R")

L4_NAMES: Final = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp"}


def sentences(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose expected errors are one sentence on stderr and an exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, PolicyErrors) as error:
            fail(str(error), MISUSED)
        except (ControllerError, SteeringError) as error:
            fail(str(error), FAILED)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return guarded


def fail(sentence: str, code: int) -> NoReturn:
    """Says why and ends."""
    typer.echo(f"appsteer: {sentence}", err=True)
    raise typer.Exit(code)


def console() -> Console:
    """Where tables go. Names come from the network: a bracket or a colon in them is no markup."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, markup=False, emoji=False, highlight=False)


def write_json(value: object) -> None:
    """One JSON text, readable."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def write_json_line(value: object) -> None:
    """One JSON text on one line, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def plain(message: Message) -> dict[str, Any]:
    """A message with all its fields under their names. Numbers stay numbers, unlike in protobuf's JSON."""
    return {field.name: _plain_field(message, field) for field in message.DESCRIPTOR.fields}


def flow_table(flows: Iterable[pb.Flow], *, title: str = "") -> Table:
    """Flows, one a row."""
    table = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
    for name in ("#", "time", "originator", "responder", "l4", "app", "category", "state", "at packet", "sure"):
        table.add_column(name, no_wrap=True)
    for name in ("policy", "action", "path"):
        table.add_column(name, overflow="fold")
    for name in ("packets", "bytes"):
        table.add_column(name, justify="right", no_wrap=True)
    for flow in flows:
        table.add_row(*flow_row(flow), style="dim" if flow.ended else None)
    return table


def flow_row(flow: pb.Flow) -> list[str]:
    """The cells of a flow."""
    return [
        str(flow.number),
        datetime.fromtimestamp(flow.first_seen_ns / 1e9).astimezone().strftime("%H:%M:%S.%f")[:-3],
        endpoint(flow.src, flow.sport),
        endpoint(flow.dst, flow.dport),
        L4_NAMES.get(flow.l4, str(flow.l4)),
        flow.app or "-",
        flow.category or "-",
        flow.state + (", ended" if flow.ended else ""),
        str(flow.verdict_packet or "-"),
        f"{flow.confidence} %" if flow.verdict_packet else "-",
        flow.policy,
        flow.action,
        " → ".join(flow.path) or "-",
        f"{flow.packets_c2s}+{flow.packets_s2c}",
        f"{flow.bytes_c2s}+{flow.bytes_s2c}",
    ]


def endpoint(address: str, port: int) -> str:
    """Address and port; RFC 3986 brackets for IPv6."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def simple_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    """A table without lines."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    return table


def _plain_field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return dict(value)
    if field.is_repeated:
        return [plain(item) if isinstance(item, Message) else item for item in value]
    return plain(value) if isinstance(value, Message) else value
