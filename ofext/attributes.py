"""Tests of a flow's metadata: `l7_attr`, and which attributes the fields with a name of their own look at.

An attribute has a type (`ofext.catalogue.AttributeType`). Text is compared without the case of A to Z, numbers as
unsigned numbers however many bytes they are written in, bytes and addresses as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

from ofext import wire
from ofext.catalogue import AttributeType
from ofext.errors import DecodeError, MatchValueError
from ofext.fields import FIELD_NAMES, L7Field
from ofext.patterns import fold
from ofext.wire import Reader

MAX_OPERAND_SIZE: Final = 248  # bytes: an OXM's payload of 255 less experimenter id, attribute and operation
MAX_NUMBER_SIZE: Final = 8  # bytes of a number in metadata

FIELD_ATTRIBUTES: Final[Mapping[L7Field, tuple[str, ...]]] = {
    L7Field.SNI: ("tls.sni",),
    L7Field.HTTP_HOST: ("http.host",),
    L7Field.DNS_QUERY: ("dns.query",),
    L7Field.HTTP_URL: ("http.url",),
    L7Field.USER_AGENT: ("http.user_agent", "rtsp.user_agent", "sip.user_agent", "ssdp.user_agent"),
    L7Field.CONTENT_TYPE: ("http.content_type",),
    L7Field.USER: (
        "clickhouse.user",
        "eap.identity",
        "ftp.user",
        "game.user",
        "imap.user",
        "ipmi.user",
        "kerberos.client",
        "ldap.bind_name",
        "mining.user",
        "mqtt.user_name",
        "mysql.user",
        "pop3.user",
        "postgresql.user",
        "ppp.user",
        "radius.user_name",
        "rdp.cookie",
        "snmp.user",
        "socks.user",
        "tds.user",
    ),
    L7Field.DEVICE: (
        "device.description",
        "device.name",
        "dhcp.host_name",
        "dhcp.vendor_class",
        "dhcpv6.client_fqdn",
        "enip.product_name",
        "fox.host_name",
        "l2tp.host_name",
        "monitoring.host",
        "netbios.name",
        "pptp.host_name",
        "profinet.station_name",
        "skinny.device",
        "syslog.host",
    ),
}
"""Names of the attributes, as in the catalogue, any value of which may fit the field."""


class Operation(IntEnum):
    """How `l7_attr` compares a value with its operand."""

    EQUALS = 1
    PREFIX = 2
    SUFFIX = 3
    CONTAINS = 4
    RANGE = 5
    SET = 6
    PRESENT = 7


SUITABLE: Final[Mapping[int, frozenset[Operation]]] = {
    AttributeType.STRING: frozenset(Operation) - {Operation.RANGE},
    AttributeType.UINT: frozenset({Operation.EQUALS, Operation.RANGE, Operation.SET, Operation.PRESENT}),
    AttributeType.BYTES: frozenset(Operation),
    AttributeType.IP: frozenset(Operation) - {Operation.SUFFIX, Operation.CONTAINS},
}
"""What can be asked of an attribute of a type. A type that is not here is compared as bytes."""


@dataclass(frozen=True, slots=True)
class AttributeTest:
    """One value of `l7_attr`. `operands`: none for PRESENT, low and high (inclusive) for RANGE, one or more for SET."""

    attribute: int
    operation: Operation
    operands: tuple[bytes, ...] = ()

    @staticmethod
    def one_of(attribute: int, values: set[bytes]) -> "AttributeTest":
        """A SET with its values in the order in which they are sent."""
        return AttributeTest(attribute, Operation.SET, tuple(sorted(values)))

    def encode(self) -> bytes:
        """Attribute (2 bytes), operation (1), operand. Raises MatchValueError for a test that is none."""
        problem = self._problem()
        if problem:
            raise MatchValueError(_NAME, str(self), problem)
        head = wire.number("attribute", self.attribute, 2) + bytes([self.operation])
        if self.operation in (Operation.RANGE, Operation.SET):
            operand = b"".join(bytes([len(value)]) + value for value in self.operands)
        else:
            operand = b"".join(self.operands)
        if len(operand) > MAX_OPERAND_SIZE:
            raise MatchValueError(_NAME, str(self), f"the operand has at most {MAX_OPERAND_SIZE} bytes")
        return head + operand

    @staticmethod
    def decode(value: bytes) -> "AttributeTest":
        """The inverse of `encode`. Raises MatchValueError."""
        reader = Reader(value)
        try:
            attribute, number = reader.number(2, "attribute"), reader.number(1, "operation")
            operation = Operation(number)
            test = AttributeTest(attribute, operation, _operands(operation, reader))
        except DecodeError as error:
            raise MatchValueError(_NAME, value, str(error)) from None
        except ValueError:
            raise MatchValueError(_NAME, value, f"operation {number} is none of 1 to {max(Operation)}") from None
        problem = test._problem()
        if problem:
            raise MatchValueError(_NAME, value, problem)
        return test

    def misfit(self, kind: int) -> str:
        """Why the test cannot be made of an attribute of this type; empty when it can."""
        if self.operation not in SUITABLE.get(kind, SUITABLE[AttributeType.BYTES]):
            return f"{self.operation.name.lower()} cannot be asked of this type of attribute"
        if kind == AttributeType.UINT and any(len(value) > MAX_NUMBER_SIZE for value in self.operands):
            return f"a number has at most {MAX_NUMBER_SIZE} bytes"
        if self.operation is Operation.RANGE:
            low, high = self.operands
            if kind != AttributeType.UINT and len(low) != len(high):
                return "both ends of a range have one size"
            if int.from_bytes(low, "big") > int.from_bytes(high, "big"):
                return "a range begins at its lower end"
        return ""

    def holds(self, kind: int, value: bytes) -> bool:
        """Whether a value of an attribute of this type passes the test. One that does not suit the type holds never."""
        if self.misfit(kind):
            return False
        if kind == AttributeType.UINT:
            number = int.from_bytes(value, "big")
            return _compare_numbers(self.operation, number, [int.from_bytes(each, "big") for each in self.operands])
        if kind == AttributeType.STRING:
            return _compare_bytes(self.operation, fold(value), [fold(each) for each in self.operands])
        return _compare_bytes(self.operation, value, self.operands)

    def _problem(self) -> str:
        fewest, most = _OPERANDS[self.operation]
        if not fewest <= len(self.operands) <= most:
            return f"{self.operation.name.lower()} has other operands"
        if not all(1 <= len(value) <= MAX_OPERAND_SIZE for value in self.operands):
            return "a value to compare with has at least one byte"
        if self.operation is Operation.SET and any(low >= high for low, high in pairwise(self.operands)):
            return "the values of a set ascend, each stands there once"
        return ""

    def __str__(self) -> str:
        """For people: `20 equals 'www.example.com'`."""
        shown = ",".join(_shown(value) for value in self.operands)
        return f"{self.attribute} {self.operation.name.lower()} {shown}".rstrip()


_NAME: Final = FIELD_NAMES[L7Field.ATTR]
_ONE: Final = (1, 1)
_OPERANDS: Final[Mapping[Operation, tuple[int, int]]] = {
    Operation.EQUALS: _ONE,
    Operation.PREFIX: _ONE,
    Operation.SUFFIX: _ONE,
    Operation.CONTAINS: _ONE,
    Operation.RANGE: (2, 2),
    Operation.SET: (1, MAX_OPERAND_SIZE // 2),
    Operation.PRESENT: (0, 0),
}


def _operands(operation: Operation, reader: Reader) -> tuple[bytes, ...]:
    if operation not in (Operation.RANGE, Operation.SET):
        rest = reader.take(reader.end - reader.offset, "operand")
        return (rest,) if rest else ()
    found = []
    while reader.offset < reader.end:
        found.append(reader.take(reader.number(1, "size of a value"), "value"))
    return tuple(found)


def _compare_numbers(operation: Operation, number: int, operands: list[int]) -> bool:
    if operation is Operation.RANGE:
        return operands[0] <= number <= operands[1]
    return operation is Operation.PRESENT or number in operands


def _compare_bytes(operation: Operation, value: bytes, operands: list[bytes] | tuple[bytes, ...]) -> bool:
    match operation:
        case Operation.EQUALS | Operation.SET:
            return value in operands
        case Operation.PREFIX:
            return value.startswith(operands[0])
        case Operation.SUFFIX:
            return value.endswith(operands[0])
        case Operation.CONTAINS:
            return operands[0] in value
        case Operation.RANGE:
            return len(value) == len(operands[0]) and operands[0] <= value <= operands[1]
        case Operation.PRESENT:
            return True


def _shown(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "0x" + value.hex()
    return repr(text) if text.isprintable() else "0x" + value.hex()
