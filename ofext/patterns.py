"""Text in L7 match fields: host names, texts with stars, tags. One normal form each, and what it holds for.

A host pattern is an exact name, or `*.suffix` for every name below the suffix. It is compared without case, without a
trailing dot, and in A-label form (RFC 5890 §2.3.2.1). `*.example.com` holds for `a.example.com` and `a.b.example.com`,
not for `example.com` itself, as in RFC 4592 §2.1.1.

A text pattern is a text that a value must equal, with a star at its start, its end or both for what may stand there
besides. It is compared as bytes of UTF-8 in which A to Z are a to z; other letters have one case only.
"""

import contextlib
import re
from typing import Final

from ofext.errors import MatchValueError

MAX_PATTERN_SIZE: Final = 251  # bytes: an OXM's payload of 255 (OpenFlow 1.3 §7.2.3.2) less the experimenter id
WILDCARD: Final = "*."

STAR: Final = "*"

_TAG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LOWER = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz")
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


def normalise_text(pattern: str, field: str = "pattern") -> str:
    """The one form under which a text pattern is sent and compared. Raises MatchValueError, naming `field`."""
    try:
        raw = fold(pattern.encode())
    except UnicodeEncodeError as error:
        raise MatchValueError(field, pattern, f"not Unicode: {error.reason}") from None
    if not raw or raw == b"**":
        raise MatchValueError(field, pattern, "a text pattern is a text, perhaps with * at either end, or a single *")
    if len(raw) > MAX_PATTERN_SIZE:
        raise MatchValueError(field, pattern, f"a pattern has at most {MAX_PATTERN_SIZE} bytes")
    return raw.decode()


def split_text(pattern: bytes) -> tuple[bool, bytes, bool]:
    """A normalised text pattern: star at the start, what stands between, star at the end. A single star is both."""
    if pattern == b"*":
        return True, b"", True
    starts, ends = pattern.startswith(b"*"), pattern.endswith(b"*")
    return starts, pattern[starts : len(pattern) - ends], ends


def text_matches(pattern: bytes, value: bytes) -> bool:
    """Whether a value, in any spelling, is what a normalised text pattern stands for."""
    folded = fold(value)
    match split_text(pattern):
        case (False, text, False):
            return folded == text
        case (False, text, True):
            return folded.startswith(text)
        case (True, text, False):
            return folded.endswith(text)
        case (_, text, _):
            return text in folded


def normalise_tag(tag: str, field: str = "tag") -> str:
    """A tag's key in lower case. Raises MatchValueError, naming `field`."""
    key = tag.lower()
    if not _TAG.fullmatch(key) or len(key) > MAX_PATTERN_SIZE:
        raise MatchValueError(field, tag, "a tag is a-z, 0-9 and single hyphens")
    return key


def fold(text: bytes) -> bytes:
    """UTF-8 with A to Z as a to z, the form in which texts are compared."""
    return text.translate(_LOWER)
