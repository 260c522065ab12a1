"""What the demo needs of the machine: root, programs, a running Open vSwitch.

Owns the questions that are asked before anything is made. A no is one sentence that says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

OVS_CTL = Path("/usr/share/openvswitch/scripts/ovs-ctl")
OVS_TIMEOUT_S = 5
PACKAGES = {
    "mnexec": "mininet",
    "ifconfig": "net-tools",
    "ip": "iproute2",
    "tc": "iproute2",
    "ethtool": "ethtool",
    "sysctl": "procps",
    "nft": "nftables",
    "ovs-vsctl": "openvswitch-switch",
    "ovs-appctl": "openvswitch-switch",
    "ovs-ofctl": "openvswitch-switch",
    "nginx": "nginx-light",
    "dnsmasq": "dnsmasq-base",
    "dig": "bind9-dnsutils",
    "curl": "curl",
    "openssl": "openssl",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "mosquitto": "mosquitto",
    "mosquitto_pub": "mosquitto-clients",
    "sipp": "sip-tester",
    "iperf3": "iperf3",
    "tcpdump": "tcpdump",
    "ping": "iputils-ping",
}
NGINX_STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")


class DemoError(Exception):
    """The demo cannot go on; the text is one sentence for the person in front of it."""


def check_root() -> None:
    """Raise DemoError unless this process is root."""
    if os.geteuid() != 0:
        raise DemoError(
            "the demo makes network namespaces and switches: run it as root, for example with `sudo make demo`"
        )


def check_programs() -> None:
    """Raise DemoError that names every missing program with the Debian package that has it."""
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = {package for program, package in PACKAGES.items() if shutil.which(program) is None}
    if not NGINX_STREAM.exists():
        missing.add("libnginx-mod-stream")
    if missing:
        raise DemoError(
            f"programs of the demo are missing; install them with: apt-get install {' '.join(sorted(missing))}"
        )


def program(name: str) -> str:
    """Return the absolute path of `name` (sshd insists on one)."""
    path = shutil.which(name)
    if path is None:
        raise DemoError(f"{name} is not installed: apt-get install {PACKAGES.get(name, name)}")
    return path


def ovs_runs() -> bool:
    """Tell whether a switch daemon and its database answer."""
    commands = (
        ["ovs-vsctl", f"--timeout={OVS_TIMEOUT_S}", "show"],
        ["ovs-appctl", "-T", str(OVS_TIMEOUT_S), "version"],
    )
    return all(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in commands)


def start_ovs() -> None:
    """Start Open vSwitch, or raise DemoError with what it said."""
    done = ovs_ctl("start", "--system-id=random")
    if not ovs_runs():
        raise DemoError(f"Open vSwitch does not start: {done.stderr.strip() or done.stdout.strip()}")


def stop_ovs() -> None:
    """Stop the Open vSwitch that `start_ovs` started."""
    ovs_ctl("stop")


def ovs_ctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Open vSwitch's own start and stop script; it warns about kernel modules that the demo does not use."""
    if not OVS_CTL.exists():
        raise DemoError("Open vSwitch is not installed: apt-get install openvswitch-switch")
    return subprocess.run([str(OVS_CTL), *arguments], capture_output=True, text=True, check=False)
