"""From the conditions on layer 7 to matches: for each condition the alternatives of which one must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ofext.errors import EncodeError
from ofext.ids import parse_app_id
from ofext.sites import site_id
from steering.errors import CompileError
from steering.layer7 import ATTRIBUTE, attribute_value
from steering.network import CatalogueView
from steering.policy.attributes import tests_of
from steering.policy.conditions import HOSTS, TEXTS, FlowMatch, state_number
from steering.policy.predicates import confidence_masks
from steering.policy.ranges import merged, range_masks
from steering.policy.values import MAX_RISK
from steering.rules import Match

ENGINE_MASK = 0xFF << 24  # of an App-ID, RFC 6759 §4

# A connection without a verdict carries category 0 (unknown) and risk 0 too. App-ID 0 has no engine (the upper 8
# bits), every other App-ID has one: one of these bits is set.
ANY_VERDICT = [Match.of(l7_app_id=(1 << bit, 1 << bit)) for bit in range(24, 32)]


def layer_7_alternatives(match: FlowMatch, catalogue: CatalogueView) -> list[Sequence[Match]]:
    """For each condition what it may be; flows without a verdict fit none of the combinations. Raises `CompileError`.

    The error says what the catalogue does not have, and not in which policy.
    """
    made: list[Sequence[Match]] = []
    if match.application is not None:
        made.append([Match.of(l7_app_id=number) for number in _app_ids(match.application, catalogue)])
    if match.owner is not None:
        owned = {number for name in match.owner for number in _owned(name, catalogue)}
        made.append([Match.of(l7_app_id=number) for number in sorted(owned)])
    if match.engine is not None:
        made.append([Match.of(l7_app_id=(number << 24, ENGINE_MASK)) for number in match.engine])
    if match.state is not None:
        made.append([Match.of(l7_state=state_number(name)) for name in match.state])
    made += _predicates(match, catalogue)
    is_certain = bool(made)
    if match.category is not None:
        numbers = _numbers("category", match.category, catalogue)
        made.append([Match.of(l7_category=number) for number in numbers])
        is_certain = is_certain or 0 not in numbers
    if match.risk is not None:
        spans = merged(match.risk)
        bits = MAX_RISK.bit_length()
        made.append([Match.of(l7_risk=pair) for span in spans for pair in range_masks(*span, bits)])
        is_certain = is_certain or spans[0][0] > 0
    return made if is_certain or not made else [*made, ANY_VERDICT]


def _predicates(match: FlowMatch, catalogue: CatalogueView) -> Iterator[Sequence[Match]]:
    if match.tag is not None:
        yield [Match.of(l7_tag=tag) for tag in match.tag]
    if match.confidence is not None:
        yield [Match.of(l7_confidence=pair) for span in match.confidence for pair in confidence_masks(*span)]
    if match.encrypted is not None:
        yield [Match.of(l7_encrypted=int(match.encrypted))]
    for name in (*HOSTS, *TEXTS):
        values = getattr(match, name)
        if values is not None:
            yield [Match.from_mapping({f"l7_{name}": value}) for value in values]
    for name, condition in (match.attributes or {}).items():
        view = catalogue.attributes.get(name)
        if view is None:
            raise CompileError(f"the catalogue has no attribute {name!r}")
        try:
            tests = tests_of(condition, view.number, view.kind)
        except ValueError as error:
            raise CompileError(f"attribute {name!r}: {error}") from error
        yield [Match.from_pairs((ATTRIBUTE, attribute_value(test)) for test in tests)]


def _app_ids(keys: Sequence[str], catalogue: CatalogueView) -> list[int]:
    """Of keys of the catalogue, of sites, and written as numbers."""
    listed = _numbers("application", [key for key in keys if "." not in key and "/" not in key], catalogue)
    try:
        numbered = [int(parse_app_id(key)) for key in keys if "/" in key]
    except EncodeError as error:
        raise CompileError(str(error)) from error
    return [*listed, *(site_id(key) for key in keys if "." in key), *numbered]


def _owned(name: str, catalogue: CatalogueView) -> frozenset[int]:
    if name not in catalogue.owners:
        raise CompileError(f"the catalogue has no owner {name!r}")
    return catalogue.owners[name]


def _numbers(kind: str, keys: Sequence[str], catalogue: CatalogueView) -> list[int]:
    known = catalogue.applications if kind == "application" else catalogue.categories
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise CompileError(f"the catalogue has no {kind} {', '.join(map(repr, unknown))}")
    return [known[key] for key in keys]
