"""Rules with L7 fields as a controller writes and reads them, in every version of OpenFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ofext import oxm
from ofext.messages import L7Error
from ofext.openflow.header import Type, Version
from ofext.oxm import Oxm
from tests.fakes.openflow_peer import Session

ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT = range(5)  # OpenFlow 1.3 §7.3.4.1 ofp_flow_mod_command
SEND_FLOW_REMOVED, CHECK_OVERLAP = 1, 2  # ofp_flow_mod_flags
ALL_TABLES = 0xFF
ANY = b"\xff" * 4  # port, group

FLOW, AGGREGATE, TABLE_FEATURES, FLOW_MONITOR = 1, 2, 12, 16  # ofp_multipart_type

IPV4 = Oxm(oxm.CLASS_OPENFLOW_BASIC, 5, False, b"\x08\x00")


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """The body of a FLOW_MOD."""

    fields: Sequence[Oxm] = ()
    command: int = ADD
    table: int = 0
    priority: int = 10
    cookie: int = 0
    cookie_mask: int = 0
    hard_timeout_s: int = 0
    flags: int = 0
    instructions: bytes = b""

    def encode(self) -> bytes:
        """The same layout in 1.3, 1.4 and 1.5 (1.5 §7.3.4.2)."""
        fixed = self.cookie.to_bytes(8, "big") + self.cookie_mask.to_bytes(8, "big") + bytes([self.table, self.command])
        times = bytes(2) + self.hard_timeout_s.to_bytes(2, "big") + self.priority.to_bytes(2, "big")
        ends = ANY * 3 + self.flags.to_bytes(2, "big") + bytes(2)
        return fixed + times + ends + oxm.encode_match(self.fields) + self.instructions


def change(session: Session, *changes: RuleChange) -> list[bytes]:
    """Send them; the errors that come before the answer to a barrier behind them."""
    for each in changes:
        session.install(each.encode())
    session.request(Type.BARRIER_REQUEST)
    return session.collect(Type.ERROR)


def add(session: Session, *fields: Oxm, **more: int) -> list[bytes]:
    """Install one rule."""
    return change(session, RuleChange(fields=fields, **more))


def delete_all(session: Session) -> None:
    """Of all tables."""
    assert change(session, RuleChange(command=DELETE, table=ALL_TABLES)) == []


def rules(session: Session, *fields: Oxm, cookie: int = 0, cookie_mask: int = 0) -> list[bytes]:
    """Entries of flow statistics of the rules that are selected."""
    selected = b"\xff" + bytes(3) + ANY * 2 + bytes(4) + cookie.to_bytes(8, "big") + cookie_mask.to_bytes(8, "big")
    body = multipart(FLOW, selected + oxm.encode_match(fields))
    return entries(session.request(Type.MULTIPART_REQUEST, body))


def matches(session: Session, *fields: Oxm, **cookie: int) -> list[tuple[Oxm, ...]]:
    """Matches of the rules that are selected."""
    at = 24 if session.version >= Version.OF_1_5 else 48
    return [oxm.decode_match(entry, at)[0] for entry in rules(session, *fields, **cookie)]


def multipart(kind: int, body: bytes) -> bytes:
    """The body of a MULTIPART_REQUEST."""
    return kind.to_bytes(2, "big") + bytes(6) + body


def entries(reply: bytes) -> list[bytes]:
    """The entries of a multipart reply; each begins with its size."""
    found = []
    offset = 16
    while offset < len(reply):
        size = int.from_bytes(reply[offset : offset + 2], "big")
        found.append(reply[offset : offset + size])
        offset += size
    return found


def l7_error(message: bytes) -> L7Error:
    """The extension's own error."""
    assert (message[1], message[8:10]) == (Type.ERROR, b"\xff\xff"), message.hex()
    return L7Error.decode(int.from_bytes(message[10:12], "big"), message[16:])


def openflow_error(message: bytes) -> tuple[int, int]:
    """Type and code of an error of OpenFlow."""
    assert message[1] == Type.ERROR
    return int.from_bytes(message[8:10], "big"), int.from_bytes(message[10:12], "big")
