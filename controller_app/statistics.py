"""What the agents count: asked of them when somebody wants to know, several switches at a time.

Blocks for at most the time-out of a request; not for the event thread. What an agent does not answer is said in words.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from controller_app.datapath_state import SwitchState
from controller_app.errors import StatisticsError, SwitchError
from controller_app.session import Session
from ofext.hello import Feature
from ofext.statistics import (
    AppStats,
    AppStatsReply,
    AppStatsRequest,
    EngineStatsReply,
    EngineStatsRequest,
    ModuleStats,
    PluginStats,
    PluginStatsReply,
    PluginStatsRequest,
)
from steering.policy.references import nearest

MAX_AT_A_TIME: Final = 16  # switches asked at a time: each holds a thread until it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """An agent's counters by their names (SPEC.md §3.10) and its plugins; or in `problem` why there are none."""

    counters: Mapping[str, int] = field(default_factory=dict)
    plugins: tuple[PluginStats, ...] = ()
    modules: tuple[ModuleStats, ...] = ()
    refused: tuple[str, ...] = ()
    problem: str = ""


def ask_engines(switches: Iterable[SwitchState]) -> dict[int, EngineFigures]:
    """The figures of every connected switch with an agent, by datapath id."""
    asked = [switch for switch in switches if switch.agent is not None and switch.session is not None]
    if not asked:
        return {}
    with ThreadPoolExecutor(min(MAX_AT_A_TIME, len(asked)), thread_name_prefix="statistics") as pool:
        return {switch.dpid: figures for switch, figures in zip(asked, pool.map(_ask_engine, asked), strict=True)}


def ask_apps(switches: Iterable[SwitchState], name: str) -> list[AppStats]:
    """What the agent beside the switch with this name or datapath id has counted of each application.

    Raises StatisticsError if there is no such switch or agent, SwitchError if it does not answer.
    """
    parts = _session_of(_named(switches, name)).l7_statistics(AppStatsRequest(), "application statistics")
    return [app for part in parts if isinstance(part, AppStatsReply) for app in part.apps]


def _ask_engine(switch: SwitchState) -> EngineFigures:
    counters: dict[str, int] = {}
    plugins: list[PluginStatsReply] = []
    try:
        session = _session_of(switch)
        for part in session.l7_statistics(EngineStatsRequest(), "engine statistics"):
            counters.update(part.counters if isinstance(part, EngineStatsReply) else ())
        for part in session.l7_statistics(PluginStatsRequest(), "plugin statistics"):
            plugins += [part] if isinstance(part, PluginStatsReply) else []
    except (StatisticsError, SwitchError) as error:
        return EngineFigures(problem=str(error))
    return EngineFigures(
        counters=counters,
        plugins=tuple(plugin for part in plugins for plugin in part.plugins),
        modules=tuple(module for part in plugins for module in part.modules),
        refused=tuple(text for part in plugins for text in part.refused),
    )


def _named(switches: Iterable[SwitchState], name: str) -> SwitchState:
    known = {key: switch for switch in switches for key in (f"{switch.dpid:016x}", f"{switch.dpid:#x}", switch.name)}
    if name not in known:
        near = nearest(name, (switch.name for switch in known.values()))
        hint = f"; did you mean {near!r}?" if near else ""
        raise StatisticsError(f"there is no switch {name!r}{hint}", value=name)
    return known[name]


def _session_of(switch: SwitchState) -> Session:
    session, agent = switch.session, switch.agent
    if session is None:
        raise StatisticsError("is not connected", place=f"switch {switch.name}")
    if agent is None:
        raise StatisticsError("has no agent, so nobody counts applications", place=f"switch {switch.name}")
    if not agent.features & Feature.STATISTICS:
        raise StatisticsError("its agent has no statistics", place=f"switch {switch.name}")
    return session
