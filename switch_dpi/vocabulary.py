"""What a flow's record means to match fields: types of attributes, tags, what encrypts, as the catalogue says.

A value: when the engine's catalogue changes there is another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from ofext.attributes import FIELD_ATTRIBUTES, AttributeTest
from ofext.catalogue import AttributeEntry, Catalogue
from ofext.errors import MatchValueError
from ofext.events import FlowEvent
from ofext.facts import FlowFacts
from ofext.fields import FIELD_NAMES, L7Field
from ofext.predicates import Predicate
from ofext.tags import TagBook
from switch_dpi._native import Risks


class Vocabulary:
    """A catalogue, looked up by what flows have."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.attributes: Mapping[int, AttributeEntry] = {entry.attribute: entry for entry in catalogue.attributes}
        by_name = {entry.name: entry.attribute for entry in catalogue.attributes}
        self.fields: Mapping[L7Field, tuple[int, ...]] = {
            field: tuple(by_name[name] for name in names if name in by_name)
            for field, names in FIELD_ATTRIBUTES.items()
        }
        """Attributes that a field looks at, of those that the catalogue has."""
        self._tags = TagBook(catalogue.apps)
        self.risks = Risks({entry.app_id: entry.risk for entry in catalogue.apps if entry.risk})

    def risk_of(self, app_id: int) -> int:
        """Risk of an application, 0 when none is known."""
        return self.risks.of(app_id)

    def tags_of(self, event: FlowEvent) -> frozenset[str]:
        """Tags of the application and of the protocols on the path."""
        return self._tags.of(event.app_id, event.protocol_id, event.path)

    def encrypts(self, event: FlowEvent) -> bool | None:
        """Whether a protocol on the path encrypts; None when no protocol of the path is known."""
        return self._tags.encrypts(event.app_id, event.protocol_id, event.path)

    def facts(self, event: FlowEvent) -> FlowFacts:
        """All that predicates are about."""
        known = ((self.attributes.get(attribute), value) for attribute, value in event.metadata)
        return FlowFacts(
            metadata=tuple((entry, value) for entry, value in known if entry is not None),
            tags=self.tags_of(event),
            confidence=event.confidence,
            is_encrypted=self.encrypts(event),
        )

    def check(self, predicate: Predicate) -> None:
        """Raises MatchValueError for a test that no flow can pass: the attribute is unknown, or of another type."""
        if predicate.field is not L7Field.ATTR:
            return
        test = AttributeTest.decode(predicate.value)
        entry = self.attributes.get(test.attribute)
        reason = "the catalogue has no such attribute" if entry is None else test.misfit(entry.kind)
        if reason:
            raise MatchValueError(FIELD_NAMES[predicate.field], predicate.text, reason)
