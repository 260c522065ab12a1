"""Which tags a flow has: those of its application, and of the protocols on its path, as a catalogue says (SPEC.md §2).

A value: when the catalogue changes there is another one.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from ofext.catalogue import AppEntry, AppKind
from ofext.sites import site_in

ENCRYPTED_TAG: Final = "encrypted"
"""Tag of a protocol that encrypts what it carries."""

_PATHS_KEPT: Final = 4096  # different paths at a time: applications in use times what carries them


class TagBook:
    """The tags of all applications and protocols of a catalogue, looked up by what flows have."""

    def __init__(self, apps: Iterable[AppEntry]) -> None:
        entries = tuple(apps)
        self._tags = {entry.app_id: frozenset(entry.tags) for entry in entries if entry.tags}
        protocols = [entry for entry in entries if entry.kind == AppKind.PROTOCOL]
        self._protocol_tags = {entry.key: frozenset(entry.tags) for entry in protocols}
        self._protocols = {entry.app_id: entry.key for entry in protocols}
        self._of_path = lru_cache(_PATHS_KEPT)(self._find)

    def of(self, app_id: int, protocol_id: int, path: str) -> frozenset[str]:
        """Tags of the application and of the protocols on the path."""
        return self._of_path(app_id, protocol_id, path)[0]

    def encrypts(self, app_id: int, protocol_id: int, path: str) -> bool | None:
        """Whether a protocol on the path encrypts; None when no protocol of the path is known."""
        return self._of_path(app_id, protocol_id, path)[1]

    def _find(self, app_id: int, protocol_id: int, path: str) -> tuple[frozenset[str], bool | None]:
        keys = {self._protocols.get(number, "") for number in (app_id, protocol_id)}
        site = site_in(path, app_id)  # its labels are no protocols, whatever they are called
        keys.update((path.removesuffix(f".{site}") if site else path).split("."))
        carried = [self._protocol_tags[key] for key in keys if key in self._protocol_tags]
        of_protocols = frozenset[str]().union(*carried)
        return of_protocols | self._tags.get(app_id, frozenset()), ENCRYPTED_TAG in of_protocols if carried else None
