"""The native engine as the agent uses it: plugins, the catalogue in wire form, captures on request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue, CategoryEntry
from ofext.config import Depth
from ofext.events import FlowEvent
from plugins.pack import Plugin, PluginError, packaged, packaged_categories, read_plugin
from switch_dpi._native import CaptureError, EngineOptions, LiveCapture, MarkSink, NativeError, catalogue
from switch_dpi._native import Catalogue as NativeCatalogue
from switch_dpi.bridge import EngineFacts
from switch_dpi.config import AgentConfig
from switch_dpi.engine import Capture, Event
from switch_dpi.errors import SwitchDpiError
from switch_dpi.module_runner import Budget
from switch_dpi.modules import ModuleHost
from switch_dpi.plugin_desk import FolderPlugins
from switch_dpi.plugin_set import Assembled, PluginSet

ATTRIBUTE_TYPES = {
    "string": AttributeType.STRING,
    "uint": AttributeType.UINT,
    "bytes": AttributeType.BYTES,
}


class NativeEngine:
    """What the bridges share: the plugins in use, captures that follow them, modules that get events."""

    def __init__(self, config: AgentConfig) -> None:
        """Read the plugins. Raises SwitchDpiError naming file and line."""
        self._captures: set[_Following] = set()
        self._lock = threading.Lock()
        self._tap = config.capture
        protocol_keys: dict[str, str] = {}
        limits = config.plugins
        budget = Budget(call_s=limits.module_call_ms / 1000, share=limits.module_share, queue=limits.module_queue)
        self.modules = ModuleHost(budget, config.state_dir / "modules", protocol_keys)
        try:
            self._limits = config.engine.model_dump(exclude_none=True)
            self._options = EngineOptions(**self._limits)
            self.plugins = PluginSet(_base(config.signatures), limits.folders, self.modules)
            self.plugins.start()
        except (NativeError, ValueError, OSError, PluginError) as error:
            raise SwitchDpiError(str(error)) from error
        known = catalogue(self.plugins.signatures)
        self._protocol_keys = protocol_keys
        self.facts = EngineFacts(
            open_capture=self._open_capture,
            catalogue=wire_catalogue(known),
            protocols=_protocols(known),
            version=known.version.partition("+")[0],
            observe=self.modules.offer,
            plugins=FolderPlugins(self.plugins, self.modules, limits.folders, may_swap=limits.by_controller),
        )
        self._protocol_keys.update((app.name, app.key) for app in known.apps if app.is_protocol)
        self.plugins.on_replace(self._follow)

    def _open_capture(self, interface: str) -> Capture:
        with self._lock:  # a set that comes now reaches the capture too
            try:
                live = LiveCapture(
                    interface,
                    self.plugins.signatures,
                    self._options,
                    low_latency=self._tap.ring == "packets",
                    threads=self._tap.threads,
                )
            except CaptureError as error:
                raise SwitchDpiError(str(error)) from error
            following = _Following(live, self._captures.discard, self._limits)
            self._captures.add(following)
        return following

    def _follow(self, assembled: Assembled) -> None:
        """A new set: captures take it between packets, the controller is told what it can name."""
        known = catalogue(assembled.signatures)
        with self._lock:
            for capture in list(self._captures):
                capture.live.replace_signatures(assembled.signatures)
        self._protocol_keys.update((app.name, app.key) for app in known.apps if app.is_protocol)
        self.facts.renew(wire_catalogue(known), _protocols(known))


class _Following:
    """A live capture that is known to the engine as long as it is open."""

    def __init__(self, live: LiveCapture, forget: Callable[[_Following], None], limits: Mapping[str, Any]) -> None:
        self.live = live
        self._forget = forget
        self._limits = limits

    def poll(self, timeout_s: float, max_events: int) -> Sequence[Event]:
        """See ``switch_dpi.engine.Capture``."""
        return self.live.poll(timeout_s, max_events)

    def stats(self) -> Mapping[str, object]:
        """Counters; ``rings`` has those of each ring when there are several."""
        rings = self.live.rings()
        return {**self.live.stats(), **({"rings": rings} if len(rings) > 1 else {})}

    def set_depth(self, depth: Depth) -> None:
        """See ``switch_dpi.engine.Capture``; a zero is what the agent is configured with."""
        wanted = {
            "max_inspected_packets": depth.max_packets,
            "max_stream_bytes": depth.max_bytes,
            "inspect_timeout_s": depth.max_ms / 1000,
        }
        given = {name: value for name, value in wanted.items() if value}
        self.live.set_depth(EngineOptions(**{**self._limits, **given}))

    def mark_with(self, sink: MarkSink) -> None:
        """See ``switch_dpi.engine.Capture``."""
        self.live.mark_with(sink)

    def inspect_anew(self, flows: Sequence[FlowEvent]) -> None:
        """See ``switch_dpi.engine.Capture``."""
        self.live.forget(
            [(flow.l4, ip_address(flow.src), flow.sport, ip_address(flow.dst), flow.dport) for flow in flows]
        )

    def close(self) -> None:
        """Stop."""
        self._forget(self)
        self.live.close()


def _base(paths: Sequence[Path]) -> list[Plugin]:
    """Those that came with AppSteer, unless ``paths`` names others. Raises PluginError."""
    given = [read_plugin(path) for path in paths]
    if any(plugin.is_whole for plugin in given):
        return given
    return [packaged_categories(), *given] if given else [packaged()]


def _protocols(known: NativeCatalogue) -> dict[str, int]:
    return {app.name: app.app_id for app in known.apps if app.is_protocol}


def wire_catalogue(known: NativeCatalogue) -> Catalogue:
    """What the engine can say, as the controller is told."""
    return Catalogue(
        version=known.version,
        apps=tuple(
            AppEntry(
                app_id=app.app_id,
                key=app.key,
                name=app.name,
                category=app.category_id,
                kind=AppKind.PROTOCOL if app.is_protocol else AppKind.APPLICATION,
                risk=app.risk,
                owner=app.owner,
                tags=tuple(app.tags),
            )
            for app in known.apps
        ),
        categories=tuple(CategoryEntry(category=c.id, key=c.key, name=c.name) for c in known.categories),
        attributes=tuple(
            AttributeEntry(attribute=a.id, name=a.name, kind=ATTRIBUTE_TYPES[a.type], unit=a.unit)
            for a in known.attributes
        ),
    )
