"""The files of a policy: one, and those that it includes. Reads them, and packs them into one text for the way.

An included file is named relative to the one that includes it. A file that two others include counts once; one that
includes itself by way of others is refused. Files are only ever read: comments and form stay as their author left them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steering.errors import PolicyError, PolicyErrors
from steering.policy.references import nearest
from steering.policy.source import Source, read_source

MAX_SIZE = 16 * 2**20  # bytes of all files together; a policy of 16,000 rules has about 4 MiB
MAX_FILES = 1000

_TOO_LARGE = f"a policy has at most {MAX_SIZE} bytes, with the files that it includes"
_BUNDLE = "# AppSteer policy, files packed into one: lines and name, then the file\n"
_ENTRY = re.compile(r"# file (\d+) (.+)")

ReadText = Callable[[str], str]
"""The text of a file by its name; raises `FileError`."""


class FileError(Exception):
    """A file cannot be read: why, where in it if that is known, and which name may have been meant."""

    def __init__(self, reason: str, *, line: int = 1, column: int = 1, suggestion: str = "") -> None:
        self.reason, self.line, self.column, self.suggestion = reason, line, column, suggestion
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read: its plain data (None if it is no YAML), and the mistakes found so far."""

    name: str
    text: str
    source: Source
    data: Any
    errors: tuple[PolicyError, ...]


def from_disk(path: Path) -> list[ReadFile]:
    """The file and those that it includes, in their order; of a packed text those in it.

    Raises `PolicyErrors` if the first cannot be read.
    """
    collector = _Collector(_disk_text)
    text = collector.first(str(path))
    return from_text(text, str(path)) if text.startswith(_BUNDLE) else collector.collect(str(path), text)


def from_text(text: str, name: str) -> list[ReadFile]:
    """The files that were packed into a text (`pack`), or the one that it is; others cannot be included then."""
    files = dict(_unpacked(text)) if text.startswith(_BUNDLE) else {name: text}
    root = next(iter(files), name)
    collector = _Collector(_among(files))
    return collector.collect(root, collector.first(root))


def pack(path: Path) -> str:
    """The text of a policy for another machine: the file as it is, or with all it includes. Raises `PolicyErrors`."""
    files = from_disk(path)
    if len(files) == 1:
        return files[0].text
    return _BUNDLE + "".join(f"# file {file.text.count(chr(10)) + 1} {file.name}\n{file.text}\n" for file in files)


@dataclass(slots=True)
class _Collector:
    """Goes from file to file, depth first: who includes stands before what it includes."""

    read: ReadText
    files: list[ReadFile] = field(default_factory=list)
    size: int = 0

    def first(self, root: str) -> str:
        """The text of the file that includes the others. Raises `PolicyErrors`."""
        try:
            return self._text(root)
        except FileError as error:
            place = PolicyError(file=root, line=error.line, column=error.column, text="", expected=error.reason)
            raise PolicyErrors([place]) from error

    def collect(self, root: str, text: str) -> list[ReadFile]:
        """The first file and all it includes."""
        self._take(root, text, (root,))
        return self.files

    def _take(self, name: str, text: str, way: tuple[str, ...]) -> None:
        source, data, errors = read_source(text, name)
        at = len(self.files)
        self.files.append(ReadFile(name, text, source, data, tuple(errors)))
        wanted = data.get("include", []) if isinstance(data, dict) else []
        found = list(self._included(wanted if isinstance(wanted, list) else [wanted], source, way))
        self.files[at] = ReadFile(name, text, source, data, (*errors, *found))

    def _included(self, wanted: list[Any], source: Source, way: tuple[str, ...]) -> Iterator[PolicyError]:
        for position, given in enumerate(wanted):
            path = ("include", position)
            if given is None:
                continue  # reported as a missing value already
            if not isinstance(given, str) or not given.strip() or posixpath.isabs(given):
                yield source.error(path, "expected the name of a file, relative to this one")
                continue
            name = posixpath.normpath(posixpath.join(posixpath.dirname(source.file), given))
            if name in way:
                by = " → ".join((*way[way.index(name) :], name))
                yield source.error(path, f"a file cannot include itself: {by}")
            elif all(file.name != name for file in self.files):
                try:
                    self._take(name, self._text(name), (*way, name))
                except FileError as error:
                    yield source.error(path, error.reason, suggestion=error.suggestion)

    def _text(self, name: str) -> str:
        if len(self.files) == MAX_FILES:
            raise FileError(f"a policy has at most {MAX_FILES} files")
        text = self.read(name)
        self.size += len(text)
        if self.size > MAX_SIZE:
            raise FileError(_TOO_LARGE)
        return text


def _disk_text(name: str) -> str:
    path = Path(name)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        if len(raw) > MAX_SIZE:
            raise FileError(_TOO_LARGE)
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise FileError(f"the file cannot be read: {error.strerror}", suggestion=_similar(path)) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise FileError("the file is no UTF-8 text", line=line, column=column) from error


def _similar(path: Path) -> str:
    """The name of a file beside it that was probably meant."""
    try:
        beside = [each.name for each in path.parent.iterdir() if each.is_file()]
    except OSError:
        return ""
    return nearest(path.name, beside)


def _among(files: Mapping[str, str]) -> ReadText:
    def read(name: str) -> str:
        if name not in files:
            raise FileError("the file did not come along: give the policy by its path, so that it is read from there")
        return files[name]

    return read


def _unpacked(text: str) -> Iterator[tuple[str, str]]:
    lines = text.split("\n")  # and at nothing else that is a line's end for Unicode
    at = 1
    while at < len(lines) and (found := _ENTRY.fullmatch(lines[at])):
        end = at + 1 + int(found[1])
        yield found[2], "\n".join(lines[at + 1 : end])
        at = end
