"""Controller and agent as an operator starts them, and as an accident ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from controller_app.errors import NorthboundError
from controller_app.northbound.client import Client
from tests.fakes.mortal import MORTAL

ROOT = Path(__file__).parents[2]
APPSTEER = Path(sys.executable).with_name("appsteer")
POLL_S = 0.05
STOP_S = 20.0


class Programs:
    """The two programs, each with its log in `folder`."""

    def __init__(self, folder: Path, controller: str, agent: str) -> None:
        """Takes the texts of both configurations."""
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.socket = f"unix:{folder}/controller.sock"
        (folder / "controller.yaml").write_text(controller, encoding="utf-8")
        (folder / "agent.yaml").write_text(agent, encoding="utf-8")

    def start(self, role: str) -> None:
        """`controller` or `agent`."""
        command = [*MORTAL, str(APPSTEER), role, "--config", str(self._folder / f"{role}.yaml")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self._folder / f"{role}.log").open("ab") as log:
            self._running[role] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def kill(self, role: str) -> None:
        """kill -9."""
        process = self._running.pop(role)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """As SIGTERM would; whoever does not end then is killed."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def check_alive(self) -> None:
        """Raises RuntimeError with the end of the log of a program that ended by itself."""
        for role, process in self._running.items():
            if process.poll() is not None:
                log = (self._folder / f"{role}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"the {role} ended with {process.returncode}: {log[-2000:]}")

    def memory(self, role: str) -> int:
        """Bytes that a program holds (proc_pid_statm(5), resident)."""
        pages = Path(f"/proc/{self._running[role].pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def client(self) -> Client:
        """Of the controller's API; the commands of `appsteer` use the same."""
        return Client(self.socket)


def until(what: str, holds: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Waits; TimeoutError says what did not come true, and what was there instead.

    `holds` returns something true, or raises AssertionError (or what a program that is away causes).
    """
    deadline = time.monotonic() + timeout_s
    while True:
        missing = ""
        try:
            if holds():
                return
        except (AssertionError, NorthboundError, subprocess.CalledProcessError) as error:
            missing = f": {error}"
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:g} s: {what}{missing}")
        time.sleep(POLL_S)
