"""`appsteer`: the root of the command line. It imports no command; `plugins` finds each when it is used."""

import errno
import os
import sys
from typing import Annotated, Final

import typer

from controller_app import __version__
from controller_app.cli.plugins import CommandsOfAll

ROOT_HELP: Final = """Sees which applications flow through an OpenFlow network, and steers them by policy.

On every host with switches runs [bold]appsteer agent[/bold]; one [bold]appsteer controller[/bold] serves them all. The
other commands ask the controller (option --controller or the variable APPSTEER_CONTROLLER).

[bold]A first look[/bold]

  appsteer status                       switches, agents, links, problems
  appsteer flows --follow               every flow as its application becomes known
  appsteer policy validate policy.yaml  check a policy file
  appsteer policy plan policy.yaml      what it would change
  appsteer policy apply policy.yaml     put it in force
  appsteer policy explain 17            why flow 17 goes where it goes
"""

app = typer.Typer(
    cls=CommandsOfAll,
    name="appsteer",
    help=ROOT_HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The program. typer ends it quietly when the reader of its output ended, as `head` does."""
    try:
        app()
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered cannot be written either
        sys.exit(f"appsteer: standard output: {error.strerror}")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"appsteer {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """The root takes options that belong to no command."""
