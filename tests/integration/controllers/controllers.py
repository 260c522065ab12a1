"""Controllers as processes, each at a port of 127.0.0.1 in the caller's network namespace."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.integration.controllers.environments import FAUCET, ROOT, RYU
from tests.integration.controllers.lab import free_port
from tests.integration.controllers.processes import running, until

APPS = "tests.integration.controllers.apps"
EXAMPLES = ROOT / "docs" / "examples"
LOG = "controller.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """What runs applications: an interpreter and the program that starts them."""

    python: Path
    program: Path


def osken() -> Framework:
    """The version of os-ken that AppSteer itself runs on."""
    return Framework(python=Path(sys.executable), program=EXAMPLES / "run_on_osken.py")


def ryu() -> Framework:
    """Ryu 4.34, in an environment of its own that is made if need be."""
    return Framework(python=RYU.make(), program=EXAMPLES / "run_on_ryu.py")


@contextlib.contextmanager
def controller(framework: Framework, *modules: str, folder: Path, env: Mapping[str, str]) -> Iterator[int]:
    """A framework with applications, once it listens; its port. What it prints is in ``folder / LOG``."""
    port = free_port()
    words = (str(framework.python), str(framework.program), str(port), *modules)
    log = folder / LOG
    with running(*words, log=log, env={"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **env}):
        until(lambda: listens(port), f"a controller at port {port}, see {log}")
        yield port


@contextlib.contextmanager
def faucet(config: Path, folder: Path) -> Iterator[int]:
    """Faucet from PyPI with a configuration file, once it listens; its port."""
    python = FAUCET.make()
    port = free_port()
    log = folder / "faucet.log"
    env = {
        "FAUCET_CONFIG": str(config),
        "FAUCET_LOG": str(log),
        "FAUCET_EXCEPTION_LOG": str(log),
        "FAUCET_PROMETHEUS_PORT": str(free_port()),
        "PATH": f"{python.parent}:{os.environ['PATH']}",  # it starts os-ken's manager by name
    }
    words = (str(python.with_name("faucet")), "--ryu-ofp-listen-host=127.0.0.1", f"--ryu-ofp-tcp-listen-port={port}")
    with running(*words, log=folder / "faucet-output.log", env=env):
        until(lambda: listens(port), f"Faucet at port {port}, see {folder}")
        yield port


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
