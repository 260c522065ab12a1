"""An Open vSwitch of a test's own, with the userspace datapath, whose daemons may be killed and started again."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from tests.fakes.mortal import MORTAL

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
DAEMONS = ("ovsdb-server", "ovs-vswitchd")
PRIORITY = ("nice", "-n", "-10")  # as ovs-ctl(8) starts them: a switch that waits for a processor loses packets
TRACKING = ("ct_state", "ct_zone", "ct_mark", "ct_label", "ct_state_nat", "ct_orig_tuple", "ct_orig_tuple6")


def take_tracker(ovs: PrivateOvs, bridge: str) -> None:
    """A bridge's datapath says from now on that it tracks no connections; until ovs-vswitchd starts anew."""
    for feature in TRACKING:
        ovs.appctl("dpif/set-dp-features", bridge, feature, "false")


class PrivateOvs:
    """ovsdb-server and ovs-vswitchd in a folder; nothing is shared with the host's."""

    def __init__(self, folder: Path) -> None:
        self.run_dir = folder
        self._env = {**os.environ, "OVS_RUNDIR": str(folder), "OVS_DBDIR": str(folder), "OVS_LOGDIR": str(folder)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.sh("ovsdb-tool", "create", str(folder / "conf.db"), str(SCHEMA))
        self.start()
        self.sh("ovs-vsctl", "--no-wait", "init")

    def start(self) -> None:
        """Both daemons, with the database as it was."""
        for daemon in DAEMONS:
            self.start_one(daemon)

    def start_one(self, daemon: str) -> None:
        """`ovsdb-server` or `ovs-vswitchd`; returns when it can be spoken to."""
        database = f"{self.run_dir}/db.sock"
        if daemon == "ovsdb-server":
            command = [daemon, str(self.run_dir / "conf.db"), f"--remote=punix:{database}"]
        else:
            command = [daemon, f"unix:{database}", "--disable-system"]
        files = [f"--pidfile={self.run_dir}/{daemon}.pid", f"--log-file={self.run_dir}/{daemon}.log"]
        quiet = subprocess.DEVNULL
        self._processes[daemon] = subprocess.Popen(
            [*MORTAL, *PRIORITY, *command, *files], env=self._env, stdout=quiet, stderr=quiet
        )
        self._wait_for(f"{daemon}.pid")
        if daemon == "ovsdb-server":
            self._wait_for("db.sock")

    def stop(self) -> None:
        """As a crash would."""
        for daemon in reversed(DAEMONS):
            self.kill(daemon)

    def kill(self, daemon: str) -> None:
        """kill -9, of one daemon."""
        process = self._processes.pop(daemon, None)
        if process is None:
            return
        process.kill()
        process.wait()
        for name in (f"{daemon}.pid", "db.sock" if daemon == "ovsdb-server" else ""):
            if name:
                (self.run_dir / name).unlink(missing_ok=True)

    def sh(self, *command: str) -> str:
        """A command of Open vSwitch, against this one."""
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=self._env, timeout=20)
        return done.stdout

    def appctl(self, *arguments: str) -> str:
        """What ovs-vswitchd answers to `ovs-appctl`."""
        return self.sh("ovs-appctl", "-t", "ovs-vswitchd", *arguments)

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + 10
        while not (self.run_dir / name).exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} did not appear")
            time.sleep(0.02)
