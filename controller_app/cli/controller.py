"""`appsteer controller`: runs the controller."""

from pathlib import Path
from typing import Annotated

import typer

from controller_app.cli import output


@output.sentences
def controller(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file (docs/controller.md).")],
) -> None:
    """Run the controller: switches connect to it, all other commands ask it.

    It ends on SIGTERM or Ctrl-C. The switches then go on forwarding and steering by the rules they have.
    """
    # os-ken takes a second to import, and `appsteer --help` comes by here too.
    from controller_app.run import run

    raise typer.Exit(run(config))
