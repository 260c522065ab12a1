"""YAML text as plain data, with the place of every key and value. Mistakes of the YAML itself are collected here.

Reads one document with ruamel.yaml's node graph. Merge keys (`<<`) are not offered: a policy should read as it stands.
"""

from __future__ import annotations

import bisect
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from steering.errors import PolicyError

MAX_NODES = 500_000  # aliases can multiply a small file without bound ("billion laughs")
MAX_TEXT = 60  # characters of the source shown in an error

Step = str | int


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read. Paths are steps from the document's root: keys and indexes from 0."""

    file: str
    lines: tuple[str, ...]
    root: Node | None

    def error(self, path: Sequence[Step], expected: str, *, at_key: bool = False, suggestion: str = "") -> PolicyError:
        """An error at the value (or the key) that the path leads to, or as far as it leads."""
        line, column, text = self._place(path, at_key=at_key)
        return PolicyError(
            file=self.file, line=line, column=column, text=text, expected=expected, suggestion=suggestion
        )

    def error_at(self, line: int, column: int, expected: str) -> PolicyError:
        """An error at a line and column, counted from 1."""
        text = self._text(line - 1, column - 1)
        return PolicyError(file=self.file, line=line, column=column, text=text, expected=expected)

    def _place(self, path: Sequence[Step], *, at_key: bool) -> tuple[int, int, str]:
        node, key = self.root, None
        for step in path:
            found = _step(node, step)
            if found is None:
                continue  # the step is of the model (a union's branch), not of the file
            key, node = found
        shown = key if at_key and key is not None else node
        if shown is None:
            return 1, 1, ""
        mark = shown.start_mark
        text = str(shown.value) if isinstance(shown, ScalarNode) else self._text(mark.line, mark.column)
        return mark.line + 1, mark.column + 1, text[:MAX_TEXT]

    def _text(self, line: int, column: int) -> str:
        return self.lines[line][column:].strip()[:MAX_TEXT] if line < len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Sources(Source):
    """Several files as one: lists follow each other. `starts` has, by list, the index of each file's first entry."""

    files: tuple[Source, ...]
    starts: Mapping[str, tuple[int, ...]]
    defaults_in: int = 0

    def error(self, path: Sequence[Step], expected: str, *, at_key: bool = False, suggestion: str = "") -> PolicyError:
        """As for one file, in the file where the entry stands."""
        number, rest = self._file_of(path)
        return self.files[number].error(rest, expected, at_key=at_key, suggestion=suggestion)

    def _file_of(self, path: Sequence[Step]) -> tuple[int, Sequence[Step]]:
        match path:
            case ["defaults", *_]:
                return self.defaults_in, path
            case [str(section), int(index), *rest] if section in self.starts:
                starts = self.starts[section]
                number = bisect.bisect_right(starts, index) - 1
                return number, (section, index - starts[number], *rest)
        return 0, path


def read_source(text: str, file: str) -> tuple[Source, Any, list[PolicyError]]:
    """The source, its plain data (None if the YAML cannot be read at all), and the mistakes found so far."""
    bare = Source(file, tuple(text.splitlines()), None)
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        return bare, None, [_syntax_error(bare, error)]
    except (YAMLError, ValueError) as error:  # unprintable characters have no mark
        return bare, None, [bare.error_at(1, 1, f"this is no YAML: {error}")]
    except RecursionError:
        return bare, None, [_too_deep(bare)]
    source = Source(file, bare.lines, root)
    if root is None:
        return source, None, [source.error((), "the file is empty: a policy file begins with 'version: 1'")]
    reader = _Reader(source, yaml)
    try:
        data = reader.plain(root)
    except RecursionError:  # aliases of aliases
        return bare, None, [_too_deep(bare)]
    return source, data, reader.errors


class _Reader:
    """Turns nodes into plain data; collects duplicate keys, keys that are no text, and values that are missing."""

    def __init__(self, source: Source, yaml: YAML) -> None:
        self._source = source
        self._yaml = yaml
        self._nodes = 0
        self._open: set[int] = set()
        self.errors: list[PolicyError] = []

    def plain(self, node: Node) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or id(node) in self._open:
            if self._nodes <= MAX_NODES + 1 or id(node) in self._open:
                self._at(node, "an alias that contains itself, or aliases that multiply without end")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node)
            return [self.plain(item) for item in node.value]
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        data: dict[str, Any] = {}
        first_line: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._at(key_node, "a key must be a plain word")
                continue
            key = str(key_node.value)
            if key in data:
                self._at(key_node, f"the key {key!r} stands twice; first on line {first_line[key]}")
                continue
            first_line[key] = key_node.start_mark.line + 1
            data[key] = self.plain(value_node)
        return data

    def _scalar(self, node: ScalarNode) -> Any:
        try:
            value = self._yaml.constructor.construct_object(node)
        except MarkedYAMLError as error:
            self._at(node, f"this value cannot be read: {error.problem}")
            return None
        except (YAMLError, ValueError, LookupError):  # LookupError: `!!bool fish`, `!!int ''`
            self._at(node, "this value cannot be read")
            return None
        if value is None:
            self._at(node, "a value is missing here")
        return value

    def _at(self, node: Node, expected: str) -> None:
        self.errors.append(self._source.error_at(node.start_mark.line + 1, node.start_mark.column + 1, expected))


def _step(node: Node | None, step: Step) -> tuple[Node | None, Node] | None:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode) and key_node.value == step:
                return key_node, value_node
    return None


def _too_deep(source: Source) -> PolicyError:
    return source.error_at(1, 1, "lists and keys are nested too deep")


def _syntax_error(source: Source, error: MarkedYAMLError) -> PolicyError:
    mark = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.problem, error.context) if part)
    if not isinstance(mark, StringMark) and mark is None:
        return source.error_at(1, 1, f"this is no YAML: {said}")
    return source.error_at(mark.line + 1, mark.column + 1, f"this is no YAML: {said}")
