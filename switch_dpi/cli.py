"""Commands of the switch side, joined to `appsteer` by the entry-point group `appsteer.commands`.

Each is imported when it is asked for: `replay` does not wait for the agent's modules, nor fail with them.
"""

from importlib import import_module
from typing import Any, Final

_HOMES: Final = {
    "agent": "switch_dpi.agent_cli",
    "capture": "switch_dpi.capture_cli",
    "plugins": "switch_dpi.plugins_cli",
    "replay": "switch_dpi.replay",
}


def __getattr__(name: str) -> Any:
    """`agent`, `capture`, `plugins` and `replay`."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
