"""Counts the names that each client looks up, and writes a JSON line a client and minute to `lookups.jsonl`.

`{"at": 1700000040, "client": "10.0.0.7", "lookups": 31, "names": 12}`: `at` is the minute's begin, seconds since 1970.
"""

import json
from pathlib import Path
from typing import ClassVar, Final

from plugins.module_api import Event, FlowModule

MINUTE_NS: Final = 60 * 10**9
MAX_CLIENTS: Final = 10_000  # in one minute; look-ups of further ones are counted under "others"
MAX_NAMES: Final = 1_000  # different names that are kept of a client and minute, to count them


class LookupCounter(FlowModule):
    """One line a client and minute."""

    subscribes: ClassVar[frozenset[str]] = frozenset({"dns"})
    kinds: ClassVar[frozenset[str]] = frozenset({"ended"})  # then all of a flow's queries are known

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._minute = 0
        self._clients: dict[str, tuple[int, set[str]]] = {}

    def flow(self, event: Event) -> None:
        """Count the queries of a flow."""
        minute = event.at_ns // MINUTE_NS
        if minute != self._minute:
            self._write()
            self._minute = minute
        names = event.record.metadata.get("dns.query", [])
        names = names if isinstance(names, list) else [names]
        client = event.record.src
        if client not in self._clients and len(self._clients) >= MAX_CLIENTS:
            client = "others"
        count, known = self._clients.get(client, (0, set()))
        known.update(names[: MAX_NAMES - len(known)])
        self._clients[client] = (count + len(names), known)

    def close(self) -> None:
        """Write what was counted of the last minute."""
        self._write()

    def _write(self) -> None:
        lines = [
            json.dumps({"at": self._minute * 60, "client": client, "lookups": count, "names": len(names)})
            for client, (count, names) in self._clients.items()
        ]
        self._clients.clear()
        if lines:
            with (self.folder / "lookups.jsonl").open("a", encoding="utf-8") as out:
                out.write("\n".join(lines) + "\n")
