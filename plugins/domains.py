"""What may stand as a domain suffix in a signature: its form, and how many strangers it would cover.

A suffix covers the name itself and every name below it. This module knows nothing of files; `plugins.lint` does.
"""

import re
from functools import cache
from pathlib import Path

from publicsuffixlist import PublicSuffixList

MAX_NAME_SIZE = 253  # RFC 1035 §2.3.4: 255 bytes on the wire, less the first length and the root
MAX_LABEL_SIZE = 63  # RFC 1035 §2.3.4

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9])?")


def malformed(domain: str) -> str | None:
    """Say what is wrong with the form of `domain`; None when nothing is.

    Domains are written as people read them: lower case, international ones in Unicode, without a dot at either end.
    """
    if domain != domain.lower():
        return "is not lower case"
    if any(label.startswith("xn--") for label in domain.split(".")):
        return "is encoded: write it in Unicode"
    try:
        ascii_form = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        return f"is not a domain name: {error}"
    if len(ascii_form) > MAX_NAME_SIZE:
        return f"has more than {MAX_NAME_SIZE} bytes"
    return next(
        (
            f"has a label that no host name has: {label!r}; a-z, 0-9, '_' and '-' inside are expected, 1 to 63 of them"
            for label in ascii_form.split(".")
            if _bad(label)
        ),
        None,
    )


def covers_strangers(domain: str) -> str | None:
    """Say why names below `domain` belong to unrelated parties; None when they do not, as far as is known.

    Known are the Public Suffix List (registries, and providers that entered themselves) and `shared_suffixes.txt`.
    """
    if "." not in domain:
        return "is a top-level domain"
    if _registries().is_public(domain):
        return "is a public suffix, under which anybody can register"
    if domain in _shared_suffixes() or _registries_and_providers().is_public(domain):
        return "serves many unrelated parties"
    return None


def _bad(label: str) -> bool:
    return len(label) > MAX_LABEL_SIZE or not _LABEL.fullmatch(label)


@cache
def _shared_suffixes() -> frozenset[str]:
    lines = Path(__file__).with_name("shared_suffixes.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _registries() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


@cache
def _registries_and_providers() -> PublicSuffixList:
    return PublicSuffixList()
