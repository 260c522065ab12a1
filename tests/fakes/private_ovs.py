"""An Open vSwitch of a test's own, with the userspace datapath, that may be restarted."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")


class PrivateOvs:
    """ovsdb-server and ovs-vswitchd in a folder; nothing is shared with the host's."""

    def __init__(self, folder: Path) -> None:
        self.run_dir = folder
        self._env = {**os.environ, "OVS_RUNDIR": str(folder), "OVS_DBDIR": str(folder), "OVS_LOGDIR": str(folder)}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.sh("ovsdb-tool", "create", str(folder / "conf.db"), str(SCHEMA))
        self.start()
        self.sh("ovs-vsctl", "--no-wait", "init")

    def start(self) -> None:
        """Both daemons, with the database as it was."""
        remote = f"--remote=punix:{self.run_dir}/db.sock"
        self._run("ovsdb-server", str(self.run_dir / "conf.db"), remote, "ovsdb-server")
        self._wait_for("db.sock")
        self._run("ovs-vswitchd", f"unix:{self.run_dir}/db.sock", "--disable-system", "ovs-vswitchd")
        self._wait_for("ovs-vswitchd.pid")

    def stop(self) -> None:
        """As a crash would."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()
        (self.run_dir / "ovs-vswitchd.pid").unlink(missing_ok=True)

    def sh(self, *command: str) -> str:
        """A command of Open vSwitch, against this one."""
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=self._env, timeout=20)
        return done.stdout

    def _run(self, *command: str) -> None:
        *words, name = command
        pid_file = f"--pidfile={self.run_dir}/{name}.pid"
        log = f"--log-file={self.run_dir}/{name}.log"
        quiet = subprocess.DEVNULL
        self._processes.append(subprocess.Popen([*words, pid_file, log], env=self._env, stdout=quiet, stderr=quiet))

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + 10
        while not (self.run_dir / name).exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} did not appear")
            time.sleep(0.02)
