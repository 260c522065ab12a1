"""Checks of a valid policy against a catalogue and a network: what the policy names and they do not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from steering.errors import PolicyError
from steering.network import CatalogueView, NetworkView
from steering.policy.attributes import tests_of
from steering.policy.conditions import AttributeCondition, FlowMatch
from steering.policy.model import ApplicationSet
from steering.policy.policy import Policy
from steering.policy.references import nearest
from steering.policy.source import Source, Step
from steering.policy.values import Port


def check_policy(policy: Policy, catalogue: CatalogueView | None, network: NetworkView | None) -> list[PolicyError]:
    """What the catalogue does not have is a mistake. Unknown switches and ports may only be away at the moment."""
    source = policy.source or Source("<policy>", (), None)
    errors: list[PolicyError] = []
    if catalogue is not None:
        errors += _against_catalogue(policy, catalogue, source)
    if network is not None:
        errors += _against_network(policy, network, source)
    return sorted(errors, key=lambda error: (error.line, error.column))


def _against_catalogue(policy: Policy, catalogue: CatalogueView, source: Source) -> Iterator[PolicyError]:
    for index, group in enumerate(policy.groups.values()):
        below = ("groups", index, "applications")
        given = group.applications or ApplicationSet.model_construct()
        yield from _keys(given.keys, catalogue, (*below, "keys"), source)
        yield from _unknown(given.categories, catalogue.categories, "category", (*below, "categories"), source)
        yield from _unknown(given.owners, catalogue.owners, "owner", (*below, "owners"), source)
        yield from _unknown_tags(given.tags, catalogue, (*below, "tags"), source)
    for path, match in _matches(policy):
        yield from _keys(match.application, catalogue, (*path, "application"), source)
        yield from _unknown(match.category, catalogue.categories, "category", (*path, "category"), source)
        yield from _unknown(match.owner, catalogue.owners, "owner", (*path, "owner"), source)
        yield from _unknown_tags(match.tag, catalogue, (*path, "tag"), source)
        for name, condition in (match.attributes or {}).items():
            yield from _attribute(name, condition, catalogue, (*path, "attributes", name), source)


def _matches(policy: Policy) -> Iterator[tuple[tuple[Step, ...], FlowMatch]]:
    """Every mapping of conditions with its path."""
    for index, rule in enumerate(policy.written or policy.rules):
        yield from ((("policies", index, "match", *path), match) for path, match in rule.match.nodes())


def _keys(
    keys: Sequence[str] | None, catalogue: CatalogueView, path: tuple[Step, ...], source: Source
) -> Iterator[PolicyError]:
    """Of applications; those with a dot are sites, those with a slash numbers."""
    listed = [(at, key) for at, key in enumerate(keys or ()) if "." not in key and "/" not in key]
    yield from _unknown_at(listed, catalogue.applications, "application", path, source)


def _unknown_tags(
    tags: Sequence[str] | None, catalogue: CatalogueView, path: tuple[Step, ...], source: Source
) -> Iterator[PolicyError]:
    if catalogue.tags is not None:
        yield from _unknown(tags, catalogue.tags, "tag", path, source)


def _unknown(
    keys: Sequence[str] | None, known: Iterable[str], kind: str, path: tuple[Step, ...], source: Source
) -> Iterator[PolicyError]:
    yield from _unknown_at(enumerate(keys or ()), known, kind, path, source)


def _unknown_at(
    keys: Iterable[tuple[int, str]], known: Iterable[str], kind: str, path: tuple[Step, ...], source: Source
) -> Iterator[PolicyError]:
    for position, key in keys:
        if key not in known:
            is_word = kind in ("owner", "tag")
            expected = f"the catalogue has no {kind} {key!r}" if is_word else f"no {kind} has the key {key!r}"
            yield source.error((*path, position), expected, suggestion=nearest(key, known))


def _attribute(
    name: str, condition: AttributeCondition, catalogue: CatalogueView, path: tuple[Step, ...], source: Source
) -> Iterator[PolicyError]:
    view = catalogue.attributes.get(name)
    if view is None:
        near = nearest(name, catalogue.attributes)
        yield source.error(path, f"no attribute has the name {name!r}", at_key=True, suggestion=near)
        return
    try:
        tests_of(condition, view.number, view.kind)
    except ValueError as error:
        key, _, reason = str(error).partition(": ")
        yield source.error((*path, key), f"{key} of {name}: {reason}")


def _against_network(policy: Policy, network: NetworkView, source: Source) -> Iterator[PolicyError]:
    for index, service in enumerate(policy.services.values()):
        path: tuple[Step, ...] = ("services", index, "attach")
        attach = service.attach
        ports = {"ingress": attach.ingress, "egress": attach.egress}
        yield from _place(attach.switch, ports, path, network, source)
    for path, match in _matches(policy):
        if match.ingress is not None:
            ingress = match.ingress
            named = {} if ingress.port is None else {"port": ingress.port}
            yield from _place(ingress.switch, named, (*path, "ingress"), network, source)


def _place(
    name: str, ports: Mapping[str, Port], path: tuple[Step, ...], network: NetworkView, source: Source
) -> Iterator[PolicyError]:
    switch = network.switch_named(name)
    if switch is None:
        near = nearest(name, (view.name for view in network.switches.values()))
        yield source.error((*path, "switch"), f"no switch {name!r} is connected", suggestion=near)
        return
    for key, port in ports.items():
        if switch.port_named(port) is None:
            near = nearest(str(port), (view.name for view in switch.ports.values()))
            yield source.error((*path, key), f"switch {name!r} has no port {port!r}", suggestion=near)
