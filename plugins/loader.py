"""Finds the signature files of this package. The engine parses and checks them."""

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent


def signature_files() -> list[tuple[str, str]]:
    """Name and text of `categories.toml`, every `apps/*.toml` and `protocols/*.toml` by name, and `examples.toml`."""
    found = [_ROOT / "categories.toml"]
    for folder in ("apps", "protocols"):
        found += sorted((_ROOT / folder).glob("*.toml"))
    found.append(_ROOT / "examples.toml")
    return [(f"plugins/{file.relative_to(_ROOT).as_posix()}", file.read_text(encoding="utf-8")) for file in found]
