"""The match fields the pipeline uses: names of OpenFlow (and OVS), width, kind and canonical form.

Owns how a value and a mask are written so that two rules that mean the same compare equal. Numbers are plain
integers, MAC addresses `aa:bb:cc:dd:ee:ff`, IP addresses compressed (RFC 5952), layer 7 patterns text in
which A to Z are a to z, tests of attributes (`l7_attr`) hexadecimal text.
os-ken accepts the same values in `OFPMatch(**match.as_dict())`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum

from ofext.patterns import fold
from steering.errors import RuleError

Value = int | str

VLAN_PRESENT = 0x1000  # OpenFlow 1.3 §7.2.3.7 OFPVID_PRESENT

CT_NEW, CT_ESTABLISHED, CT_REPLY, CT_TRACKED = 0x01, 0x02, 0x08, 0x20

TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK = 0x001, 0x002, 0x004, 0x008, 0x010  # RFC 9293 §3.1

ETH_IPV4, ETH_IPV6, ETH_LLDP, ETH_SERVICE_TAG = 0x0800, 0x86DD, 0x88CC, 0x88A8

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.ASCII)


class Kind(Enum):
    """How a value is written."""

    NUMBER = "number"
    MAC = "mac"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One match field. `bits` is its width (0 for text)."""

    name: str
    bits: int
    kind: Kind = Kind.NUMBER


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("in_port", 32),
        Field("eth_dst", 48, Kind.MAC),
        Field("eth_src", 48, Kind.MAC),
        Field("eth_type", 16),
        Field("vlan_vid", 13),
        Field("vlan_pcp", 3),
        Field("ip_proto", 8),
        Field("ip_dscp", 6),
        Field("ipv4_src", 32, Kind.IPV4),
        Field("ipv4_dst", 32, Kind.IPV4),
        Field("ipv6_src", 128, Kind.IPV6),
        Field("ipv6_dst", 128, Kind.IPV6),
        Field("tcp_src", 16),
        Field("tcp_dst", 16),
        Field("udp_src", 16),
        Field("udp_dst", 16),
        Field("sctp_src", 16),
        Field("sctp_dst", 16),
        Field("tcp_flags", 12),
        Field("icmpv6_type", 8),
        Field("ct_state", 32),
        Field("ct_zone", 16),
        Field("ct_mark", 32),
        Field("ct_label", 128),
        Field("reg0", 32),
        Field("reg1", 32),
        Field("l7_app_id", 32),
        Field("l7_category", 8),
        Field("l7_state", 8),
        Field("l7_sni", 0, Kind.TEXT),
        Field("l7_http_host", 0, Kind.TEXT),
        Field("l7_dns_query", 0, Kind.TEXT),
        Field("l7_tag", 0, Kind.TEXT),
        Field("l7_confidence", 8),
        Field("l7_risk", 8),
        Field("l7_encrypted", 8),
        Field("l7_http_url", 0, Kind.TEXT),
        Field("l7_user_agent", 0, Kind.TEXT),
        Field("l7_content_type", 0, Kind.TEXT),
        Field("l7_user", 0, Kind.TEXT),
        Field("l7_device", 0, Kind.TEXT),
        Field("l7_attr", 0, Kind.TEXT),
    )
}


def field_named(name: str) -> Field:
    """The field; `RuleError` if the pipeline does not know it."""
    try:
        return FIELDS[name]
    except KeyError:
        raise RuleError(f"unknown match field {name!r}") from None


def to_number(field: Field, value: Value) -> int:
    """A value (not text) as an unsigned integer, most significant bit first as on the wire."""
    if isinstance(value, int):
        number = value
    elif field.kind is Kind.MAC and _MAC.fullmatch(value.lower()):
        number = int(value.replace(":", ""), 16)
    elif field.kind in (Kind.IPV4, Kind.IPV6):
        number = _address_number(field, value)
    else:
        raise RuleError(f"{value!r} is no value of {field.name}")
    if not 0 <= number < 1 << field.bits:
        raise RuleError(f"{value!r} does not fit {field.name} ({field.bits} bits)")
    return number


def from_number(field: Field, number: int) -> Value:
    """The canonical value of a number; the inverse of `to_number`."""
    if field.kind is Kind.MAC:
        text = f"{number:012x}"
        return ":".join(text[at : at + 2] for at in range(0, 12, 2))
    if field.kind is Kind.IPV4:
        return str(ipaddress.IPv4Address(number))
    if field.kind is Kind.IPV6:
        return str(ipaddress.IPv6Address(number))
    return number


def canonical(field: Field, value: Value, mask: Value | None) -> tuple[Value, Value | None] | None:
    """Value and mask in canonical form; a full mask becomes `None`; `None` if the mask is empty (matches anything)."""
    if field.kind is Kind.TEXT:
        if mask is not None or not isinstance(value, str):
            raise RuleError(f"{field.name} takes a text without mask, not {value!r}/{mask!r}")
        return fold(value.encode()).decode(), None
    full = (1 << field.bits) - 1
    mask_number = full if mask is None else to_number(field, mask)
    if mask_number == 0:
        return None
    number = to_number(field, value) & mask_number
    return from_number(field, number), None if mask_number == full else from_number(field, mask_number)


def _address_number(field: Field, value: str) -> int:
    try:
        address = ipaddress.ip_address(value)
    except ValueError as error:
        raise RuleError(f"{value!r} is no value of {field.name}: {error}") from None
    if (address.version == 4) is not (field.kind is Kind.IPV4):
        raise RuleError(f"{value!r} is no value of {field.name}")
    return int(address)
