"""A policy that was read: the validated file and where each of its parts stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from steering.policy.model import Chain, Defaults, PolicyFile, PolicyRule, Service
from steering.policy.source import Source


@dataclass(frozen=True, slots=True)
class Policy:
    """Services and chains by name, policies in order.

    `source` finds line and column; a policy made in code has none.
    """

    services: Mapping[str, Service]
    chains: Mapping[str, Chain]
    rules: tuple[PolicyRule, ...]
    defaults: Defaults
    source: Source | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, model: PolicyFile, source: Source | None = None) -> Policy:
        """From a model whose names are known to be right."""
        return cls(
            services={service.name: service for service in model.services},
            chains={chain.name: chain for chain in model.chains},
            rules=model.policies,
            defaults=model.defaults,
            source=source,
        )
