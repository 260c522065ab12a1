"""The agent's errors: one base class; each carries the value that was refused and where it stood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class SwitchDpiError(Exception):
    """Anything that the switch side reports to a person; its text says what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position in a file, counted from 1."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One wrong thing in a configuration file: ``option`` is its dotted name, ``text`` says what was expected."""

    place: Place
    option: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.option}: {self.text}" if self.option else f"{self.place}: {self.text}"


class ConfigError(SwitchDpiError):
    """A configuration was refused; every problem found is listed, in the order of the file."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class OvsError(SwitchDpiError):
    """Open vSwitch refused a command or is not there."""

    def __init__(self, command: str, text: str) -> None:
        self.command = command
        self.text = text
        super().__init__(f"{command}: {text}")


class NegotiationError(SwitchDpiError):
    """The switch and the controller share no OpenFlow version that the agent speaks."""

    def __init__(self, peer: str, offered: frozenset[int], wanted: frozenset[int]) -> None:
        self.peer = peer
        self.offered = offered
        self.wanted = wanted
        super().__init__(f"{peer} offers OpenFlow {_versions(offered)}, needed is one of {_versions(wanted)}")


class ProtocolError(SwitchDpiError):
    """A peer sent something that is not OpenFlow, or out of order; its connection is closed."""

    def __init__(self, peer: str, text: str) -> None:
        self.peer = peer
        super().__init__(f"{peer}: {text}")


def _versions(versions: frozenset[int]) -> str:
    """``frozenset({4, 5})`` as ``1.3, 1.4`` (wire version 0x04 is OpenFlow 1.3)."""
    return ", ".join(f"1.{version - 1}" for version in sorted(versions)) or "nothing"
