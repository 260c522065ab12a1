"""Open vSwitch's own TLS settings: one set for all its ``ssl:`` connections, of every bridge and of OVSDB.

So they are only made where there are none, carry a sign that they are the agent's, and settings without it stay as they
are. Open vSwitch notices by itself when the files change.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from switch_dpi.config import SwitchTls
from switch_dpi.errors import OvsError

log = logging.getLogger(__name__)

SIGN = "appsteer"  # external_ids of the settings that the agent made
COLUMNS = ("private_key", "certificate", "ca_cert")  # ovs-vswitchd.conf.db(5), SSL

Vsctl = Callable[..., Awaitable[str]]
"""Runs ``ovs-vsctl`` with the given arguments; its output. Raises OvsError."""


async def provide(vsctl: Vsctl, wanted: SwitchTls | None) -> None:
    """See to it that there are settings: those of the operator, or else ``wanted``. Raises OvsError."""
    row = await _row(vsctl)
    if row and not await _is_ours(vsctl, row):
        await _say_what_counts(vsctl, row, wanted)
    elif wanted is not None:
        if not row or await _files(vsctl, row) != _paths(wanted):
            await _set(vsctl, wanted)
    elif not row:
        raise OvsError(
            "ovs-vsctl get-ssl",
            "Open vSwitch has no TLS settings: run `ovs-vsctl set-ssl PRIVATE-KEY CERTIFICATE CA-CERT`, "
            "or name the files under ovs.tls.switch",
        )


async def release(vsctl: Vsctl) -> str:
    """Take away what :func:`provide` made, unless somebody uses it; a sentence if there is something to say."""
    row = await _row(vsctl)
    if not row or not await _is_ours(vsctl, row):
        return ""
    columns = ("--no-headings", "--columns=target", "list")
    targets = [await vsctl(*columns, table) for table in ("Controller", "Manager")]
    if any(f"{scheme}:" in target for target in targets for scheme in ("ssl", "pssl")):
        return "TLS settings left in place: other connections of Open vSwitch use them"
    await vsctl("del-ssl")
    return "TLS settings taken away"


async def _row(vsctl: Vsctl) -> str:
    """Identifier of the settings' row; empty when there are none."""
    return (await vsctl("get", "Open_vSwitch", ".", "ssl")).strip("[]")


async def _is_ours(vsctl: Vsctl, row: str) -> bool:
    return bool(await vsctl("--if-exists", "get", "SSL", row, f"external_ids:{SIGN}"))


async def _files(vsctl: Vsctl, row: str) -> list[str]:
    return [line.strip('"') for line in (await vsctl("get", "SSL", row, *COLUMNS)).splitlines()]


def _paths(tls: SwitchTls) -> list[str]:
    return [str(path.absolute()) for path in (tls.private_key, tls.certificate, tls.authority)]


async def _set(vsctl: Vsctl, wanted: SwitchTls) -> None:
    values = [f'{column}="{path}"' for column, path in zip(COLUMNS, _paths(wanted), strict=True)]
    await vsctl(
        *("--", "--id=@tls", "create", "SSL", *values, f"external_ids:{SIGN}=true"),
        *("--", "set", "Open_vSwitch", ".", "ssl=@tls"),
    )
    log.info("Open vSwitch was told to use %s for TLS", wanted.certificate)


async def _say_what_counts(vsctl: Vsctl, row: str, wanted: SwitchTls | None) -> None:
    found = await _files(vsctl, row)
    if wanted is not None and found != _paths(wanted):
        log.warning(
            "Open vSwitch has TLS settings of its own (certificate %s, authority %s), which stay: ovs.tls.authority "
            "must have signed that certificate, and that authority the agent's; or run `ovs-vsctl del-ssl`",
            *found[1:],
        )
