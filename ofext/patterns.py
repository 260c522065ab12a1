"""Text patterns of L7 match fields: an exact host name, or `*.suffix` for every name below the suffix.

A pattern is compared without case, without a trailing dot, and in A-label form (RFC 5890 §2.3.2.1).
`*.example.com` holds for `a.example.com` and `a.b.example.com`, not for `example.com` itself, as in RFC 4592 §2.1.1.
"""

import contextlib
import re
from typing import Final

from ofext.errors import MatchValueError

MAX_PATTERN_SIZE: Final = 251  # bytes: an OXM's payload of 255 (OpenFlow 1.3 §7.2.3.2) less the experimenter id
WILDCARD: Final = "*."

_LABEL = r"[!-)+,\-/-~]+"  # printable, neither space nor dot nor another star
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def normalise(pattern: str, field: str = "pattern") -> str:
    """The one form under which a pattern is sent and compared. Raises MatchValueError, naming `field`."""
    wildcard = WILDCARD if pattern.startswith(WILDCARD) else ""
    name = wildcard + normalise_host(pattern[len(wildcard) :])
    if not _NAME.fullmatch(name[len(wildcard) :]):
        raise MatchValueError(field, pattern, "a pattern is a host name, or *. and the end of host names")
    if len(name) > MAX_PATTERN_SIZE:
        raise MatchValueError(field, pattern, f"a pattern has at most {MAX_PATTERN_SIZE} bytes")
    return name


def matches(pattern: str, host: str) -> bool:
    """Whether a host name, in any spelling, is what a normalised pattern stands for."""
    name = normalise_host(host)
    if pattern.startswith(WILDCARD):
        suffix = pattern[1:]
        return name.endswith(suffix) and len(name) > len(suffix)
    return name == pattern


def normalise_host(host: str) -> str:
    """Lower case, no trailing dot, A-labels; a name that IDNA refuses stays as it is, in lower case."""
    name = host.lower()
    if not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.encode("idna").decode("ascii")  # which also turns other full stops into dots
    return name.removesuffix(".")
