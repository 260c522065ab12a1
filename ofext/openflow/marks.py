"""Marks: PACKET_OUT messages that write App-ID and label into a connection of Open vSwitch's tracker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection in its originator's direction. Addresses as text; ICMP: `sport` is the identifier, `dport` is type · 256 + code.

    `vlan` is the VLAN id of the made-up frame, 0 for none; the tracker does not look at it.
    """

    src: str
    dst: str
    sport: int
    dport: int
    l4: int
    vlan: int = 0


def mark_packet_out(
    version: int, xid: int, *, zone: int, connection: Connection, app_id: int, label: int, label_mask: int
) -> bytes:
    """A PACKET_OUT whose only action is `ct(commit,zone=…,exec(ct_mark=app_id,ct_label=label/label_mask))`.

    The packet is a made-up header that ends there. Raises EncodeError for a protocol that has no such header.
    """
    raise NotImplementedError
