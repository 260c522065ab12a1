"""Reading policy files. Each part is validated for itself, so that one mistake does not hide the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from steering.errors import PolicyError, PolicyErrors
from steering.policy.conditions import AttributeCondition, FlowMatch, Ingress
from steering.policy.files import ReadFile, from_disk, from_text
from steering.policy.model import (
    MAX_CHAINS,
    MAX_HOPS,
    MAX_POLICIES,
    ApplicationSet,
    Attach,
    Chain,
    Defaults,
    Group,
    MarkDscp,
    PolicyFile,
    PolicyRule,
    SendThrough,
    Service,
)
from steering.policy.policy import Policy
from steering.policy.references import Parts, check_references, nearest
from steering.policy.source import Source, Sources, Step

M = TypeVar("M", bound=BaseModel)

_SECTIONS: Mapping[str, type[Service | Group | Chain | PolicyRule]] = {
    "services": Service,
    "groups": Group,
    "chains": Chain,
    "policies": PolicyRule,
}
_LIMITS = {"chains": MAX_CHAINS, "policies": MAX_POLICIES}
_MODELS = (
    PolicyFile,
    Service,
    Attach,
    Group,
    ApplicationSet,
    Chain,
    Defaults,
    PolicyRule,
    FlowMatch,
    Ingress,
    AttributeCondition,
    SendThrough,
    MarkDscp,
)
_KEYS = frozenset(field.alias or key for model in _MODELS for key, field in model.model_fields.items())


def load_policy(path: Path) -> Policy:
    """Read and validate a policy file (UTF-8) and what it includes. Raises `PolicyErrors`, also for unreadable ones."""
    return _policy_of(from_disk(path))


def parse_policy(text: str, file: str = "<text>") -> Policy:
    """Validate the text of a policy, perhaps of several files (`pack`). Raises `PolicyErrors` with all mistakes.

    `file` is its name in errors. Nothing is read from anywhere: files that did not come along cannot be included.
    """
    return _policy_of(from_text(text, file))


def _policy_of(files: Sequence[ReadFile]) -> Policy:
    parts = Parts(names={section: [] for section in _SECTIONS})
    errors = [error for file in files for error in file.errors]
    starts: dict[str, list[int]] = {section: [] for section in _SECTIONS}
    defaults_in = 0
    for number, file in enumerate(files):
        for section, begins in starts.items():
            begins.append(len(parts.names[section]))
        if isinstance(file.data, dict):
            if file.data.get("defaults") is not None:
                defaults_in = number if parts.defaults is None else defaults_in
                errors += _defaults(file.data["defaults"], parts, file.source)
            errors += _top_level(file.data, file.source)
            errors += _sections(file.data, parts, file.source)
        elif file.data is not None:
            expected = "expected keys at the top of the file: version, services, chains, policies"
            errors.append(file.source.error((), expected))
    source = _one_source([file.source for file in files], starts, defaults_in)
    if any(isinstance(file.data, dict) for file in files):
        errors += check_references(parts, source)
    if errors:
        raise PolicyErrors(dict.fromkeys(errors))
    return Policy.of(_model_of(parts), source)


def _one_source(sources: Sequence[Source], starts: Mapping[str, Sequence[int]], defaults_in: int) -> Source:
    first = sources[0]
    if len(sources) == 1:
        return first
    frozen = {section: tuple(begins) for section, begins in starts.items()}
    return Sources(first.file, first.lines, first.root, tuple(sources), frozen, defaults_in)


def _model_of(parts: Parts) -> PolicyFile:
    return PolicyFile(
        version=1,
        services=tuple(parts.services.values()),
        chains=tuple(parts.chains.values()),
        groups=tuple(parts.groups.values()),
        policies=tuple(parts.policies.values()),
        defaults=parts.defaults or Defaults(),
    )


def policy_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a policy file, for editors and other tools."""
    schema: dict[str, Any] = _without_null(PolicyFile.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _top_level(data: dict[str, Any], source: Source) -> Iterator[PolicyError]:
    for key in data:
        if key not in PolicyFile.model_fields:
            near = nearest(key, PolicyFile.model_fields)
            yield source.error((key,), f"unknown key {key!r}", at_key=True, suggestion=near)
    if "version" not in data:
        yield source.error((), "the key 'version' is missing: a policy file begins with 'version: 1'")
    elif data["version"] != 1 or isinstance(data["version"], bool):
        yield source.error(("version",), "expected version 1")


def _sections(data: dict[str, Any], parts: Parts, source: Source) -> Iterator[PolicyError]:
    for section, model in _SECTIONS.items():
        entries = data.get(section, [])
        if not isinstance(entries, list):
            if entries is not None:
                yield source.error((section,), f"expected a list: each of the {section} begins with '- name:'")
            continue
        before = len(parts.names[section])
        limit = _LIMITS.get(section, before + len(entries))
        if before <= limit < before + len(entries):
            yield source.error((section, limit - before), f"there may be at most {limit} {section}")
        valid: dict[int, Any] = getattr(parts, section)
        for index, entry in enumerate(entries):
            name = entry.get("name") if isinstance(entry, dict) else None
            parts.names[section].append(name if isinstance(name, str) else None)
            made, errors = _validated(model, entry, (section, index), source)
            yield from errors
            if made is not None:
                valid[before + index] = made


def _defaults(given: object, parts: Parts, source: Source) -> Iterator[PolicyError]:
    if parts.defaults is not None:
        yield source.error(("defaults",), "another file of this policy has defaults already", at_key=True)
        return
    parts.defaults, errors = _validated(Defaults, given, ("defaults",), source)
    yield from errors


def _validated(
    model: type[M], entry: object, path: tuple[Step, ...], source: Source
) -> tuple[M | None, list[PolicyError]]:
    if entry is None:
        return None, []  # reported as a missing value already
    try:
        return model.model_validate(entry), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        inner = {item["loc"][:depth] for item in details for depth in range(len(item["loc"]))}
        told = [item for item in details if not (item["type"] == "too_short" and item["loc"] in inner)]
        return None, [_told(item, path, source) for item in told if item["input"] is not None]


def _told(item: ErrorDetails, path: tuple[Step, ...], source: Source) -> PolicyError:
    """One of pydantic's errors in our words, at its place in the file."""
    where = (*path, *_without_tags(item["loc"]))
    last, context = str(where[-1]), item.get("ctx", {})
    near = ""
    match item["type"]:
        case "extra_forbidden" if last in _KEYS:
            expected = f"the key {last!r} does not belong here"
        case "extra_forbidden":
            expected, near = f"unknown key {last!r}", nearest(last, _KEYS)
        case "missing":
            expected = f"the key {last!r} is missing"
        case "literal_error":
            expected, near = _one_of(where, str(item["input"]), str(context.get("expected", "")))
        case "value_error":
            expected = str(context.get("error", item["msg"]))
        case "model_type" | "model_attributes_type" | "dict_type":
            expected = "expected keys and values here"
        case "recursion_loop" | "recursion_depth_exceeded":
            expected = "conditions are nested too deep"
        case "too_long":
            expected = f"at most {context.get('max_length', MAX_HOPS)} items are possible"
        case "string_pattern_mismatch":
            expected = f"expected a name that fits {context.get('pattern')}"
        case _:
            expected = (
                item["msg"]
                .replace("Input should be", "expected")
                .replace("a valid int", "an int")
                .replace(" valid", "")
            )
    at_key = item["type"] == "extra_forbidden"
    return source.error(where, expected, at_key=at_key, suggestion=near)


def _without_tags(loc: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without the branch of a union that pydantic names behind the key of an action."""
    return tuple(step for before, step in zip((None, *loc), loc, strict=False) if before not in _UNION_KEYS)


_UNION_KEYS = {
    "action": ", {chain: …} or {dscp: …}",
    "while_inspecting": " or {chain: …}",
    "while_guessed": " or {chain: …}",
}


def _one_of(where: tuple[Step, ...], given: str, words: str) -> tuple[str, str]:
    extra = next((text for key, text in _UNION_KEYS.items() if key in where), "")
    known = [word.strip(" '") for word in words.replace(" or ", ",").split(",")]
    return f"expected {words}{extra}", nearest(given, known)


def _without_null(schema: Any) -> Any:
    """Optional keys are left out of a file, never null."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _without_null(value) for key, value in schema.items() if not (key == "default" and value is None)}
    choices = made.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        made["anyOf"] = [choice for choice in choices if choice != {"type": "null"}]
    return made
