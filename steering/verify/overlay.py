"""First match wins, as sets: layers that hide what lies below them become one partition."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from steering.verify.space import PacketSet, Space

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Layer(Generic[Key]):
    """Disjoint sets by what becomes of them, and their union."""

    parts: Mapping[Key, PacketSet]
    whole: PacketSet


def overlaid(layers: Sequence[Layer[Key]], space: Space) -> Layer[Key]:
    """The first layer on top. Joined in pairs, as a thousand small layers cost less than one that grows."""
    waiting = list(layers)
    if not waiting:
        return Layer({}, space.none)
    while len(waiting) > 1:
        pairs = zip(waiting[::2], waiting[1::2], strict=False)
        odd = waiting[-1:] if len(waiting) % 2 else []
        waiting = [_upon(top, bottom, space) for top, bottom in pairs] + odd
    return waiting[0]


def _upon(top: Layer[Key], bottom: Layer[Key], space: Space) -> Layer[Key]:
    visible = ~top.whole
    parts = dict(top.parts)
    for key, members in bottom.parts.items():
        seen = members & visible
        if seen != space.none:
            parts[key] = parts[key] | seen if key in parts else seen
    return Layer(parts, top.whole | bottom.whole)
