"""``appsteer agent``: starts, shows and undoes the agent of this host."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table

from switch_dpi.agent import read_status, run_agent, teardown
from switch_dpi.config import AgentConfig, load_config
from switch_dpi.config_places import models_in
from switch_dpi.errors import ConfigError, SwitchDpiError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
STALE_S = 10.0  # a status older than a few writes is of an agent that is gone


def agent(
    config: Annotated[Path | None, typer.Option(help="Configuration file (YAML).", show_default=False)] = None,
    status: Annotated[bool, typer.Option("--status", help="Show what the running agent reports, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --status: as JSON.")] = False,
    undo: Annotated[
        bool, typer.Option("--teardown", help="Remove the tap and the controller setting from the bridges, and end.")
    ] = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print every option with its default, as YAML, and end.")
    ] = False,
) -> None:
    """Run the DPI agent beside the Open vSwitch bridges of this host.

    The bridges connect to the agent, the agent connects to the controller. When the agent ends, the bridges go on
    forwarding by the rules that they have.
    """
    if print_config:
        typer.echo(reference())
        return
    if config is None:
        raise typer.BadParameter("a configuration file is needed; --print-config shows one", param_hint="--config")
    try:
        loaded = load_config(config)
        if status:
            _show_status(loaded, as_json=as_json)
        elif undo:
            typer.echo("\n".join(asyncio.run(teardown(loaded))))
        else:
            _run(loaded)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except SwitchDpiError as error:
        typer.echo(f"agent: {error}", err=True)
        raise typer.Exit(1) from error


def reference() -> str:
    """The configuration reference: every option, its default, and what it means."""
    return "\n".join(_lines(AgentConfig, ""))


def _run(config: AgentConfig) -> None:
    logging.basicConfig(level=config.log_level.upper(), format=LOG_FORMAT)
    from switch_dpi.native_check import check_native

    check_native()
    from switch_dpi.native_engine import NativeEngine
    from switch_dpi.northbound.server import serving
    from switch_dpi.shim.secure import check_files

    check_files(config)
    engine = NativeEngine(config)
    with contextlib.closing(engine.modules), serving(config.plugins.address, engine):
        asyncio.run(run_agent(config, engine.facts))


def _show_status(config: AgentConfig, *, as_json: bool) -> None:
    try:
        found = read_status(config)
        age_s = time.time() - found["at"]
        table = _status_table(found)
    except (OSError, ValueError) as error:
        raise SwitchDpiError(f"no status in {config.state_dir}: {error}; does the agent run?") from error
    except (LookupError, TypeError) as error:
        raise SwitchDpiError(f"the status in {config.state_dir} is not of this version of the agent") from error
    if as_json:
        typer.echo(json.dumps(found))
    else:
        Console().print(table)
    if age_s > STALE_S:
        raise SwitchDpiError(f"the status is {age_s:.0f} s old: the agent (process {found['pid']}) does not run")


def _status_table(found: dict[str, Any]) -> Table:
    table = Table("bridge", "session", "tap", "flows", "predicates", "marks", "events", "dropped")
    for bridge in found["bridges"]:
        marks, events = bridge["marks"], bridge["events"]
        cells = [bridge["tap_port"], bridge["flows"], bridge["predicates"], marks["marks"], events["sent"]]
        table.add_row(bridge["bridge"], bridge["session"], *map(str, cells), str(events["dropped"] + marks["dropped"]))
    return table


def _lines(model: type[BaseModel], indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{indent}# {field.description}"
        inner = next(iter(models_in(field.annotation)), None)
        if inner is None:
            yield f"{indent}{name}: {_default(name, field)}"
        elif field.default is None:
            yield f"{indent}{name}: null"
            yield from (f"{indent}# {line}" for line in _lines(inner, "  "))
        elif name == "bridges":
            yield f"{indent}{name}:"
            first, *others = _lines(inner, indent + "    ")
            yield f"{indent}  - {first.strip()}"
            yield from others
        else:
            yield f"{indent}{name}:"
            yield from _lines(inner, indent + "  ")


def _default(name: str, field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return {"address": "127.0.0.1", "name": "br0"}.get(name, "...")
    if isinstance(field.default, Path):
        return str(field.default)
    return json.dumps(field.default, default=str)
