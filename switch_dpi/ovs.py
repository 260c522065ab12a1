"""Open vSwitch on this host: the tap, the bridge's controller setting, and look-ups by its own tools.

Everything done to a bridge can be done twice without effect and is undone by :meth:`Ovs.teardown`; what stood there
before is kept in the bridge's ``external_ids``. Nothing here restarts or deletes a bridge.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass
from pathlib import Path

from ofext.untracked import tables
from switch_dpi.config import BridgePlan
from switch_dpi.config import Ovs as OvsOptions
from switch_dpi.errors import OvsError
from switch_dpi.ovs_tls import provide, release
from switch_dpi.untracked.tables import static_rules

log = logging.getLogger(__name__)

MAX_BACKOFF_MS = 1000  # the smallest that Open vSwitch takes (ovs-vswitchd.conf.db(5), Controller)
INACTIVITY_PROBE_MS = 5000  # a dead peer is noticed in twice that
NEEDED_PROTOCOLS = ("OpenFlow13", "OpenFlow14", "OpenFlow15")
UNDO_CONTROLLERS = "appsteer-controllers"  # external_ids: what the bridge had before, for the teardown
UNDO_FAIL_MODE = "appsteer-fail-mode"
NO_TRACKER = "CT_DATAPATH_SUPPORT"  # NXBAC_, what Open vSwitch says to a ct action that the datapath has not
IPV6_OFF = "/proc/sys/net/ipv6/conf/{}/disable_ipv6"


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeFacts:
    """What set-up found out."""

    tap_ofport: int
    datapath: str
    """As ``ovs-appctl dpctl`` names it: ``netdev@ovs-netdev`` or ``system@ovs-system``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Changes when ovs-vswitchd was restarted or the bridge or its tap was made anew."""

    vswitchd_pid: int
    management_inode: int
    tap_ifindex: int | None


class Ovs:
    """Commands to one Open vSwitch."""

    def __init__(self, options: OvsOptions) -> None:
        self._options = options
        self._tls = asyncio.Lock()  # one setting for all bridges

    def management_path(self, bridge: str) -> Path:
        """The unix socket on which the bridge takes OpenFlow from local tools."""
        return self._options.run_dir / f"{bridge}.mgmt"

    def fingerprint(self, plan: BridgePlan) -> Fingerprint | None:
        """None while ovs-vswitchd or the bridge is not there. Costs two system calls and no process."""
        try:
            pid = int((self._options.run_dir / "ovs-vswitchd.pid").read_text(encoding="ascii"))
            inode = self.management_path(plan.name).stat().st_ino
        except (OSError, ValueError):
            return None
        return Fingerprint(vswitchd_pid=pid, management_inode=inode, tap_ifindex=_ifindex(plan.tap_port))

    async def setup(self, plan: BridgePlan) -> BridgeFacts:
        """Make the tap, and note what the bridge was like before. Raises OvsError."""
        await self._remember(plan)
        if plan.has_tracker:
            await self._check_tracker(plan)
        ofport = await self._make_tap(plan)
        return BridgeFacts(tap_ofport=ofport, datapath=await self.datapath(plan))

    async def connect(self, plan: BridgePlan, listen: tuple[str, int]) -> None:
        """Point the bridge at the agent, which listens at ``listen``. Raises OvsError."""
        tls = self._options.tls
        if tls is not None:
            async with self._tls:
                await provide(self.vsctl, tls.switch)
        await self._set_controller(plan, "{}:{}:{}".format("ssl" if tls else "tcp", *_bracketed(listen)))
        if not plan.has_tracker:  # behind set-controller: a bridge's first one takes all its rules away
            await self.make_tables(plan)

    async def datapath(self, plan: BridgePlan) -> str:
        """As ``ovs-appctl dpctl`` names what forwards the bridge's packets."""
        kind = (await self.vsctl("get", "Bridge", plan.name, "datapath_type")).strip('"')
        return "netdev@ovs-netdev" if kind == "netdev" else "system@ovs-system"

    async def teardown(self, plan: BridgePlan) -> bool:
        """Give the bridge back as it was found; False when the agent had not set it up."""
        if await self._external_id(plan, UNDO_FAIL_MODE) is None:
            await self.vsctl("--if-exists", "del-port", plan.name, plan.tap_port)
            return False
        controllers = (await self._external_id(plan, UNDO_CONTROLLERS) or "").split()
        fail_mode = await self._external_id(plan, UNDO_FAIL_MODE)
        command = ["--if-exists", "del-port", plan.name, plan.tap_port]
        command += (
            ["--", "set-controller", plan.name, *controllers] if controllers else ["--", "del-controller", plan.name]
        )
        command += ["--", "set-fail-mode", plan.name, fail_mode] if fail_mode else ["--", "del-fail-mode", plan.name]
        for key in (UNDO_CONTROLLERS, UNDO_FAIL_MODE):
            command += ["--", "remove", "Bridge", plan.name, "external_ids", key]
        await self.vsctl(*command)
        if not plan.has_tracker:
            await self.ofctl("del-flows", plan, f"cookie={tables.COOKIE_PREFIX:#x}/{tables.COOKIE_PREFIX_MASK:#x}")
            await self.vsctl("remove", "Bridge", plan.name, "flow_tables", str(tables.LOOK_UP))
        return True

    async def release_tls(self) -> str:
        """After the last bridge's teardown: what became of the agent's TLS settings; empty when there were none."""
        return await release(self.vsctl)

    async def dump_conntrack(self, datapath: str, zone: int) -> str:
        """The connections of one zone, one a line (ovs-dpctl(8), ``dump-conntrack``)."""
        return await self.appctl("dpctl/dump-conntrack", datapath, f"zone={zone}")

    async def vsctl(self, *arguments: str) -> str:
        """Run ``ovs-vsctl``; its output without the last line end."""
        timeout = f"--timeout={max(1, round(self._options.timeout_s))}"
        return await self._run("ovs-vsctl", f"--db={self._options.database}", timeout, *arguments)

    async def ofctl(self, command: str, plan: BridgePlan, *arguments: str, text: str = "") -> str:
        """Run ``ovs-ofctl`` in OpenFlow 1.4 for a bridge; ``text`` is what it reads from a file `-`, in one bundle."""
        target = f"unix:{self.management_path(plan.name)}"
        options = ("--protocols=OpenFlow14", *(("--bundle",) if text else ()))
        return await self._run("ovs-ofctl", *options, command, target, *arguments, text=text)

    async def appctl(self, *arguments: str) -> str:
        """Run ``ovs-appctl`` against ovs-vswitchd."""
        run_dir = self._options.run_dir
        try:
            pid = int((run_dir / "ovs-vswitchd.pid").read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise OvsError("ovs-appctl", f"ovs-vswitchd does not run: {error}") from error
        return await self._run("ovs-appctl", "-t", str(run_dir / f"ovs-vswitchd.{pid}.ctl"), *arguments)

    async def make_tables(self, plan: BridgePlan) -> None:
        """The agent's own rules in a bridge without a tracker, and a bound for those that stand for connections.

        Raises OvsError.
        """
        await self.ofctl("add-flows", plan, "-", text=static_rules(plan.edge_zone))
        bound = f"flow_limit={tables.MAX_RULES}"
        where = f"flow_tables:{tables.LOOK_UP}=@own"
        own = ("--id=@own", "create", "Flow_Table", "name=connections", bound, "overflow_policy=evict")
        await self.vsctl(*own, "--", "set", "Bridge", plan.name, where)

    async def _check_tracker(self, plan: BridgePlan) -> None:
        """Raises OvsError when the bridge's datapath has no connection tracker: no verdict could be kept.

        A rule that would need it comes and goes in one bundle, so that no packet can meet it.
        """
        rule = f"table={tables.LOOK_UP},priority=1,ip,nw_src=0.0.0.0,nw_dst=0.0.0.0"
        both = f"add {rule},actions=ct(zone={plan.edge_zone})\ndelete_strict {rule}\n"
        try:
            await self.ofctl("add-flows", plan, "-", text=both)
        except OvsError as error:
            if NO_TRACKER not in str(error):
                raise
            text = "its datapath has no connection tracker; say `conntrack: false` for it in the agent's configuration"
            raise OvsError(f"bridge {plan.name}", text) from error

    async def _remember(self, plan: BridgePlan) -> None:
        """Note the controllers and the fail mode that the bridge has now, unless they are the agent's own."""
        if await self._external_id(plan, UNDO_FAIL_MODE) is not None:
            return
        controllers = " ".join((await self.vsctl("get-controller", plan.name)).split())
        fail_mode = await self.vsctl("get-fail-mode", plan.name)
        await self.vsctl(
            *("set", "Bridge", plan.name, f'external_ids:{UNDO_CONTROLLERS}="{controllers}"'),
            f'external_ids:{UNDO_FAIL_MODE}="{fail_mode}"',
        )

    async def _external_id(self, plan: BridgePlan, key: str) -> str | None:
        """None when the key is absent (an empty value is a value)."""
        text = await self.vsctl("--if-exists", "get", "Bridge", plan.name, f"external_ids:{key}")
        return text.strip('"') if text else None

    async def _make_tap(self, plan: BridgePlan) -> int:
        tap = plan.tap_port
        make = ("--may-exist", "add-port", plan.name, tap, "--", "set", "Interface", tap, "type=internal")
        await self.vsctl(*make)
        ofport = await self.vsctl("get", "Interface", tap, "ofport")
        if not ofport.isdigit():
            problem = await self.vsctl("get", "Interface", tap, "error")
            raise OvsError(f"tap {tap} of bridge {plan.name}", f"Open vSwitch could not make the port: {problem}")
        await self.vsctl("set", "Interface", tap, f"ofport_request={ofport}")  # the same number after a restart
        with contextlib.suppress(OSError):  # a kernel without IPv6 has no such file and needs none
            Path(IPV6_OFF.format(tap)).write_text("1", encoding="ascii")
        await self._run("ip", "link", "set", "dev", tap, "up", "multicast", "off", "arp", "off")
        return int(ofport)

    async def _set_controller(self, plan: BridgePlan, target: str) -> None:
        name = plan.name
        is_set = (await self.vsctl("get-controller", name)).split() == [target]
        await self.vsctl(  # at once: a controller is in-band until it is said otherwise
            *(() if is_set else ("set-controller", name, target, "--")),
            *("set", "Controller", name, "connection_mode=out-of-band", f"max_backoff={MAX_BACKOFF_MS}"),
            *(f"inactivity_probe={INACTIVITY_PROBE_MS}", "--", "set-fail-mode", name, "secure"),
        )
        protocols = await self.vsctl("get", "Bridge", name, "protocols")
        if protocols != "[]" and any(protocol not in protocols for protocol in NEEDED_PROTOCOLS):
            await self.vsctl("add", "Bridge", name, "protocols", ",".join(NEEDED_PROTOCOLS))

    async def _run(self, *command: str, text: str = "") -> str:
        """Output of a program that ends with 0; otherwise OvsError with what it said."""
        shown = " ".join(command)
        log.debug("run %s", shown)
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        except FileNotFoundError as error:
            raise OvsError(shown, f"{command[0]} is not installed (Debian: openvswitch-switch, iproute2)") from error
        try:
            async with asyncio.timeout(self._options.timeout_s + 1):
                output, errors = await process.communicate(text.encode())
        except TimeoutError as error:
            raise OvsError(shown, f"no answer within {self._options.timeout_s:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            text = errors.decode(errors="replace").strip() or f"ended with {process.returncode}"
            raise OvsError(shown, text)
        return output.decode(errors="replace").strip()


def _ifindex(name: str) -> int | None:
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return None


def _bracketed(address: tuple[str, int]) -> tuple[str, int]:
    """OVS writes an IPv6 address in brackets (ovs-vsctl(8), "tcp:ip:port")."""
    return (f"[{address[0]}]", address[1]) if ":" in address[0] else address
