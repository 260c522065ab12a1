"""Virtual environments of controllers that do not live with AppSteer's own packages, made once below ``build/``.

An environment is made anew when what is said here of it changes. Packages come from PyPI by pip.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.integration.controllers.processes import run

ROOT = Path(__file__).parents[3]
HOME = ROOT / "build" / "controllers"
INSTALL_S = 900.0  # some packages are compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment: what pip is told, one line a call."""

    name: str
    installs: tuple[tuple[str, ...], ...]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return HOME / self.name / "bin" / "python"

    def make(self) -> Path:
        """Makes it where it is not there as described; its interpreter. Raises FailedError with pip's words."""
        stamp = HOME / self.name / "made-of"
        described = hashlib.sha256(repr((sys.version_info[:3], self.installs)).encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == described:
            return self.python
        shutil.rmtree(HOME / self.name, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(HOME / self.name), timeout_s=INSTALL_S)
        pip = (str(self.python), "-m", "pip", "install", "-q", "--disable-pip-version-check")
        for words in self.installs:
            run(*pip, *words, timeout_s=INSTALL_S)
        stamp.write_text(described)
        return self.python


RYU = Environment(
    name="ryu",
    installs=(
        # The last setuptools with easy_install's script writer, which Ryu's setup.py replaces a part of.
        ("setuptools<66", "wheel", "pbr"),
        ("--no-build-isolation", "ryu==4.34"),
        # Ryu pins versions that do not run on Python 3.11.
        ("--upgrade", "eventlet", "dnspython"),
    ),
)

FAUCET = Environment(
    name="faucet",
    installs=(("setuptools<81", "wheel", "pbr"), ("--no-build-isolation", "faucet==1.10.12")),
)
