"""The machine's Open vSwitch, as integration tests and benchmarks need it."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

OVS_CTL = Path("/usr/share/openvswitch/scripts/ovs-ctl")


def why_not() -> str | None:
    """Why nothing can be tried on a real switch here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    if not OVS_CTL.exists():
        return "Open vSwitch is not installed (apt-get install openvswitch-switch)"
    return None


@contextlib.contextmanager
def open_vswitch() -> Iterator[None]:
    """Open vSwitch, started for the time being where it does not run. CalledProcessError says why it does not start."""
    running = subprocess.run([OVS_CTL, "status"], capture_output=True, check=False).returncode == 0
    if not running:
        subprocess.run([OVS_CTL, "start", "--system-id=random"], capture_output=True, check=True)
    try:
        yield
    finally:
        if not running:
            subprocess.run([OVS_CTL, "stop"], capture_output=True, check=True)


def flush_conntrack(zone: int) -> None:
    """Forget a zone's connections. Without any bridge there is no datapath, and nothing to forget."""
    command = ["ovs-appctl", "dpctl/flush-conntrack", f"zone={zone}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "no datapath" not in done.stderr and "datapath not found" not in done.stderr:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
