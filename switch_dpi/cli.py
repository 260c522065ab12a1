"""Commands of the switch side, joined to `appsteer` by the entry-point group `appsteer.commands`.

Each is imported when it is asked for: `replay` does not wait for the agent's modules, nor fail with them.
"""

from typing import Any

__all__ = ["agent", "replay"]


def __getattr__(name: str) -> Any:
    if name == "agent":
        from switch_dpi.agent_cli import agent

        return agent
    if name == "replay":
        from switch_dpi.replay import replay

        return replay
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
