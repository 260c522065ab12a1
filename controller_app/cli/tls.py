"""`appsteer tls`: an authority and certificates, for demos, tests and small networks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from controller_app import authority
from controller_app.errors import AuthorityError

MAX_DAYS: Final = 36500.0

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The authority's folder.")]

tls = typer.Typer(
    name="tls",
    help="Make an authority and certificates for OpenFlow over TLS (docs/tls.md).",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
)


@tls.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="What the authority calls itself.")] = "AppSteer authority",
    days: Annotated[float, typer.Option(min=-MAX_DAYS, max=MAX_DAYS, help="How long it is valid.")] = 3650,
) -> None:
    """Make an authority: DIR/ca.key, which only its owner may read, and DIR/ca.crt, which everyone needs."""
    _run(lambda: authority.init(folder, name, timedelta(days=days)))


@tls.command()
def issue(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Host name or IPv4 address; also the files' name.")],
    role: Annotated[authority.Role, typer.Option("--for", help="What the certificate is good for.")],
    also: Annotated[
        list[str] | None, typer.Option(help="Another host name or IP address that it is valid for; may be repeated.")
    ] = None,
    days: Annotated[
        float, typer.Option(min=-MAX_DAYS, max=MAX_DAYS, help="How long it is valid; below 0: expired already.")
    ] = 365,
    renew: Annotated[bool, typer.Option("--renew", help="Replace key and certificate of this name.")] = False,
) -> None:
    """Make a key and a certificate: DIR/NAME.key, which only its owner may read, and DIR/NAME.crt."""
    _run(lambda: authority.issue(folder, name, role, tuple(also or ()), timedelta(days=days), replace=renew))


def _run(make: Callable[[], authority.Issued]) -> None:
    try:
        made = make()
    except AuthorityError as error:
        typer.echo(f"appsteer: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{made.private_key}\n{made.certificate}, valid until {made.until:%Y-%m-%d %H:%M} UTC")
