"""What a policy may ask of a flow: the conditions of `match`.

All conditions of one mapping must hold; of the values of one condition, one must. `all`, `any` and `not` have mappings
in them, to any depth. Source, destination and ports are
the originator's view; the compiler makes both directions of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import core_schema

from ofext.ids import State
from steering.policy.values import (
    Confidence,
    Engine,
    Mac,
    Network,
    NumberSpan,
    OneOrMore,
    Operand,
    Pattern,
    Port,
    PortRange,
    Protocol,
    Risk,
    Tag,
    TextPattern,
    VerdictState,
)

HOSTS: Final = ("sni", "http_host", "dns_query")
"""Conditions whose values are host patterns (`ofext.patterns.normalise`)."""
TEXTS: Final = ("http_url", "user_agent", "content_type", "user", "device")
"""Conditions whose values are text patterns (`ofext.patterns.normalise_text`)."""
GROUPS: Final = ("src_group", "dst_group", "user_group", "device_group", "application_group")
"""Conditions on groups, which stand for others (`steering.policy.groups`)."""
ON_VERDICT: Final = ("application", "category", "owner", "engine", "tag", "risk", "confidence", "encrypted", "state")
HEADERS: Final = (
    "eth_src",
    "eth_dst",
    "vlan",
    "ip_proto",
    "src",
    "dst",
    "src_port",
    "dst_port",
    "ingress",
    "src_group",
    "dst_group",
)
"""Conditions on layers 2 to 4."""
LAYER_7: Final = (*ON_VERDICT, *HOSTS, *TEXTS, "attributes", "user_group", "device_group", "application_group")
"""Conditions that only a flow with a verdict can fulfil."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=64)]
Application = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9-]+$|^[a-z0-9-]+(\.[a-z0-9-]+)+$|^[0-9]{1,3}/[0-9]{1,8}$", max_length=255),
]
"""A key of the catalogue, with a dot in it the registrable domain of a site, with a slash an App-ID (RFC 6759)."""
Owner = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=255)]
Vid = Annotated[int, Field(strict=True, ge=1, le=4094)]


def _only_true(given: bool) -> bool:
    if not given:
        raise ValueError("expected true: that a value is missing is `not: {attributes: …}`")
    return given


class Model(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ingress(Model):
    """Where the originator is attached: a switch, or one port of it."""

    switch: str
    port: Port | None = None


class AttributeCondition(Model):
    """What a value of an attribute must be; of several comparisons each must hold, each for some value."""

    equals: Operand | None = None
    prefix: Operand | None = None
    suffix: Operand | None = None
    contains: Operand | None = None
    range: NumberSpan | None = Field(default=None, description="both ends included")
    set: OneOrMore[Operand] | None = Field(default=None, description="one of these")
    present: Annotated[bool, Field(strict=True), AfterValidator(_only_true)] | None = Field(
        default=None, description="whatever its value is"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        """`POST` for `{equals: POST}`, a list for a set, `present` for `{present: true}`."""
        if isinstance(given, list | tuple):
            return {"set": given}
        if isinstance(given, str | int) and not isinstance(given, bool):
            return {"present": True} if given == "present" else {"equals": given}
        return given

    @model_validator(mode="after")
    def _asks_something(self) -> AttributeCondition:
        if not self.model_fields_set:
            raise ValueError(f"expected a value, or one of {', '.join(type(self).model_fields)}")
        return self


class _ShortForms:
    """Lets the JSON Schema say what validation does: comparisons, one value, or a list of them."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: Any) -> dict[str, Any]:
        value = [{"type": "string"}, {"type": "integer"}]
        return {"anyOf": [handler(schema), *value, {"type": "array", "items": {"anyOf": value}, "minItems": 1}]}


AttributeAsked = Annotated[AttributeCondition, _ShortForms]


class FlowMatch(Model):
    """All conditions given must hold; of the values of one condition, one must."""

    application: OneOrMore[Application] | None = Field(
        default=None,
        description="a key of the catalogue, the registrable domain of a site that has none (example.org), "
        "or an App-ID (20/10001)",
    )
    category: OneOrMore[Key] | None = None
    owner: OneOrMore[Owner] | None = Field(default=None, description="of the application, as the catalogue names it")
    engine: OneOrMore[Engine] | None = Field(default=None, description="of the App-ID (RFC 6759), by name or number")
    tag: OneOrMore[Tag] | None = Field(default=None, description="of the application or a protocol on the path")
    risk: OneOrMore[Risk] | None = Field(default=None, description="of the application: a number or a range, 60-100")
    confidence: OneOrMore[Confidence] | None = Field(default=None, description="percent, or a range of it: 80-100")
    encrypted: Annotated[bool, Field(strict=True)] | None = None
    state: OneOrMore[VerdictState] | None = Field(default=None, description="of the verdict")
    sni: OneOrMore[Pattern] | None = None
    http_host: OneOrMore[Pattern] | None = None
    dns_query: OneOrMore[Pattern] | None = None
    http_url: OneOrMore[TextPattern] | None = None
    user_agent: OneOrMore[TextPattern] | None = None
    content_type: OneOrMore[TextPattern] | None = None
    user: OneOrMore[TextPattern] | None = None
    device: OneOrMore[TextPattern] | None = None
    attributes: Annotated[dict[str, AttributeAsked], Field(min_length=1)] | None = Field(
        default=None, description="any attributes of the catalogue by name"
    )
    eth_src: OneOrMore[Mac] | None = None
    eth_dst: OneOrMore[Mac] | None = None
    vlan: OneOrMore[Vid] | None = None
    ip_proto: OneOrMore[Protocol] | None = None
    src: OneOrMore[Network] | None = Field(default=None, description="the originator's addresses, CIDR")
    dst: OneOrMore[Network] | None = Field(default=None, description="the responder's addresses, CIDR")
    src_port: OneOrMore[PortRange] | None = None
    dst_port: OneOrMore[PortRange] | None = None
    ingress: Ingress | None = None
    src_group: OneOrMore[Name] | None = Field(default=None, description="the originator's address is in the group")
    dst_group: OneOrMore[Name] | None = Field(default=None, description="the responder's address is in the group")
    user_group: OneOrMore[Name] | None = Field(default=None, description="one of the group's users")
    device_group: OneOrMore[Name] | None = Field(default=None, description="one of the group's devices")
    application_group: OneOrMore[Name] | None = Field(default=None, description="one of the group's applications")
    all: Nested | None = Field(default=None, description="each of these must hold")
    any: Nested | None = Field(default=None, description="one of these must hold")
    not_: OneOrMore[FlowMatch] | None = Field(default=None, alias="not", description="none of these may hold")

    @property
    def looks_at_headers(self) -> bool:
        """Whether a condition of this mapping itself is on layers 2 to 4, or on where the originator is attached."""
        return _names_one(self, HEADERS)

    @property
    def looks_at_layer_7(self) -> bool:
        """Whether a condition of this mapping itself is on layer 7."""
        return _names_one(self, LAYER_7)

    @property
    def needs_verdict(self) -> bool:
        """Whether a condition looks at layer 7, also one further in."""
        return _names_one(self, LAYER_7) or _has_one(inner.needs_verdict for _, inner in self.inner())

    def inner(self) -> Iterator[tuple[tuple[str | int, ...], FlowMatch]]:
        """The mappings below `all`, `any` and `not`, each with its path."""
        for key, nested in (("all", self.all), ("any", self.any), ("not", self.not_)):
            yield from (((key, position), each) for position, each in enumerate(nested or ()))

    def nodes(self) -> Iterator[tuple[tuple[str | int, ...], FlowMatch]]:
        """This mapping and all further in, each with its path."""
        yield (), self
        for path, inner in self.inner():
            yield from (((*path, *further), node) for further, node in inner.nodes())

    @property
    def patterns(self) -> dict[str, tuple[str, ...]]:
        """The conditions on host names and texts, by condition name."""
        return {name: values for name in (*HOSTS, *TEXTS) if (values := getattr(self, name))}


Nested = Annotated[tuple[FlowMatch, ...], Field(min_length=1)]


def _names_one(match: FlowMatch, names: Iterable[str]) -> bool:
    return _has_one(getattr(match, name) is not None for name in names)


def _has_one(truths: Iterable[bool]) -> bool:
    """`any`, which is a field's name inside the class."""
    return any(truths)


def state_number(name: str) -> int:
    """The number of a state that `state` may name."""
    return int(State[name.upper()])
