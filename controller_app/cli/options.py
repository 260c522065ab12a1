"""Options that several commands share."""

from typing import Annotated

import typer

from controller_app.config import check_northbound


def _checked(address: str) -> str:
    try:
        check_northbound(address)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return address


Controller = Annotated[
    str,
    typer.Option(
        "--controller",
        envvar="APPSTEER_CONTROLLER",
        callback=_checked,
        metavar="ADDRESS",
        help="Where the controller's API is: unix:/path or 127.0.0.1:port.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, for a machine to read.")]
