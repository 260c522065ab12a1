"""Commands, found through the entry-point group `appsteer.commands`: those of this package and of all others.

Newer typers carry a click of their own, older ones use click's: what is passed through from there has no type here.

A command's module is imported when the command is used or its help is shown, not before: `appsteer flows` neither waits
for the engine to load nor fails because it does not.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

GROUP: Final = "appsteer.commands"


class CommandsOfAll(TyperGroup):
    """The root group: the commands of the entry-point group."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the alphabet."""
        del ctx
        return sorted(_found())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command is loaded here; one that cannot be loaded says why when it is called."""
        del ctx
        entry = _found().get(cmd_name)
        return None if entry is None else _load(entry)


def _found() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> Any:
    try:
        found: typer.Typer | Callable[..., Any] = entry.load()
    except (ImportError, AttributeError) as error:
        return _broken(entry, error)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    holder = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    holder.command(entry.name)(found)
    return typer.main.get_command(holder)


def _broken(entry: EntryPoint, error: Exception) -> Any:
    sentence = f"'appsteer {entry.name}' cannot be loaded from {entry.value}: {error}"

    def say() -> None:
        typer.echo(sentence, err=True)
        raise typer.Exit(1)

    return TyperCommand(
        name=entry.name,
        callback=say,
        help=f"(not available: {error})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
