"""The native engine as the agent uses it: signatures from files, the catalogue in wire form, captures on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import plugins
from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue, CategoryEntry
from switch_dpi import _native
from switch_dpi.bridge import EngineFacts
from switch_dpi.config import AgentConfig
from switch_dpi.engine import Capture
from switch_dpi.errors import SwitchDpiError
from switch_dpi.verdicts import Knowledge

ATTRIBUTE_TYPES = {
    "string": AttributeType.STRING,
    "uint": AttributeType.UINT,
    "bytes": AttributeType.BYTES,
    "ip": AttributeType.IP,
}


def load_engine(config: AgentConfig) -> EngineFacts:
    """Read the signatures and make everything that the bridges share. Raises SwitchDpiError naming file and line."""
    try:
        signatures = _native.Signatures.load(list(signature_files(config.signatures)))
        options = _native.EngineOptions(**config.engine.model_dump(exclude_none=True))
    except (_native.NativeError, ValueError, OSError) as error:
        raise SwitchDpiError(str(error)) from error
    known = _native.catalogue(signatures)

    def open_capture(interface: str) -> Capture:
        try:
            return _native.LiveCapture(interface, signatures, options)
        except _native.CaptureError as error:
            raise SwitchDpiError(str(error)) from error

    return EngineFacts(
        open_capture=open_capture,
        catalogue=wire_catalogue(known),
        knowledge=Knowledge(risks={}, protocols={app.name: app.app_id for app in known.apps if app.is_protocol}),
        version=known.version.partition("+")[0],
    )


def signature_files(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of every signature file: those that came with AppSteer, unless ``paths`` names others. OSError."""
    own = list(paths)
    with resources.as_file(resources.files(plugins)) as packaged:
        yield str(packaged / "categories.toml"), (packaged / "categories.toml").read_text(encoding="utf-8")
        for path in own or [packaged / "apps"]:
            for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
                yield str(file), file.read_text(encoding="utf-8")


def wire_catalogue(known: _native.Catalogue) -> Catalogue:
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
                owner=app.owner,
            )
            for app in known.apps
        ),
        categories=tuple(CategoryEntry(category=c.id, key=c.key, name=c.name) for c in known.categories),
        attributes=tuple(
            AttributeEntry(attribute=a.id, name=a.name, kind=ATTRIBUTE_TYPES[a.type], unit=a.unit)
            for a in known.attributes
        ),
    )
