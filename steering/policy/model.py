"""What a policy file may contain: the models behind validation, JSON Schema and everything that reads a policy.

Conditions are in `steering.policy.conditions`. Names are checked against each other in `steering.policy.references`,
not here.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from steering.policy.conditions import Application, FlowMatch, Key, Model, Name, Owner
from steering.policy.values import Network, OneOrMore, Port, Risk, TextPattern
from steering.policy.values import Tag as TagKey

MAX_CHAINS = 126  # 7 bits of a service tag's VID, without 0 (no chain) and 127 (VIDs up to 4095 are reserved)
MAX_HOPS = 15  # 4 bits of the VID count hops from 0; 15 leaves one value unused
MAX_PREDICATES = 96  # bits 32–127 of ct_label
MAX_POLICIES = 16_000  # four priorities each of 65,536

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


class ApplicationSet(Model):
    """Applications: what one of these says of is in it."""

    keys: OneOrMore[Application] | None = Field(default=None, description="keys of the catalogue, or domains of sites")
    categories: OneOrMore[Key] | None = None
    tags: OneOrMore[TagKey] | None = None
    owners: OneOrMore[Owner] | None = Field(default=None, description="as the catalogue names them; case is the same")
    risk: OneOrMore[Risk] | None = None

    @model_validator(mode="after")
    def _has_members(self) -> ApplicationSet:
        return _with_a_key(self)


class Group(Model):
    """A named set for conditions: of addresses, users, devices, applications, or of several kinds."""

    name: Name
    addresses: OneOrMore[Network] | None = Field(default=None, description="for src_group and dst_group")
    users: OneOrMore[TextPattern] | None = Field(default=None, description="for user_group")
    devices: OneOrMore[TextPattern] | None = Field(default=None, description="for device_group")
    applications: ApplicationSet | None = Field(default=None, description="for application_group")

    @model_validator(mode="after")
    def _has_members(self) -> Group:
        return _with_a_key(self)


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


G = TypeVar("G", bound=Model)


def _with_a_key(group: G) -> G:
    kinds = [name for name in type(group).model_fields if name != "name"]
    if all(getattr(group, kind) is None for kind in kinds):
        raise ValueError(f"expected at least one of {', '.join(kinds)}")
    return group


class PolicyRule(Model):
    """One policy: what it applies to and what happens then."""

    name: Name
    match: FlowMatch = FlowMatch()
    action: Action
    while_inspecting: Interim | None = Field(
        default=None, description="for a flow without a verdict that the conditions on layers 2 to 4 fit"
    )

    while_guessed: Interim | None = Field(
        default=None, description="in the place of the action while the verdict that it rests on is a guess"
    )

    @model_validator(mode="after")
    def _interim_needs_layer_7(self) -> PolicyRule:
        for name in ("while_inspecting", "while_guessed"):
            if getattr(self, name) is not None and not self.match.needs_verdict:
                raise ValueError(f"{name} has no meaning without a condition on layer 7: no verdict is waited for")
        return self


class Defaults(Model):
    """What happens to a flow that no policy matches."""

    action: Action = "allow"
    while_inspecting: Interim = "allow"


class PolicyFile(Model):
    """A policy file, version 1."""

    version: Literal[1]
    include: OneOrMore[str] | None = Field(
        default=None, description="files whose entries follow this one's, relative to it"
    )
    services: tuple[Service, ...] = ()
    groups: tuple[Group, ...] = ()
    chains: tuple[Chain, ...] = Field(default=(), max_length=MAX_CHAINS)
    defaults: Defaults = Defaults()
    policies: tuple[PolicyRule, ...] = Field(default=(), max_length=MAX_POLICIES)
