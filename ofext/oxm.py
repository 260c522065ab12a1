"""OXM fields (OpenFlow 1.3 §7.2.3): single TLVs, a whole `ofp_match`, and the L7 fields of this experimenter.

TLVs of other classes are kept byte for byte. All numbers are big-endian.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ofext import label, patterns, wire
from ofext.attributes import AttributeTest
from ofext.errors import DecodeError, EncodeError, MatchValueError
from ofext.fields import FIELD_NAMES, FIELD_SIZES, HOST_FIELDS, TEXT_FIELDS, L7Field
from ofext.ids import EXPERIMENTER_BYTES, EXPERIMENTER_ID

CLASS_NXM_1: Final = 0x0001
CLASS_OPENFLOW_BASIC: Final = 0x8000
CLASS_EXPERIMENTER: Final = 0xFFFF

NXM_NX_CT_STATE: Final = 105
NXM_NX_CT_ZONE: Final = 106
NXM_NX_CT_MARK: Final = 107
NXM_NX_CT_LABEL: Final = 108

CT_STATE_TRK: Final = 0x20  # the connection tracker has seen the packet

HEADER_SIZE: Final = 4  # class 16, field 7, has-mask 1, length 8
EXPERIMENTER_SIZE: Final = 4
MAX_PAYLOAD_SIZE: Final = 255  # the length is one byte

MATCH_TYPE_OXM: Final = 1  # OFPMT_OXM
MATCH_HEADER_SIZE: Final = 4
ALIGNMENT: Final = 8

_HEADER = struct.Struct("!HBB")
_MATCH_HEADER = struct.Struct("!HH")


@dataclass(frozen=True, slots=True)
class Oxm:
    """One OXM TLV. `payload` is everything after the 4-byte header: experimenter id (if any), value, mask (if any)."""

    oxm_class: int
    field: int
    has_mask: bool
    payload: bytes

    @property
    def experimenter(self) -> int | None:
        """The experimenter id, or None for another class."""
        if self.oxm_class != CLASS_EXPERIMENTER or len(self.payload) < EXPERIMENTER_SIZE:
            return None
        return int.from_bytes(self.payload[:EXPERIMENTER_SIZE], "big")

    @property
    def value(self) -> bytes:
        """The value without mask and experimenter id."""
        body = self._body()
        return body[: len(body) // 2] if self.has_mask else body

    @property
    def mask(self) -> bytes | None:
        """The mask, or None when the field is compared as a whole."""
        body = self._body()
        return body[len(body) // 2 :] if self.has_mask else None

    def encode(self) -> bytes:
        """Header and payload. Raises EncodeError when the payload is too big."""
        if len(self.payload) > MAX_PAYLOAD_SIZE:
            raise EncodeError("OXM payload", self.payload, f"at most {MAX_PAYLOAD_SIZE} bytes")
        return _HEADER.pack(self.oxm_class, self.field << 1 | self.has_mask, len(self.payload)) + self.payload

    def _body(self) -> bytes:
        return self.payload[EXPERIMENTER_SIZE:] if self.oxm_class == CLASS_EXPERIMENTER else self.payload


def l7_app_id(value: int, mask: int | None = None) -> Oxm:
    """App-ID of the flow that the packet belongs to; a mask may select the engine's bits only."""
    return _number(L7Field.APP_ID, value, mask)


def l7_category(value: int) -> Oxm:
    """Category of the flow's application."""
    return _number(L7Field.CATEGORY, value, None)


def l7_state(value: int, mask: int | None = None) -> Oxm:
    """State of the flow's verdict; `l7_state(0, ids.SETTLED)` is every state in which inspection goes on."""
    return _number(L7Field.STATE, value, mask)


def l7_engine(value: int) -> Oxm:
    """Classification engine of the App-ID (RFC 6759 §4.1)."""
    return _number(L7Field.ENGINE, value, None)


def l7_confidence(value: int, mask: int | None = None) -> Oxm:
    """How sure the verdict is, 0 to 100; `l7_confidence(64, 64)` is 64 and more."""
    return _number(L7Field.CONFIDENCE, value, mask)


def l7_risk(value: int, mask: int | None = None) -> Oxm:
    """Risk of the flow's application."""
    return _number(L7Field.RISK, value, mask)


def l7_encrypted(value: int) -> Oxm:
    """1: a protocol on the flow's path encrypts what it carries; 0: the flow's protocol is known and none does."""
    return _number(L7Field.ENCRYPTED, value, None)


def l7_sni(pattern: str) -> Oxm:
    """The TLS or QUIC server name fits the pattern."""
    return l7_pattern(L7Field.SNI, pattern)


def l7_http_host(pattern: str) -> Oxm:
    """The HTTP host fits the pattern."""
    return l7_pattern(L7Field.HTTP_HOST, pattern)


def l7_dns_query(pattern: str) -> Oxm:
    """The name asked for in DNS fits the pattern."""
    return l7_pattern(L7Field.DNS_QUERY, pattern)


def l7_tag(key: str) -> Oxm:
    """The application, or a protocol on the flow's path, has this tag."""
    return l7_pattern(L7Field.TAG, key)


def l7_http_url(pattern: str) -> Oxm:
    """The request target of HTTP fits the pattern."""
    return l7_pattern(L7Field.HTTP_URL, pattern)


def l7_user_agent(pattern: str) -> Oxm:
    """The user agent fits the pattern."""
    return l7_pattern(L7Field.USER_AGENT, pattern)


def l7_content_type(pattern: str) -> Oxm:
    """The content type of HTTP fits the pattern."""
    return l7_pattern(L7Field.CONTENT_TYPE, pattern)


def l7_user(pattern: str) -> Oxm:
    """A name with which somebody logs in fits the pattern."""
    return l7_pattern(L7Field.USER, pattern)


def l7_device(pattern: str) -> Oxm:
    """A name or description that a device gives itself fits the pattern."""
    return l7_pattern(L7Field.DEVICE, pattern)


def l7_attr(test: AttributeTest) -> Oxm:
    """Any attribute of the catalogue, compared as the test says. Raises MatchValueError when the test is none."""
    return l7_field(L7Field.ATTR, test.encode())


def l7_pattern(field: L7Field, pattern: str) -> Oxm:
    """One of the fields whose value is text. Raises MatchValueError when it is not legal."""
    name = FIELD_NAMES[field]
    if field in HOST_FIELDS:
        return l7_field(field, patterns.normalise(pattern, name).encode("ascii"))
    if field in TEXT_FIELDS:
        return l7_field(field, patterns.normalise_text(pattern, name).encode())
    if field is L7Field.TAG:
        return l7_field(field, patterns.normalise_tag(pattern, name).encode("ascii"))
    raise MatchValueError(name, pattern, "the field takes no text")


def l7_field(field: L7Field, value: bytes, mask: bytes = b"") -> Oxm:
    """A field by its value as on the wire; an empty mask is none."""
    return Oxm(CLASS_EXPERIMENTER, int(field), bool(mask), EXPERIMENTER_BYTES + value + mask)


def ct_mark(value: int, mask: int | None = None) -> Oxm:
    """NXM_NX_CT_MARK, 32 bits."""
    return nxm(NXM_NX_CT_MARK, value, mask, 4)


def ct_label(value: int, mask: int | None = None) -> Oxm:
    """NXM_NX_CT_LABEL, 128 bits."""
    return nxm(NXM_NX_CT_LABEL, value, mask, label.LABEL_SIZE)


def ct_state(value: int, mask: int | None = None) -> Oxm:
    """NXM_NX_CT_STATE, 32 bits; the flags are those of Open vSwitch."""
    return nxm(NXM_NX_CT_STATE, value, mask, 4)


def ct_zone(value: int) -> Oxm:
    """NXM_NX_CT_ZONE, 16 bits."""
    return nxm(NXM_NX_CT_ZONE, value, None, 2)


def nxm(field: int, value: int, mask: int | None, size: int) -> Oxm:
    """A field of class NXM_1, whose value has `size` bytes. Raises EncodeError."""
    body = wire.number("value", value, size)
    if mask is not None:
        body += wire.number("mask", mask, size)
    return Oxm(CLASS_NXM_1, field, mask is not None, body)


def is_l7(oxm: Oxm) -> bool:
    """Whether a TLV is one of this experimenter's fields, known or not."""
    return oxm.oxm_class == CLASS_EXPERIMENTER and oxm.experimenter == EXPERIMENTER_ID


def is_nxm(oxm: Oxm, field: int) -> bool:
    """Whether a TLV is the given field of class NXM_1."""
    return oxm.oxm_class == CLASS_NXM_1 and oxm.field == field


def decode_oxm(data: bytes, offset: int = 0) -> tuple[Oxm, int]:
    """Reads the TLV at `offset`; returns it and the offset behind it. Raises DecodeError."""
    if len(data) - offset < HEADER_SIZE:
        raise DecodeError(offset, f"{HEADER_SIZE} bytes of OXM header", data[offset:])
    oxm_class, field, size = _HEADER.unpack_from(data, offset)
    end = offset + HEADER_SIZE + size
    if end > len(data):
        raise DecodeError(offset + HEADER_SIZE, f"{size} bytes of OXM payload", data[offset + HEADER_SIZE :])
    oxm = Oxm(oxm_class, field >> 1, bool(field & 1), bytes(data[offset + HEADER_SIZE : end]))
    if oxm_class == CLASS_EXPERIMENTER and size < EXPERIMENTER_SIZE:
        raise DecodeError(offset + HEADER_SIZE, "an experimenter id of 4 bytes", oxm.payload)
    return oxm, end


def walk(data: bytes) -> tuple[Oxm, ...]:
    """Reads TLVs up to the end of `data`. Raises DecodeError."""
    found = []
    offset = 0
    while offset < len(data):
        oxm, offset = decode_oxm(data, offset)
        found.append(oxm)
    return tuple(found)


def encode_fields(fields: Iterable[Oxm]) -> bytes:
    """TLVs one after the other, no padding."""
    return b"".join(oxm.encode() for oxm in fields)


def decode_match(data: bytes, offset: int = 0) -> tuple[tuple[Oxm, ...], int]:
    """Reads an `ofp_match` with its padding; returns its fields and the offset behind it. Raises DecodeError."""
    if len(data) - offset < MATCH_HEADER_SIZE:
        raise DecodeError(offset, "an ofp_match header", data[offset:])
    kind, size = _MATCH_HEADER.unpack_from(data, offset)
    if kind != MATCH_TYPE_OXM:
        raise DecodeError(offset, "match type OFPMT_OXM (1)", data[offset : offset + 2])
    end = offset + padded(size)
    if size < MATCH_HEADER_SIZE or end > len(data):
        raise DecodeError(
            offset + 2, f"a match size of 4 to {len(data) - offset}, padded", data[offset + 2 : offset + 4]
        )
    start = offset + MATCH_HEADER_SIZE
    try:
        return walk(data[start : offset + size]), end
    except DecodeError as error:
        raise error.moved(start) from None


def encode_match(fields: Iterable[Oxm]) -> bytes:
    """An `ofp_match`, padded to a multiple of 8 bytes. Raises EncodeError when it does not fit in 65,535 bytes."""
    body = encode_fields(fields)
    size = MATCH_HEADER_SIZE + len(body)
    if padded(size) > 0xFFFF:
        raise EncodeError("match", size, "65,535 bytes")
    return _MATCH_HEADER.pack(MATCH_TYPE_OXM, size) + body + bytes(padded(size) - size)


def padded(size: int) -> int:
    """The next multiple of 8 bytes."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def _number(field: L7Field, value: int, mask: int | None) -> Oxm:
    size = FIELD_SIZES[field]
    body = wire.number(FIELD_NAMES[field], value, size)
    if mask is not None:
        body += wire.number(FIELD_NAMES[field] + " mask", mask, size)
    return Oxm(CLASS_EXPERIMENTER, int(field), mask is not None, EXPERIMENTER_BYTES + body)
