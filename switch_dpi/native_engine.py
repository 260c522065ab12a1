"""The native engine as the agent uses it: signatures from files, the catalogue in wire form, captures on request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ofext.catalogue import AppEntry, AppKind, AttributeEntry, AttributeType, Catalogue, CategoryEntry
from plugins.loader import signature_files
from switch_dpi._native import CaptureError, EngineOptions, LiveCapture, NativeError, Signatures, catalogue
from switch_dpi._native import Catalogue as NativeCatalogue
from switch_dpi.bridge import EngineFacts
from switch_dpi.config import AgentConfig
from switch_dpi.engine import Capture
from switch_dpi.errors import SwitchDpiError

ATTRIBUTE_TYPES = {
    "string": AttributeType.STRING,
    "uint": AttributeType.UINT,
    "bytes": AttributeType.BYTES,
}


def load_engine(config: AgentConfig) -> EngineFacts:
    """Read the signatures and make everything that the bridges share. Raises SwitchDpiError naming file and line."""
    try:
        signatures = Signatures.load(signature_texts(config.signatures))
        options = EngineOptions(**config.engine.model_dump(exclude_none=True))
    except (NativeError, ValueError, OSError) as error:
        raise SwitchDpiError(str(error)) from error
    known = catalogue(signatures)

    def open_capture(interface: str) -> Capture:
        try:
            return LiveCapture(interface, signatures, options, low_latency=config.capture.ring == "packets")
        except CaptureError as error:
            raise SwitchDpiError(str(error)) from error

    return EngineFacts(
        open_capture=open_capture,
        catalogue=wire_catalogue(known),
        protocols={app.name: app.app_id for app in known.apps if app.is_protocol},
        version=known.version.partition("+")[0],
    )


def signature_texts(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Name and text of every signature file: those that came with AppSteer, unless ``paths`` names others.

    Raises OSError, or SwitchDpiError for a file that is not UTF-8.
    """
    packaged = signature_files()
    if not paths:
        return packaged
    files = [file for path in paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    categories = [item for item in packaged if item[0].endswith("categories.toml")]
    return categories + [(str(file), _text(file)) for file in files]


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


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SwitchDpiError(f"{file}: {error}") from error
