"""Which application a host name or another value is, and by which entry, as commands and the API answer it."""

from __future__ import annotations

from typing import TypedDict

from switch_dpi._native import Signatures


class Answer(TypedDict):
    """What is known of a host; None where nothing is."""

    host: str
    """The value that was looked up."""
    app: str | None
    """Name, as in flow records; of a site that no entry covers its registrable domain."""
    category: str | None
    entry: str | None
    """The domain that covers the host, as the files have it, or the other item."""
    generic: bool
    """No entry covers the host: only the id fits that its site gets at run time."""


def look_up(known: Signatures, value: str, given: str = "host") -> Answer:
    """The answer for one host, or for another value as an ``[[example]]`` gives it (else ValueError)."""
    match = known.lookup(value) if given == "host" else known.lookup_by(given, value)
    if match is None:
        return Answer(host=value, app=None, category=None, entry=None, generic=False)
    entry = match.entry
    if entry is not None and given in ("host", "certificate"):
        entry = readable(entry)
    return Answer(host=value, app=match.app, category=match.category, entry=entry, generic=entry is None)


def readable(domain: str) -> str:
    """Punycode as the files have it."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
