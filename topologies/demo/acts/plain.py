"""Act 1: a network without policies. Everything reaches everything, and the ring of switches does not storm."""

from __future__ import annotations

from topologies.demo.evidence import sniffed, sniffing
from topologies.demo.functions import SHAPER_RATE_MBIT_S
from topologies.demo.network import ADDRESS, BUSINESS, CLIENT, OTHER_CLIENT, VIDEO
from topologies.demo.servers import HTTPS_PORT, ODD_SSH_PORT, VIDEO_NAMES
from topologies.demo.stage import Stage

NOBODY = "10.0.0.99"  # an address that no host has: every ping of it is an ARP broadcast
REQUESTS = 4


def play(stage: Stage) -> None:
    """Make hosts known, look for copies of broadcasts, and show what the policies will change."""
    _reach_everybody(stage)
    _count_broadcasts(stage)
    _work_unhindered(stage)


def _reach_everybody(stage: Stage) -> None:
    pairs = [(client, server) for client in (CLIENT, OTHER_CLIENT) for server in ADDRESS if server != client]
    answers = [
        stage.network.run(client, "ping", "-q", "-c2", "-i0.2", "-W3", ADDRESS[server], check=False).returncode == 0
        for client, server in pairs
    ]
    stage.report.check(
        "both clients reach every host over three switches", all(answers), f"ping: {sum(answers)} of {len(pairs)} pairs"
    )


def _count_broadcasts(stage: Stage) -> None:
    arp = f"arp and arp[6:2] = 1 and arp[24:4] = {_number(NOBODY)}"
    logs = {host: stage.logs.of(f"arp-{host}") for host in (CLIENT, VIDEO, BUSINESS)}
    with (
        sniffing(stage.network, CLIENT, arp, logs[CLIENT], way="out"),
        sniffing(stage.network, VIDEO, arp, logs[VIDEO]),
        sniffing(stage.network, BUSINESS, arp, logs[BUSINESS]),
    ):
        stage.network.run(CLIENT, "ping", "-q", f"-c{REQUESTS}", "-i0.5", "-W1", NOBODY, check=False)
    sent, at_video, at_business = (sniffed(logs[host]) for host in (CLIENT, VIDEO, BUSINESS))
    stage.report.check(
        "a broadcast reaches every switch of the ring exactly once",
        0 < sent == at_video == at_business,
        f"tcpdump: {sent} ARP requests sent, {at_video} copies at {VIDEO}, {at_business} at {BUSINESS}",
    )


def _work_unhindered(stage: Stage) -> None:
    before = stage.snapshot()
    hidden, odd = stage.traffic.ssh(HTTPS_PORT), stage.traffic.ssh(ODD_SSH_PORT)
    accepted = stage.logs.text("sshd").count("Accepted publickey")
    stage.report.check(
        f"without a policy SSH works on ports {HTTPS_PORT} and {ODD_SSH_PORT}",
        hidden and odd and accepted == 2,
        f"sshd log: {accepted} logins accepted",
    )
    fetch = stage.traffic.https(VIDEO_NAMES[0])
    passed = sum(count.packets for count in stage.snapshot().since(before).counts.values())
    stage.report.check(
        "without a policy video is fast and passes no function",
        fetch.worked and fetch.rate_bps > 2e6 * SHAPER_RATE_MBIT_S and passed == 0,
        f"curl: {fetch.rate_bps / 1e6:.1f} Mbit/s; nft in both functions: {passed} packets {fetch.error}".rstrip(),
    )


def _number(address: str) -> int:
    return int.from_bytes(bytes(int(part) for part in address.split(".")))
