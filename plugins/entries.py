"""What may stand in an application's entry beside domains: its form, and whom else it would claim.

The engine checks the form as well (`core/src/signatures/clues.rs`, `networks.rs`). What many applications have is in
`shared_entries.txt`. This module knows nothing of the signatures' files; `plugins.lint` does.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from plugins import domains

MAX_COMMON_NAME_SIZE: Final = 64  # ub-common-name, RFC 5280 appendix A.1
MAX_ALPN_SIZE: Final = 255  # RFC 7301 §3.1
MAX_AGENT_SIZE: Final = 512  # so much of a user agent is looked at
MIN_TEXT_SIZE: Final = 2  # one letter is anybody's
MIN_PREFIXES: Final = {4: 8, 6: 19}  # bits: what the largest owners were given

_PRINTABLE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")
_BETWEEN_WORDS: Final = ' \t/();:,"[]<>='
_JA3: Final = re.compile(r"[0-9a-f]{32}")
_JA4: Final = re.compile(r"[tqd](13|12|11|10|s3|s2|d1|d2|d3|00)[di][0-9]{4}[0-9A-Za-z]{2}_([0-9a-f]{12})_[0-9a-f]{12}")

_VERSIONS_OF_HTTP: Final = re.compile(r"(h2|h3|hq)-[0-9a-zT]{2,4}|spdy/.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the lists of an entry."""

    what: str
    """For people."""
    fault: Callable[[str], str | None]
    """Says what is wrong with an item; None when nothing is."""
    folded: Callable[[str], str]
    """Equal for items that the engine takes for the same."""


def certificate(name: str) -> str | None:
    """A domain suffix, or without a dot a whole common name."""
    if "." in name:
        return domains.malformed(name) or domains.covers_strangers(name)
    if not _fits(name, MAX_COMMON_NAME_SIZE):
        return "is neither a domain nor a common name: 1 to 64 printable characters are expected"
    return "is the common name of many" if _is_shared("certificate", name) or len(name) < MIN_TEXT_SIZE else None


def alpn(protocol: str) -> str | None:
    """An application protocol; with a slash at its end all that begin so."""
    if not _fits(protocol, MAX_ALPN_SIZE) or protocol.startswith("/"):
        return "is no application protocol: 1 to 255 printable characters are expected"
    if _is_shared("alpn", protocol) or _VERSIONS_OF_HTTP.fullmatch(protocol) or protocol in ("http/", "spdy/"):
        return "is offered by many applications"
    return "is too short to be one application's" if len(protocol) < MIN_TEXT_SIZE else None


def user_agent(product: str) -> str | None:
    """Whole words of a user agent; with a slash at its end a product with its version."""
    if not _fits(product, MAX_AGENT_SIZE) or product[0] in _BETWEEN_WORDS:
        return "is no product of a user agent: printable characters with a word in front are expected"
    name = product.rstrip("/").lower()
    if _is_shared("user_agent", name) or name.replace(".", "").isdigit():
        return "stands in the user agents of many programs"
    return "is too short to be one program's" if len(name) < MIN_TEXT_SIZE else None


def tls_fingerprint(text: str) -> str | None:
    """A JA4, or a JA3."""
    found = _JA4.fullmatch(text)
    if found is None:
        return None if _JA3.fullmatch(text) else "is neither a JA4 nor a JA3 in lower case"
    is_shared = _is_shared("tls_fingerprint", found[2])
    return "has the cipher suites of a browser or a library, as many programs" if is_shared else None


def network(text: str) -> str | None:
    """A block of addresses."""
    try:
        block = ipaddress.ip_network(text)
    except ValueError:
        return _malformed_network(text)
    least = MIN_PREFIXES[block.version]
    if "/" not in text:
        return f"has no prefix, expected {block}"
    if block.prefixlen < least:
        return f"is too broad to tell an application, expected a prefix of {least} bits at least"
    if block.is_multicast or block.is_loopback or block.is_unspecified or block.is_link_local:
        return "is no network of servers: these addresses mean something else on every link"
    return None


KINDS: Final[Mapping[str, Kind]] = {
    "certificates": Kind(what="certificate", fault=certificate, folded=str.lower),
    "alpn": Kind(what="ALPN", fault=alpn, folded=str),
    "user_agents": Kind(what="user agent", fault=user_agent, folded=str.lower),
    "tls_fingerprints": Kind(what="TLS fingerprint", fault=tls_fingerprint, folded=str),
    "networks": Kind(what="network", fault=network, folded=lambda text: str(ipaddress.ip_network(text, strict=False))),
}
"""By the name of the list."""


class Given(StrEnum):
    """What an example gives, or a look-up: one of them."""

    HOST = "host"
    CERTIFICATE = "certificate"
    ALPN = "alpn"
    USER_AGENT = "user_agent"
    TLS_FINGERPRINT = "tls_fingerprint"
    ADDRESS = "address"


GIVEN: Final = tuple(given.value for given in Given)


def _is_shared(kind: str, value: str) -> bool:
    return f"{kind} {value.lower()}" in _shared()


@cache
def _shared() -> frozenset[str]:
    lines = Path(__file__).with_name("shared_entries.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _malformed_network(text: str) -> str:
    try:
        return f"has bits behind its prefix, expected {ipaddress.ip_network(text, strict=False)}"
    except ValueError:
        return "is no network, expected an address and a prefix such as 192.0.2.0/24"


def _fits(text: str, most: int) -> bool:
    return len(text) <= most and _PRINTABLE.fullmatch(text) is not None
