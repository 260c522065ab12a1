"""What a policy file may contain: the models behind validation, JSON Schema and everything that reads a policy.

Conditions are in `steering.policy.conditions`. Names are checked against each other in `steering.policy.references`,
not here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from steering.policy.conditions import FlowMatch, Model
from steering.policy.values import Port

MAX_CHAINS = 126  # 7 bits of a service tag's VID, without 0 (no chain) and 127 (VIDs up to 4095 are reserved)
MAX_HOPS = 15  # 4 bits of the VID count hops from 0; 15 leaves one value unused
MAX_PREDICATES = 96  # bits 32–127 of ct_label
MAX_POLICIES = 16_000  # four priorities each of 65,536

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
Dscp = Annotated[int, Field(strict=True, ge=0, le=63)]


class Attach(Model):
    """Where a transparent function is plugged in: two ports of one switch, by name or number."""

    switch: str = Field(description="the switch's name, or its datapath id in hexadecimal (0x…)")
    ingress: Port = Field(description="the port that faces originators")
    egress: Port = Field(description="the port that faces responders")


class Service(Model):
    """A service function."""

    name: Name
    kind: Literal["transparent"] = Field(description="layer 2, two ports: what goes in at one comes out at the other")
    attach: Attach


class Chain(Model):
    """Functions in the order in which an originator's packets pass them; the answers pass them in reverse."""

    name: Name
    services: tuple[Name, ...] = Field(min_length=1, max_length=MAX_HOPS)


class SendThrough(Model):
    """Action: through a chain."""

    chain: Name


class MarkDscp(Model):
    """Action: set the DSCP (RFC 2474) and allow."""

    dscp: Dscp


def _kind_of(value: object) -> str:
    if isinstance(value, SendThrough | MarkDscp):
        return "chain" if isinstance(value, SendThrough) else "dscp"
    if isinstance(value, dict):
        return "dscp" if "dscp" in value else "chain"
    return "word"


Action = Annotated[
    Annotated[Literal["allow", "deny"], Tag("word")]
    | Annotated[SendThrough, Tag("chain")]
    | Annotated[MarkDscp, Tag("dscp")],
    Discriminator(_kind_of),
]
Treatment = str | SendThrough | MarkDscp
"""What is done with a flow, of an action or while inspecting: `allow`, `deny`, `hold`, through a chain, a DSCP mark."""

Interim = Annotated[
    Annotated[Literal["allow", "hold"], Tag("word")] | Annotated[SendThrough, Tag("chain")],
    Discriminator(lambda value: "chain" if isinstance(value, dict | SendThrough) else "word"),
]


class PolicyRule(Model):
    """One policy: what it applies to and what happens then."""

    name: Name
    match: FlowMatch = FlowMatch()
    action: Action
    while_inspecting: Interim | None = Field(
        default=None, description="for a flow without a verdict that the conditions on layers 2 to 4 fit"
    )

    @model_validator(mode="after")
    def _interim_needs_layer_7(self) -> PolicyRule:
        if self.while_inspecting is not None and not self.match.needs_verdict:
            raise ValueError("while_inspecting has no meaning without a condition on layer 7: no verdict is waited for")
        return self


class Defaults(Model):
    """What happens to a flow that no policy matches."""

    action: Action = "allow"
    while_inspecting: Interim = "allow"


class PolicyFile(Model):
    """A policy file, version 1."""

    version: Literal[1]
    services: tuple[Service, ...] = ()
    chains: tuple[Chain, ...] = Field(default=(), max_length=MAX_CHAINS)
    defaults: Defaults = Defaults()
    policies: tuple[PolicyRule, ...] = Field(default=(), max_length=MAX_POLICIES)
