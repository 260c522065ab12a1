import struct
from ipaddress import ip_address

from controller_app.config import HostOptions
from controller_app.discovery import End
from controller_app.hosts import HostTable

MAC = bytes.fromhex("020000000001")
HERE, THERE = End(1, 1), End(2, 3)


def ethernet(kind: int, body: bytes, mac: bytes = MAC) -> bytes:
    return b"\xff" * 6 + mac + struct.pack("!H", kind) + body


def arp(address: str) -> bytes:
    return ethernet(0x0806, b"\x00\x01\x08\x00\x06\x04\x00\x01" + MAC + ip_address(address).packed + bytes(10))


def ipv4(address: str) -> bytes:
    return ethernet(0x0800, bytes(12) + ip_address(address).packed + bytes(4))


def table(**options: float) -> HostTable:
    return HostTable(HostOptions.model_validate(options))


def test_a_new_host_is_learnt_with_its_address() -> None:
    hosts = table()
    assert hosts.learn(HERE, arp("10.0.0.1"), 0.0)
    (host,) = hosts.hosts()
    assert (host.mac, host.at, host.addresses) == ("02:00:00:00:00:01", HERE, ("10.0.0.1",))


def test_more_addresses_are_no_change_of_place() -> None:
    hosts = table()
    hosts.learn(HERE, arp("10.0.0.1"), 0.0)
    assert not hosts.learn(HERE, ipv4("10.0.0.2"), 0.1)
    ipv6 = ethernet(0x86DD, bytes(8) + ip_address("fe80::1").packed + bytes(16))
    assert not hosts.learn(HERE, ipv6, 0.2)
    assert hosts.hosts()[0].addresses == ("10.0.0.1", "10.0.0.2", "fe80::1")


def test_a_tagged_frame_is_read_behind_its_tags() -> None:
    hosts = table()
    inner = ipv4("10.0.0.7")[12:]
    hosts.learn(HERE, b"\xff" * 6 + MAC + bytes.fromhex("88a80005 81000001".replace(" ", "")) + inner, 0.0)
    assert hosts.hosts()[0].addresses == ("10.0.0.7",)


def test_a_move_is_noticed_and_then_held() -> None:
    hosts = table(move_hold_s=1)
    hosts.learn(HERE, arp("10.0.0.1"), 0.0)
    assert not hosts.learn(THERE, arp("10.0.0.1"), 0.5)
    assert hosts.learn(THERE, arp("10.0.0.1"), 1.5)
    assert hosts.hosts()[0].at == THERE
    assert (hosts.moves, hosts.ignored) == (1, 1)


def test_the_table_is_bounded() -> None:
    hosts = table(max_hosts=1)
    hosts.learn(HERE, arp("10.0.0.1"), 0.0)
    assert not hosts.learn(HERE, ethernet(0x1234, b"", mac=bytes.fromhex("020000000002")), 0.0)
    assert hosts.ignored == 1
    assert len(hosts.hosts()) == 1


def test_one_port_cannot_fill_the_table() -> None:
    hosts = table(max_hosts_per_port=2, move_hold_s=0.1)
    for number in range(1, 5):
        hosts.learn(HERE, ethernet(0x1234, b"", mac=bytes((2, 0, 0, 0, 0, number))), 0.0)
    assert len(hosts.hosts()) == 2
    assert hosts.ignored == 2
    assert hosts.learn(THERE, ethernet(0x1234, b"", mac=bytes.fromhex("020000000001")), 1.0), "a move makes room"
    assert hosts.learn(HERE, ethernet(0x1234, b"", mac=bytes.fromhex("020000000003")), 1.0)
    assert not hosts.learn(HERE, ethernet(0x1234, b"", mac=bytes.fromhex("020000000001")), 9.0), "no room to move back"
    assert hosts.forget_ends([HERE])
    assert hosts.learn(HERE, ethernet(0x1234, b"", mac=bytes.fromhex("020000000004")), 9.0)


def test_frames_no_host_sends_are_ignored() -> None:
    hosts = table()
    for frame in (b"", bytes(14), ethernet(0x0800, b"", mac=b"\x01" + bytes(5)), ipv4("10.0.0.1")[:13]):
        assert not hosts.learn(HERE, frame, 0.0)
    assert hosts.hosts() == []


def test_a_cut_off_or_unspecified_address_is_left_out() -> None:
    hosts = table()
    hosts.learn(HERE, ipv4("0.0.0.0"), 0.0)
    hosts.learn(HERE, arp("10.0.0.1")[:24], 0.0)
    assert hosts.hosts()[0].addresses == ()


def test_hosts_of_a_port_that_went_down_are_forgotten() -> None:
    hosts = table()
    hosts.learn(HERE, arp("10.0.0.1"), 0.0)
    assert not hosts.forget_ends([THERE])
    assert hosts.forget_ends([HERE])
    assert hosts.hosts() == []
