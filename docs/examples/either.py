"""What os-ken and Ryu name differently, so that one application runs on either."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

FRAMEWORK = "os_ken" if importlib.util.find_spec("os_ken") else "ryu"


def part(name: str) -> ModuleType:
    """A module of the framework that is installed, such as ``controller.ofp_event``."""
    return importlib.import_module(f"{FRAMEWORK}.{name}")


def application() -> type:
    """The base class of applications."""
    manager = part("base.app_manager")
    found: type = manager.OSKenApp if FRAMEWORK == "os_ken" else manager.RyuApp
    return found
