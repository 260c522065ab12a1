"""Whether the native module is the one that this Python code was written for, which ``_native.pyi`` describes.

A module that was built earlier lacks something of it, which would else show as a request that is never answered.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from switch_dpi import _native
from switch_dpi.errors import SwitchDpiError


class NativeModuleError(SwitchDpiError):
    """Says what is missing, and what to do."""

    def __init__(self, module: str, missing: list[str]) -> None:
        super().__init__(
            f"{module} is of another version, it has no {', '.join(missing[:3])}: install AppSteer anew (`make setup`)"
        )


def check_native(module: ModuleType = _native) -> None:
    """Raises NativeModuleError. Without ``_native.pyi`` beside the module there is nothing to compare."""
    described = Path(str(module.__file__)).with_name("_native.pyi")
    if described.exists():
        missing = list(_missing(module, ast.parse(described.read_text(encoding="utf-8"))))
        if missing:
            raise NativeModuleError(str(module.__file__), missing)


def _missing(module: ModuleType, described: ast.Module) -> Iterator[str]:
    for item in described.body:
        if isinstance(item, ast.FunctionDef):
            yield from _missing_function(module, item, item.name)
        elif isinstance(item, ast.ClassDef) and not hasattr(module, item.name):
            yield item.name
        elif isinstance(item, ast.ClassDef):
            for inner in item.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from _missing_function(getattr(module, item.name), inner, f"{item.name}.{inner.name}")


def _missing_function(owner: object, described: ast.FunctionDef, name: str) -> Iterator[str]:
    found = getattr(owner, described.name, None)
    if found is None:
        yield name
    elif callable(found) and not described.name.startswith("__"):
        wanted = {each.arg for each in (*described.args.args, *described.args.kwonlyargs)} - {"self", "cls"}
        lacking = wanted.difference(inspect.signature(found).parameters)
        yield from (f"{name}({parameter}=)" for parameter in sorted(lacking))
