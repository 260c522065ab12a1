"""What agents count, to messages of the northbound API. No I/O, no decisions."""

from typing import Final

from controller_app.decisions import Names
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.statistics import EngineFigures
from ofext.ids import NOT_CLASSIFIED, UNKNOWN_APP
from ofext.statistics import AppStats, ModuleState

OTHERS: Final = 0xFFFFFFFF
"""App-ID of all for which an agent has no room of their own (SPEC.md §3.10)."""
NAMES: Final = {NOT_CLASSIFIED: "not classified", UNKNOWN_APP: "unknown", OTHERS: "others"}


def app_statistics_message(app: AppStats, names: Names) -> pb.AppStatistics:
    """What was counted of an application, with its names."""
    known, volume = names.apps.get(app.app_id), app.volume
    key = "" if app.app_id == OTHERS else names.app_key(app.app_id)
    return pb.AppStatistics(
        app_id=app.app_id,
        key=key,
        name=known.name if known else NAMES.get(app.app_id, key),
        category=names.category_key(app.category),
        risk=names.risk_of(app.app_id),
        live_flows=volume.live_flows,
        flows=volume.flows,
        packets_c2s=volume.packets_c2s,
        packets_s2c=volume.packets_s2c,
        bytes_c2s=volume.bytes_c2s,
        bytes_s2c=volume.bytes_s2c,
        last_seen_ns=volume.last_seen_ns,
    )


def engine_statistics_message(figures: EngineFigures) -> pb.EngineStatistics:
    """An agent's counters and plugins."""
    return pb.EngineStatistics(
        counters=figures.counters,
        plugins=[
            pb.Plugin(
                name=plugin.name,
                version=plugin.version,
                is_base=plugin.is_base,
                apps=plugin.apps,
                categories=plugin.categories,
                protocols=plugin.protocols,
                modules=plugin.modules,
            )
            for plugin in figures.plugins
        ],
        modules=[
            pb.PluginModule(
                plugin=module.plugin,
                name=module.name,
                is_running=module.state == ModuleState.RUNNING,
                reason=module.reason,
                events=module.events,
                dropped=module.dropped,
                busy_us=module.busy_us,
            )
            for module in figures.modules
        ],
        refused=figures.refused,
        problem=figures.problem,
    )
