"""Plugins for tests, written into a folder."""

from __future__ import annotations

from pathlib import Path

INTRANET = """\
[[app]]
id = 1000000
key = "intranet"
name = "Intranet"
owner = "Us"
category = "business"
tags = []
domains = ["intranet.example.org"]

[[example]]
host = "wiki.intranet.example.org"
app = "intranet"
"""


def write(folder: Path, name: str = "intranet.toml", *, good: str = "", bad: str = "") -> Path:
    """The intranet's plugin with ``good`` replaced by ``bad``."""
    if good not in INTRANET:
        raise ValueError(f"{good!r} is not in the plugin")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(INTRANET.replace(good, bad) if good else INTRANET, encoding="utf-8")
    return path
