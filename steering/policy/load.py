"""Reading policy files. Each part is validated for itself, so that one mistake does not hide the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from steering.errors import PolicyError, PolicyErrors
from steering.policy.conditions import AttributeCondition, FlowMatch, Ingress
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
from steering.policy.source import Source, Step, read_source

MAX_FILE_SIZE = 16 * 2**20  # bytes; a policy of 16,000 rules has about 4 MiB

_TOO_LARGE = f"a policy file has at most {MAX_FILE_SIZE} bytes"

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
    """Read and validate a policy file (UTF-8). Raises `PolicyErrors`, also if the file cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_SIZE + 1)
        if len(raw) > MAX_FILE_SIZE:
            raise PolicyErrors([_unreadable(path, _TOO_LARGE)])
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise PolicyErrors([_unreadable(path, f"the file cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise PolicyErrors([_unreadable(path, "the file is no UTF-8 text", line, column)]) from error
    return parse_policy(text, str(path))


def parse_policy(text: str, file: str = "<text>") -> Policy:
    """Validate the text of a policy file; `file` is its name in errors. Raises `PolicyErrors` with all mistakes."""
    if len(text) > MAX_FILE_SIZE:  # the text may have come without a file
        raise PolicyErrors([PolicyError(file=file, line=1, column=1, text="", expected=_TOO_LARGE)])
    source, data, errors = read_source(text, file)
    parts = Parts(names={section: [] for section in _SECTIONS})
    if isinstance(data, dict):
        errors += _top_level(data, source)
        errors += _sections(data, parts, source)
        errors += check_references(parts, source)
    elif data is not None:
        errors.append(source.error((), "expected keys at the top of the file: version, services, chains, policies"))
    if errors:
        raise PolicyErrors(dict.fromkeys(errors))
    model = PolicyFile(
        version=1,
        services=tuple(parts.services.values()),
        chains=tuple(parts.chains.values()),
        groups=tuple(parts.groups.values()),
        policies=tuple(parts.policies.values()),
        defaults=parts.defaults or Defaults(),
    )
    return Policy.of(model, source)


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
        if len(entries) > _LIMITS.get(section, len(entries)):
            yield source.error((section, _LIMITS[section]), f"there may be at most {_LIMITS[section]} {section}")
        valid: dict[int, Any] = getattr(parts, section)
        for index, entry in enumerate(entries):
            name = entry.get("name") if isinstance(entry, dict) else None
            parts.names[section].append(name if isinstance(name, str) else None)
            made, errors = _validated(model, entry, (section, index), source)
            yield from errors
            if made is not None:
                valid[index] = made
    if data.get("defaults") is not None:
        parts.defaults, errors = _validated(Defaults, data["defaults"], ("defaults",), source)
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


_UNION_KEYS = {"action": ", {chain: …} or {dscp: …}", "while_inspecting": " or {chain: …}"}


def _one_of(where: tuple[Step, ...], given: str, words: str) -> tuple[str, str]:
    extra = next((text for key, text in _UNION_KEYS.items() if key in where), "")
    known = [word.strip(" '") for word in words.replace(" or ", ",").split(",")]
    return f"expected {words}{extra}", nearest(given, known)


def _unreadable(path: Path, expected: str, line: int = 1, column: int = 1) -> PolicyError:
    return PolicyError(file=str(path), line=line, column=column, text="", expected=expected)


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
