"""Which application a host name is, and by which entry, as commands and the API answer it."""

from __future__ import annotations

from typing import TypedDict

from switch_dpi._native import Signatures


class Answer(TypedDict):
    """What is known of a host; None where nothing is."""

    host: str
    app: str | None
    """Name, as in flow records; of a site that no entry covers its registrable domain."""
    category: str | None
    entry: str | None
    """The domain that covers the host, as the files have it."""
    generic: bool
    """No entry covers the host: only the id fits that its site gets at run time."""


def look_up(known: Signatures, host: str) -> Answer:
    """The answer for one host."""
    match = known.lookup(host)
    if match is None:
        return Answer(host=host, app=None, category=None, entry=None, generic=False)
    entry = None if match.entry is None else readable(match.entry)
    return Answer(host=host, app=match.app, category=match.category, entry=entry, generic=match.entry is None)


def readable(domain: str) -> str:
    """Punycode as the files have it."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
