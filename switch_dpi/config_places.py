"""Turns pydantic's findings into problems with line and column, from the positions that ruamel.yaml keeps."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from switch_dpi.errors import ConfigProblem, Place

Location = tuple[int | str, ...]


def root_mapping(document: object) -> CommentedMap | None:
    """The document if it is a mapping."""
    return document if isinstance(document, CommentedMap) else None


def problems_of(
    error: ValidationError, root: CommentedMap, path: Path, model: type[BaseModel]
) -> tuple[ConfigProblem, ...]:
    """Every finding with its place, in the order of the file."""
    items = [dict(item) for item in error.errors(include_url=False)]
    found = [_problem(item, root, path, model) for item in items if not _is_consequence(item, items)]
    return tuple(sorted(found, key=lambda problem: (problem.place.line, problem.place.column)))


def problem_at(location: Location, root: CommentedMap, path: Path, text: str, *, at_key: bool = False) -> ConfigProblem:
    """A problem with the value (or, ``at_key``, with the name) at ``location``."""
    line, column = _position(root, location, at_key=at_key)
    place = Place(file=path, line=line + 1, column=column + 1)
    return ConfigProblem(place=place, option=_dotted(location), text=text)


def models_in(annotation: object) -> Iterable[type[BaseModel]]:
    """Models that a field's annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def _is_consequence(item: dict[str, Any], items: list[dict[str, Any]]) -> bool:
    """A list that is too short only because its items were refused is not worth a second line."""
    location: Location = item["loc"]
    return item["type"] == "too_short" and any(
        len(other["loc"]) > len(location) and other["loc"][: len(location)] == location for other in items
    )


def _problem(item: dict[str, Any], root: CommentedMap, path: Path, model: type[BaseModel]) -> ConfigProblem:
    location: Location = item["loc"]
    text = _text(item, location, model)
    return problem_at(location, root, path, text, at_key=item["type"] == "extra_forbidden")


def _text(item: dict[str, Any], location: Location, model: type[BaseModel]) -> str:
    if item["type"] == "missing":
        return "required, but absent"
    if item["type"] == "extra_forbidden":
        known = _options_at(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"unknown option; {hint}"
    message = str(item["msg"]).removeprefix("Value error, ")
    value = item.get("input")
    shown = f" (is {value!r})" if isinstance(value, str | int | float) else ""
    return f"{message[:1].lower()}{message[1:]}{shown}"


def _position(root: CommentedMap, location: Location, *, at_key: bool) -> tuple[int, int]:
    """Zero-based line and column of the deepest node of ``location`` that is in the document."""
    node: object = root
    line, column = int(root.lc.line), int(root.lc.col)
    for depth, step in enumerate(location):
        last = depth == len(location) - 1
        if isinstance(node, CommentedMap) and step in node:
            own = (node.lc.data or {}).get(step)  # what `<<` merges in has no place of its own
            line, column = (own[:2] if last and at_key else own[2:]) if own else (line, column)
            node = node[step]
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line, column = node.lc.item(step)
            node = node[step]
        else:
            break
    return line, column


def _options_at(model: type[BaseModel], location: Location) -> list[str]:
    """Names that may stand where ``location`` points, by walking the models."""
    for step in location:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step)
        inner = next(iter(models_in(field.annotation)), None) if field else None
        if inner is None:
            return []
        model = inner
    return sorted(model.model_fields)


def _dotted(location: Sequence[int | str]) -> str:
    """``("bridges", 0, "name")`` as ``bridges[0].name``."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
