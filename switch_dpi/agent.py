"""The agent of one host: all its bridges, signals, and the status file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from switch_dpi.bridge import BridgeAgent, EngineFacts
from switch_dpi.config import AgentConfig
from switch_dpi.errors import OvsError
from switch_dpi.ovs import Ovs

log = logging.getLogger(__name__)

STATUS_FILE: Final = "status.json"
STATUS_S: Final = 2.0
RESTART_S: Final = 1.0  # a bridge whose part failed unexpectedly starts again after this
SWITCH_INTERVAL_S: Final = 0.0005  # Python's 5 ms between threads would be the relay's latency while verdicts come in


async def run_agent(config: AgentConfig, engine: EngineFacts) -> None:
    """Until SIGTERM or SIGINT. The bridges go on forwarding afterwards."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, config.nice)
    except PermissionError:
        log.warning("nice %d is not permitted; verdicts may come late on a busy host", config.nice)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ovs = Ovs(config.ovs)
    bridges = [BridgeAgent(config, plan, ovs, engine, agent_version()) for plan in config.plans]
    tasks = [loop.create_task(_keep_running(bridge, stop)) for bridge in bridges]
    tasks.append(loop.create_task(_write_status(config.state_dir / STATUS_FILE, bridges)))
    log.info("agent for %s started", ", ".join(plan.name for plan in config.plans))
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    log.info("agent stopped; the bridges go on forwarding")


async def teardown(config: AgentConfig) -> list[str]:
    """Take tap, controller and TLS settings away; a sentence for each bridge, and one of TLS if it was ours."""
    ovs = Ovs(config.ovs)
    said = []
    for plan in config.plans:
        try:
            was_ours = await ovs.teardown(plan)
        except OvsError as error:
            said.append(f"{plan.name}: {error}")
        else:
            said.append(f"{plan.name}: " + ("given back as it was" if was_ours else "was not set up by the agent"))
    try:
        about_tls = await ovs.release_tls()
    except OvsError as error:
        about_tls = str(error)
    return [*said, f"Open vSwitch: {about_tls}"] if about_tls else said


def read_status(config: AgentConfig) -> dict[str, Any]:
    """What the running agent wrote last. Raises OSError when there is no agent's file, ValueError for a broken one."""
    text = (config.state_dir / STATUS_FILE).read_text(encoding="utf-8")
    status: dict[str, Any] = json.loads(text)
    return status


def agent_version() -> str:
    """Of the installed distribution."""
    try:
        return version("appsteer")
    except PackageNotFoundError:
        return "unknown"


async def _keep_running(bridge: BridgeAgent, stop: asyncio.Event) -> None:
    """One bridge's failure is not the others'. Ends when cancelled; a task group that is failing already forgets that,
    so ``stop`` counts too.
    """
    while not stop.is_set():
        try:
            await bridge.run()
        except* Exception:
            log.exception("bridge %s: failed, starts again in %.0f s", bridge.plan.name, RESTART_S)
        await asyncio.sleep(0 if stop.is_set() else RESTART_S)


async def _write_status(path: Path, bridges: list[BridgeAgent]) -> None:
    told = ""
    while True:
        status = {"at": time.time(), "pid": os.getpid(), "bridges": [bridge.status() for bridge in bridges]}
        beside = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(status, indent=1), encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            if str(error) != told:
                log.warning("the status cannot be written: %s", error)
            told = str(error)
        else:
            told = ""
        await asyncio.sleep(STATUS_S)
