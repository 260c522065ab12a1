"""Flows in Python: ``for flow in replay("capture.pcap"): print(flow.app, flow.src, flow.dst)``."""

from __future__ import annotations

from functools import cache
from os import PathLike, fspath

from plugins.loader import signature_files
from switch_dpi._native import EngineOptions, Replay, Signatures


def replay(
    path: str | PathLike[str],
    *,
    threads: int = 1,
    signatures: Signatures | None = None,
    options: EngineOptions | None = None,
) -> Replay:
    """The flows of a capture file, each when it has ended, as ``FlowRecord``.

    Texts of a record are made when they are asked for: what is not read costs little. Raises CaptureError for a file
    that cannot be read (after the flows of what could be), ValueError for a number of threads out of range.
    """
    return Replay(fspath(path), signatures or packaged_signatures(), options, threads=threads)


@cache
def packaged_signatures() -> Signatures:
    """What comes with AppSteer; read once."""
    return Signatures.load(signature_files())
