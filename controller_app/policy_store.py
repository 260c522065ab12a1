"""The policy in force, and where it survives a restart.

With a state directory, the policy last applied goes on after a restart; without one, or before the first apply, the
configured file counts; without that, everything is allowed.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from controller_app.config import Config
from controller_app.errors import StateError
from steering.policy import Policy, pack, parse_policy

EMPTY = "version: 1\n"
APPLIED_NAME = "policy.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInForce:
    """A policy with its text and where it came from."""

    policy: Policy
    text: str
    origin: str


class PolicyStore:
    """Reads and keeps the policy, with the files that it includes. Raises StateError and steering's PolicyErrors."""

    def __init__(self, config: Config) -> None:
        self._folder = config.state_dir
        self._configured = config.policy
        self.current = self._first()

    def replace(self, policy: Policy, text: str, origin: str) -> None:
        """A policy was applied."""
        if self._folder is not None:
            write_whole(self._folder / APPLIED_NAME, text)
        self.current = PolicyInForce(policy=policy, text=text, origin=origin)

    def _first(self) -> PolicyInForce:
        applied = self._folder / APPLIED_NAME if self._folder else None
        if applied is not None and applied.exists():
            return _read(applied)
        if self._configured is not None:
            return _read(self._configured)
        return PolicyInForce(policy=parse_policy(EMPTY, "<no policy>"), text=EMPTY, origin="none, all is allowed")


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that a reader, also after a crash, sees the old or the new text whole. Raises StateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StateError(f"cannot be written: {error.strerror}", place=str(path)) from error


def _read(path: Path) -> PolicyInForce:
    try:
        path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StateError(f"cannot be read: {error.strerror}", place=str(path)) from error
    except UnicodeDecodeError as error:
        raise StateError(f"is not UTF-8 text: {error.reason}", place=str(path)) from error
    text = pack(path)
    return PolicyInForce(policy=parse_policy(text, str(path)), text=text, origin=str(path))
