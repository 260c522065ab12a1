"""Finds the signature files of this package. The engine parses and checks them."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def signature_files() -> list[tuple[str, str]]:
    """Name (below the project) and text of `categories.toml`, every `apps/*.toml` by name, and `examples.toml`."""
    root = files("plugins")
    found = [("categories.toml", root / "categories.toml")]
    found += sorted(_toml(root / "apps", "apps"))
    found.append(("examples.toml", root / "examples.toml"))
    return [(f"plugins/{name}", file.read_text(encoding="utf-8")) for name, file in found]


def _toml(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    return [(f"{prefix}/{file.name}", file) for file in folder.iterdir() if file.name.endswith(".toml")]
