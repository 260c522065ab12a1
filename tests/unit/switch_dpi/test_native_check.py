"""A native module that is older than the Python code is found out before it is used."""

from pathlib import Path
from types import ModuleType

import pytest

from switch_dpi.native_check import NativeModuleError, check_native

DESCRIBED = """
class Capture:
    depth: int
    @property
    def size(self) -> int: ...
    def poll(self, wait_s: float, *, most: int = 1) -> list[int]: ...
def catalogue(of: str) -> str: ...
"""


class Capture:
    size = 1

    def poll(self, wait_s: float, *, most: int = 1) -> list[int]:
        return [int(wait_s)] * most


def module(folder: Path, **found: object) -> ModuleType:
    made = ModuleType("native")
    made.__file__ = str(folder / "_native.so")
    made.__dict__.update(found)
    (folder / "_native.pyi").write_text(DESCRIBED, encoding="utf-8")
    return made


def test_a_module_that_has_all_is_taken(tmp_path: Path) -> None:
    check_native(module(tmp_path, Capture=Capture, catalogue=lambda of: of))


def test_the_one_in_use_has_all() -> None:
    check_native()


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    class Older:
        def poll(self, wait_s: float) -> list[int]:
            return [int(wait_s)]

    with pytest.raises(NativeModuleError, match=r"no Capture\.size, Capture\.poll\(most=\), catalogue"):
        check_native(module(tmp_path, Capture=Older))


def test_without_a_description_nothing_is_compared(tmp_path: Path) -> None:
    made = module(tmp_path)
    (tmp_path / "_native.pyi").unlink()
    check_native(made)
