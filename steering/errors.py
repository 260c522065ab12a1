"""What can go wrong in this package. Each error carries the offending value and its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SteeringError(Exception):
    """Base of every error raised by `steering`."""


class RuleError(SteeringError):
    """A rule, match or action that the declared tables do not allow."""


class NetworkError(SteeringError):
    """A network view that contradicts itself, for example a link to a port that is not there."""


class CompileError(SteeringError):
    """A policy that cannot be compiled for this network and catalogue; the text names the policy and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyError:
    """One mistake in a policy file. `line` and `column` count from 1; `text` is the source text at that place."""

    file: str
    line: int
    column: int
    text: str
    expected: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        quoted = f" (at {self.text!r})" if self.text else ""
        return f"{self.file}:{self.line}:{self.column}: {self.expected}{quoted}{hint}"


class PolicyErrors(SteeringError):  # noqa: N818  (plural, since it holds several)
    """All mistakes of a policy, file by file in the order in which they came, each in the order of the file."""

    def __init__(self, errors: Iterable[PolicyError]) -> None:
        found = tuple(errors)
        files = {file: number for number, file in enumerate(dict.fromkeys(error.file for error in found))}
        self.errors = tuple(
            sorted(found, key=lambda error: (files[error.file], error.line, error.column, error.expected))
        )
        super().__init__("\n".join(str(error) for error in self.errors))
