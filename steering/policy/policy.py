"""A policy that was read: the validated file and where each of its parts stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steering.policy.groups import resolved
from steering.policy.model import Chain, Defaults, Group, PolicyFile, PolicyRule, Service
from steering.policy.source import Source


@dataclass(frozen=True, slots=True)
class Policy:
    """Services, chains and groups by name, policies in order.

    `rules` have values in the place of names of groups, `written` has them as they stand in the file. `source` finds
    line and column; a policy made in code has none.
    """

    services: Mapping[str, Service]
    chains: Mapping[str, Chain]
    rules: tuple[PolicyRule, ...]
    defaults: Defaults
    groups: Mapping[str, Group] = field(default_factory=dict)
    source: Source | None = field(default=None, compare=False, repr=False)
    written: tuple[PolicyRule, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, model: PolicyFile, source: Source | None = None) -> Policy:
        """From a model whose names are known to be right."""
        groups = {group.name: group for group in model.groups}
        return cls(
            services={service.name: service for service in model.services},
            chains={chain.name: chain for chain in model.chains},
            rules=tuple(resolved(rule, groups) for rule in model.policies),
            defaults=model.defaults,
            groups=groups,
            source=source,
            written=model.policies,
        )
