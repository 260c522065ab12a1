"""A flow as policies see it: what is known of it, in words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ofext.attributes import FIELD_ATTRIBUTES
from steering.layer7 import NUMBERS
from steering.policy.attributes import AttributeValue
from steering.policy.conditions import HOSTS, TEXTS

Texts = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDescription:
    """A flow as its originator sees it. `application` is None while there is no verdict; then layer 7 is not looked at.

    `src` and `dst` are IP addresses; ports are None for protocols without. A condition on something that is None never
    holds. Names and texts may have several values, of which one must fit; `attributes` has those of the catalogue by
    name, and among them the values of `sni`, `user` and so on where they are not given by themselves.
    """

    src: str
    dst: str
    ip_proto: int
    src_port: int | None = None
    dst_port: int | None = None
    eth_src: str | None = None
    eth_dst: str | None = None
    vlan: int | None = None
    ingress_switch: str | None = None
    ingress_port: str | int | None = None
    application: str | None = None
    app_id: int | None = None
    category: str | None = None
    owner: str | None = None
    state: str | None = None
    risk: int | None = None
    confidence: int | None = None
    encrypted: bool | None = None
    tags: frozenset[str] = frozenset()
    sni: Texts = None
    http_host: Texts = None
    dns_query: Texts = None
    http_url: Texts = None
    user_agent: Texts = None
    content_type: Texts = None
    user: Texts = None
    device: Texts = None
    attributes: Mapping[str, tuple[AttributeValue, ...]] = field(default_factory=dict, hash=False)

    def texts(self, name: str) -> tuple[str, ...]:
        """The values of a condition on names or texts, such as `sni` or `user`."""
        given: Texts = getattr(self, name)
        if given is not None:
            return (given,) if isinstance(given, str) else given
        behind = FIELD_ATTRIBUTES[NUMBERS[f"l7_{name}"]]
        return tuple(str(value) for attribute in behind for value in self.attributes.get(attribute, ()))

    def all_attributes(self) -> Iterator[tuple[str, AttributeValue]]:
        """Attributes by name with each of their values, those behind `sni` and its like too."""
        for name in (*HOSTS, *TEXTS):
            if getattr(self, name) is not None:
                attribute = FIELD_ATTRIBUTES[NUMBERS[f"l7_{name}"]][0]
                yield from ((attribute, value) for value in self.texts(name))
        for name, values in self.attributes.items():
            yield from ((name, value) for value in values)
