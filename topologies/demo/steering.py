"""AppSteer as the demo uses it: a controller, an agent and the command line, all of them as an operator would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

from topologies.demo.ledger import Ledger
from topologies.demo.machine import DemoError
from topologies.demo.network import SWITCHES

APPSTEER = Path(sys.executable).with_name("appsteer")
FIRST_ZONE = 41000  # of conntrack; an AppSteer that is in use on this machine goes on undisturbed
READY_TIMEOUT_S = 40.0
COMMAND_TIMEOUT_S = 30.0
POLL_S = 0.25
Flow = dict[str, Any]  # one line of `appsteer flows --json`, whose fields are the northbound API's


class AppSteer:
    """The processes, by role, and the command line's answers."""

    def __init__(self, ledger: Ledger, first_policy: Path) -> None:
        self._first_policy = first_policy
        self._ledger = ledger
        self._home = ledger.home
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._socket = f"unix:{self._home}/controller.sock"
        self._write_configuration()

    def start(self, role: str) -> None:
        """Start the `controller` or the `agent`."""
        log = self._home / "logs" / f"{role}.log"
        log.parent.mkdir(exist_ok=True)
        self._processes[role] = self._spawn([role, "--config", str(self._home / f"{role}.yaml")], log)

    def kill(self, role: str) -> int:
        """Kill it as an accident would, and return the process id it had."""
        process = self._processes.pop(role)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid

    def follow(self) -> subprocess.Popen[str]:
        """Start `appsteer flows --follow --json`; its standard output is a pipe."""
        command = [str(APPSTEER), "flows", "--follow", "--json"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment(),
            start_new_session=True,
        )
        self._ledger.process(process.pid)
        return process

    def flows(self) -> list[Flow]:
        """Return all flows that the controller knows."""
        return [json.loads(line) for line in self.ask("flows", "--json").splitlines()]

    def plan(self, policy: Path) -> str:
        """Return what `policy plan` says that the policy would change."""
        return self.ask("policy", "plan", str(policy), good=(0, 1))  # 1: it would change something

    def apply(self, policy: Path) -> str:
        """Apply a policy file to all switches."""
        return self.ask("policy", "apply", "--yes", str(policy))

    def ask(self, *arguments: str, good: tuple[int, ...] = (0,)) -> str:
        """Run `appsteer` with `arguments` and return what it prints; DemoError with its own words if it fails."""
        done = self._run(*arguments)
        if done.returncode not in good:
            raise DemoError(f"appsteer {' '.join(arguments)} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def wait_ready(self) -> None:
        """Wait until every switch has its agent and its rules, and every link of the ring is known."""
        self.wait("the controller knows all switches, agents and links", self._is_ready)

    def wait(self, what: str, holds: Callable[[], bool], timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until `holds`; DemoError names `what` if it does not come true."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > deadline:
                raise DemoError(f"waited {timeout_s:g} s in vain until {what}; see the logs of controller and agent")
            for role, process in self._processes.items():
                if process.poll() is not None:
                    raise DemoError(
                        f"the {role} ended by itself with code {process.returncode}: {self._last_line(role)}"
                    )
            time.sleep(POLL_S)

    def _is_ready(self) -> bool:
        done = self._run("status", "--json")
        if done.returncode != 0:
            return False
        status = json.loads(done.stdout)
        switches = [
            switch for switch in status.get("switches", ()) if switch["has_agent"] and switch["stage"] == "ready"
        ]
        return len(switches) == len(SWITCHES) and len(status.get("links", ())) == 2 * len(SWITCHES)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(APPSTEER), *arguments]
        try:
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=COMMAND_TIMEOUT_S,
                env=self._environment(),
            )
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"appsteer {' '.join(arguments)} did not end within {COMMAND_TIMEOUT_S:g} s") from error

    def _spawn(self, arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as file:
            process = subprocess.Popen(
                [str(APPSTEER), *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )
        self._ledger.process(process.pid)
        return process

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "APPSTEER_CONTROLLER": self._socket}

    def _last_line(self, role: str) -> str:
        lines = (self._home / "logs" / f"{role}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it printed nothing"

    def _write_configuration(self) -> None:
        port = _free_port()
        controller = f"""
        openflow: {{listen: 127.0.0.1, port: {port}}}
        northbound: {self._socket}
        policy: {self._first_policy}
        state_dir: {self._home}/controller-state
        """
        for zone in range(FIRST_ZONE, FIRST_ZONE + 2 * len(SWITCHES)):
            self._ledger.zone(zone)
        bridges = "".join(
            f"\n  - {{name: {name}, edge_zone: {FIRST_ZONE + 2 * index}, service_zone: {FIRST_ZONE + 2 * index + 1}}}"
            for index, name in enumerate(SWITCHES)
        )
        state = f"state_dir: {self._home}/agent-state"
        agent = f"controller: {{address: 127.0.0.1, port: {port}}}\n{state}\nbridges:{bridges}\n"
        (self._home / "controller.yaml").write_text(dedent(controller).lstrip())
        (self._home / "agent.yaml").write_text(agent)


def _free_port() -> int:
    """Return a TCP port that nobody listens on, not OpenFlow's own, for the reason that FIRST_ZONE gives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
