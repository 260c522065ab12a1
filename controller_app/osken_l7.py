"""Teaches os-ken, or Ryu, the L7 fields: `OFPMatch(l7_app_id=…)` in OpenFlow 1.3, 1.4 and 1.5.

After `register()`, `l7_app_id=0x14000001`, `l7_app_id=(value, mask)`, `l7_state=(0, 1)`, `l7_sni="*.example.com"`,
`l7_attr=AttributeTest(…)` and so on serialise and parse back, mixed with any other field: numbers as numbers, texts as
text, `l7_attr` as `ofext.attributes.AttributeTest`. A value that is not legal raises `ofext.errors.OfextError` when the
message is serialised. os-ken keeps one value of each field, so `l7_tag` and `l7_attr` stand in a match once here.

Messages of the experimenter need no registration: they arrive as `EventOFPExperimenter` with `msg.experimenter`,
`msg.exp_type` and `msg.data` (for `ofext.messages.decode_body`); its errors as `EventOFPErrorMsg` with
`msg.experimenter`, `msg.exp_type` and `msg.data` (for `ofext.messages.L7Error.decode`). Its statistics arrive as
`EventOFPExperimenterStatsReply` with `msg.body.exp_type` and `msg.body.data` (for `ofext.multipart.decode_stats`).
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

from ofext import oxm
from ofext.attributes import AttributeTest
from ofext.errors import EncodeError, MatchValueError
from ofext.fields import FIELD_NAMES, FIELD_SIZES, PATTERN_FIELDS, L7Field
from ofext.ids import EXPERIMENTER_ID

OPENFLOW_VERSIONS: Final = (4, 5, 6)  # 1.3, 1.4, 1.5


def register(versions: Iterable[int] = OPENFLOW_VERSIONS, *, framework: str = "os_ken") -> None:
    """Registers the fields with the framework's modules of these OpenFlow versions; doing it again changes nothing.

    `framework` is `os_ken`, or `ryu`, which os-ken descends from: the modules have the same names.
    """
    oxm_fields = import_module(f"{framework}.ofproto.oxm_fields")
    make = _in_our_class(oxm_fields)
    for version in versions:
        module = import_module(f"{framework}.ofproto.{_MODULES[version]}")
        known = {field.name for field in module.oxm_types}
        added = [make(name, int(field), _type_of(field)) for field, name in FIELD_NAMES.items() if name not in known]
        if added:
            module.oxm_types.extend(added)
            oxm_fields.generate(module.__name__)
        _read_statistics_whole(import_module(f"{framework}.ofproto.{_MODULES[version]}_parser"))


_MODULES: Final = {4: "ofproto_v1_3", 5: "ofproto_v1_4", 6: "ofproto_v1_5"}


def _in_our_class(oxm_fields: Any) -> Any:
    """The framework's class for fields of our experimenter; it has no public base for such."""
    return type("L7Oxm", (oxm_fields._Experimenter,), {"experimenter_id": EXPERIMENTER_ID})


def _read_statistics_whole(parser: Any) -> None:
    """os-ken 4 takes 16 bytes for the size of an experimenter's statistics, and drops messages that have more."""
    reply = parser.OFPExperimenterStatsReply
    broken = reply.cls_stats_body_cls
    if hasattr(broken, "is_read_whole"):
        return

    def read(cls: Any, buf: bytes, offset: int) -> Any:
        body = super(cls, cls).parser(buf, offset)
        body.length = len(buf) - offset
        return body

    reply.cls_stats_body_cls = type(broken.__name__, (broken,), {"parser": classmethod(read), "is_read_whole": True})


class _Number:
    """An unsigned number of `size` bytes; unlike os-ken's own it refuses what does not fit."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self.size = size

    def to_user(self, binary: bytes) -> int:
        return int.from_bytes(binary, "big")

    def from_user(self, value: int) -> bytes:
        if not 0 <= value < 1 << 8 * self.size:
            raise EncodeError(self._name, value, f"an unsigned number of {self.size} bytes")
        return int(value).to_bytes(self.size, "big")


class _Pattern:
    """A host name, text or tag, perhaps with stars; no fixed size."""

    def __init__(self, field: L7Field) -> None:
        self._field = field

    def to_user(self, binary: bytes) -> str:
        return binary.decode("utf-8", "backslashreplace")

    def from_user(self, value: str) -> bytes:
        return oxm.l7_pattern(self._field, value).value


class _Test:
    """A test of an attribute; no fixed size. One that cannot be read stays bytes."""

    def to_user(self, binary: bytes) -> AttributeTest | bytes:
        try:
            return AttributeTest.decode(binary)
        except MatchValueError:
            return binary

    def from_user(self, value: AttributeTest) -> bytes:
        return value.encode()


def _type_of(field: L7Field) -> "_Number | _Pattern | _Test":
    if field in PATTERN_FIELDS:
        return _Pattern(field)
    return _Test() if field is L7Field.ATTR else _Number(FIELD_NAMES[field], FIELD_SIZES[field])
