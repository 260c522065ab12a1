"""Finds the signature files of this package. The engine parses and checks them."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def signature_files() -> list[tuple[str, str]]:
    """Name and text of `categories.toml`, every `apps/*.toml` and `protocols/*.toml` by name, and `examples.toml`."""
    root = files("plugins")
    found = [("categories.toml", root / "categories.toml")]
    for folder in ("apps", "protocols"):
        found += sorted(_toml(root / folder, folder))
    found.append(("examples.toml", root / "examples.toml"))
    return [(f"plugins/{name}", file.read_text(encoding="utf-8")) for name, file in found]


def _toml(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    return [(f"{prefix}/{file.name}", file) for file in folder.iterdir() if file.name.endswith(".toml")]
