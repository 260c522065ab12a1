"""A plugin as it is on disk: a file, or a folder of TOML files with Python modules beside them. Read whole, not judged.

A folder has its data files (`*.toml`) at its top and one folder below (`apps/x.toml`), its modules (`*.py`) at its top.
"""

import hashlib
import re
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plugins.loader import signature_files

PACKAGED: Final = "packaged"
"""Name of what comes with AppSteer."""
MAX_FILES: Final = 1024  # a plugin of more is a folder given by mistake
MAX_FILE_SIZE: Final = 16 * 2**20  # bytes: seven times all that comes with AppSteer
MAX_SIZE: Final = 64 * 2**20  # bytes in all files of a plugin
MAX_TABLES: Final = (
    100_000  # `[[…]]` in a plugin: five times all that comes with AppSteer; so many are checked in a minute
)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HEADER: Final = re.compile(r"^\s*\[\[\s*([\w-]+)\s*\]\]", re.MULTILINE)


class PluginError(Exception):
    """A plugin is refused; `problems` are sentences, those about a file beginning with `file:line:`."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What was read."""

    name: str
    version: str
    """Twelve hexadecimal digits of SHA-256 over names and contents: another content is another version."""
    source: str
    """Path; empty for what comes with AppSteer."""
    files: tuple[tuple[str, str], ...]
    """Name and text of the data files."""
    modules: tuple[tuple[str, str], ...] = ()
    """Path and text of the Python modules."""
    apps: int = 0
    categories: int = 0
    protocols: int = 0
    examples: int = 0

    @property
    def is_whole(self) -> bool:
        """It has categories of its own at its top: a set that stands alone, as the one that comes with AppSteer."""
        top = Path(self.source) / "categories.toml"
        return not self.source or any(Path(name) == top for name, _ in self.files)


def packaged() -> Plugin:
    """What comes with AppSteer."""
    return _plugin(PACKAGED, "", signature_files())


def packaged_categories() -> Plugin:
    """Only the categories of it, for those who bring applications of their own instead."""
    return _plugin(PACKAGED, "", [file for file in signature_files() if file[0].endswith("categories.toml")])


def read_plugin(path: Path) -> Plugin:
    """Read a file or folder; it is named after it. Raises PluginError."""
    path = path.absolute()
    name = plugin_name(path)
    if not _NAME.fullmatch(name) or name == PACKAGED:
        raise PluginError(
            [f"{path}: {name!r} is no name for a plugin: up to 64 letters, digits, '.', '_' and '-', not packaged"]
        )
    try:
        data, modules = _files_of(path)
    except (OSError, ValueError) as error:
        raise PluginError([f"{path}: cannot be read: {_reason(error)}"]) from error
    if not data and not modules:
        raise PluginError([f"{path}: there is no .toml or .py file"])
    return _plugin(name, str(path), _texts(data, path), _texts(modules, path))


def plugin_name(path: Path) -> str:
    """What a plugin at this path is called."""
    try:
        return path.name if path.is_dir() else path.stem
    except OSError:  # a folder above it is closed to us
        return path.stem


def plugins_in(folder: Path) -> list[Path]:
    """Paths of the plugins in a folder: its folders, `.toml` and `.py` files by name. None when it is not there.

    Hidden ones and `__pycache__` are none: editors and Python leave them. Raises OSError when it cannot be read.
    """
    if not folder.is_dir():
        return []
    return sorted(path for path in _visible(folder) if path.is_dir() or path.suffix in (".toml", ".py"))


def _files_of(path: Path) -> tuple[list[Path], list[Path]]:
    """The data files and modules of a plugin. Raises OSError for a folder that cannot be read."""
    if not path.is_dir():
        return ([], [path]) if path.suffix == ".py" else ([path], [])
    top = sorted(_visible(path))
    below = [file for folder in top if folder.is_dir() for file in sorted(_visible(folder))]
    return [file for file in top + below if file.suffix == ".toml"], [file for file in top if file.suffix == ".py"]


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"]


def _texts(files: list[Path], path: Path) -> list[tuple[str, str]]:
    if len(files) > MAX_FILES:
        raise PluginError([f"{path}: has {len(files)} files, at most {MAX_FILES} are read"])
    texts: list[tuple[str, str]] = []
    size = 0
    for file in files:
        text = _text(file)
        texts.append((str(file), text))
        size += len(text.encode())
        if size > MAX_SIZE:
            raise PluginError([f"{path}: has more than {MAX_SIZE} bytes"])
    return texts


def _text(file: Path) -> str:
    if not str(file).isprintable():
        raise PluginError(
            [f"{str(file)!r}: is no name for a file of a plugin: characters that can be shown are expected"]
        )
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would never end
            raise PluginError([f"{file}: cannot be read: a file was expected, or a folder of files"])
        with file.open("rb") as opened:
            raw = opened.read(MAX_FILE_SIZE + 1)
        if len(raw) > MAX_FILE_SIZE:
            raise PluginError([f"{file}: is larger than {MAX_FILE_SIZE} bytes"])
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PluginError([f"{file}:{line}: is not UTF-8: {error.reason}"]) from error
    except (OSError, ValueError) as error:
        raise PluginError([f"{file}: cannot be read: {_reason(error)}"]) from error


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _plugin(
    name: str, source: str, files: Sequence[tuple[str, str]], modules: Sequence[tuple[str, str]] = ()
) -> Plugin:
    counts = Counter(table for _, text in files for table in _HEADER.findall(text))
    if counts.total() > MAX_TABLES:
        raise PluginError([f"{source}: has {counts.total()} tables ([[…]]), at most {MAX_TABLES} are read"])
    return Plugin(
        name=name,
        version=_version([*files, *modules], source),
        source=source,
        files=tuple(files),
        modules=tuple(modules),
        apps=counts["app"],
        categories=counts["category"],
        protocols=counts["protocol"],
        examples=counts["example"],
    )


def _version(files: Iterable[tuple[str, str]], source: str) -> str:
    digest = hashlib.sha256()
    for file, text in files:
        for part in (file.removeprefix(source), text):
            raw = part.encode()
            digest.update(len(raw).to_bytes(8) + raw)
    return digest.hexdigest()[:12]
