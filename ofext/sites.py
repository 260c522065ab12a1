"""Sites that no application is known for: the App-ID of a registrable domain is computed from its name.

Agents and controllers compute the same, so a policy can name any site without a catalogue. The selector is in the
upper half of engine 20's 24 bits: 1 and 23 bits of FNV-1a (32 bits, offset basis 0x811c9dc5, prime 0x01000193) over the
lower-case ASCII name, the upper nine bits folded onto the lower 23. Two sites can meet in one selector: among ten
thousand a given one does with a probability of one in 800.
"""

from typing import Final

from ofext.ids import AppId, Engine, app_id, engine_of, selector_of

FIRST_SITE: Final = 1 << 23
"""The least selector of a site."""


def site_id(domain: str) -> AppId:
    """App-ID of a registrable domain such as ``example.co.uk``, in ASCII (punycode for other scripts)."""
    value = 0x811C9DC5
    for byte in domain.lower().encode("ascii", "backslashreplace"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return app_id(Engine.L7, FIRST_SITE | (value ^ value >> 23) & (FIRST_SITE - 1))


def is_site(app: int) -> bool:
    """Whether an App-ID stands for a site."""
    return engine_of(app) == Engine.L7 and selector_of(app) >= FIRST_SITE


def site_in(path: str, app: int) -> str | None:
    """The site with this App-ID that a protocol path ends with: ``example.org`` in ``eth.ip.tcp.tls.example.org``."""
    if not is_site(app):
        return None
    labels = path.split(".")
    endings = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((ending for ending in endings if site_id(ending) == app), None)
