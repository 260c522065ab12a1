"""Half-open floods, fragments, errors of ICMP, connections that are idle for long."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from ofext.openflow.marks import L4, Connection, frame
from switch_dpi.conntrack import UDP
from tests.integration.conntrack.conftest import play
from tests.integration.conntrack.test_marks import still_passes
from tests.integration.conntrack.truth import Truth
from tests.lab.conversations import DNS, HTTP, LONG_SIP, SSH, Listener, datagrams, listening
from tests.lab.hosts import Host
from tests.lab.network import Lab
from tests.lab.processes import until

pytestmark = pytest.mark.integration

PORT = 31500
ENGINE_FORGETS_S = 6.0  # the laboratory's agent is told 5
AGENT_MAY_KEEP = 64 << 20  # bytes, whatever comes,
FOR_EACH = 8 << 10  # and for each connection that says nothing
SYN = 0x02
FLAGS_FROM_END, CHECKSUM_FROM_END = 7, 4  # of a frame that ends with TCP's header


@pytest.mark.parametrize("count", [500, pytest.param(5000, marks=pytest.mark.slow)])
def test_a_flood_of_half_open_connections_is_not_marked_and_harms_nobody(lab: Lab, truth: Truth, count: int) -> None:
    async def scene() -> None:
        before = lab.programs.memory("agent")
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            with truth.watched():
                flood = asyncio.to_thread(send_half_open, lab.hosts["h1"], lab.hosts["h2"], count, lab.flood_pause_s)
                await asyncio.gather(flood, honest(lab, truth, listener))
            truth.wait()
        silent = [found for found in lab.tracked("br1") if found.src.startswith("10.0.1.")]
        assert len(silent) >= 0.9 * count
        assert not any(found.mark or found.label for found in silent)
        assert lab.programs.memory("agent") - before < AGENT_MAY_KEEP + FOR_EACH * count

    play(scene())


def test_fragments_are_of_the_connection_of_their_datagram(lab: Lab, truth: Truth) -> None:
    async def scene() -> None:
        for version in (4, 6):
            talk = datagrams(lab.hosts["h1"], lab.hosts["h2"], LONG_SIP, (24000, PORT), version)
            truth.note("br1", talk, UDP)
            await talk.say()
            truth.wait()
            await talk.say()
            talk.close()

    play(scene())


@pytest.mark.slow
def test_fragments_of_a_denied_connection_do_not_pass(lab: Lab, truth: Truth) -> None:
    lab.apply("version: 1\npolicies: [{name: no-sip, match: {application: sip}, action: deny}]\n")

    async def scene() -> None:
        talk = datagrams(lab.hosts["h1"], lab.hosts["h2"], LONG_SIP, (24001, PORT))
        truth.note("br1", talk, UDP)
        await asyncio.gather(asyncio.wait_for(talk.say(), 2.0), return_exceptions=True)
        truth.wait()
        await still_passes(talk, expected=False)
        talk.close()

    play(scene())


def test_an_error_about_a_datagram_comes_back_and_marks_nothing(lab: Lab, truth: Truth) -> None:
    async def scene() -> None:
        talk = datagrams(lab.hosts["h1"], lab.hosts["h2"], DNS, (24002, PORT))
        truth.note("br1", talk, UDP)
        talk.server.close()  # what comes now is answered by ICMP, type 3, code 3
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(talk.client, DNS.says[0][1])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.wait_for(loop.sock_recv(talk.client, 100), 5.0)
        truth.wait()
        assert not [found for found in lab.tracked("br1") if found.l4 == L4.ICMP and found.mark]
        talk.client.close()

    play(scene())


@pytest.mark.slow
def test_an_idle_connection_keeps_its_mark_and_ends_under_its_name(lab: Lab, truth: Truth) -> None:
    """The engine has forgotten it by then; its FIN is all that is copied."""

    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            talk = await listener.talk(lab.hosts["h1"], SSH, 24003)
            truth.note("br1", talk)
            await talk.say()
            truth.wait()
            await asyncio.sleep(ENGINE_FORGETS_S)
            truth.wait()
            await still_passes(talk, expected=True)
            assert ends_of(lab, 24003) == ("ssh", False)
            await talk.end()

            def is_told() -> bool:
                assert ends_of(lab, 24003) == ("ssh", True), ends_of(lab, 24003)
                return True

            await asyncio.to_thread(until, "the controller is told of the end", is_told)

    play(scene())


async def honest(lab: Lab, truth: Truth, listener: Listener) -> None:
    """Conversations beside a flood."""
    for number in range(20):
        talk = await listener.talk(lab.hosts["h1"], (HTTP, SSH)[number % 2])
        truth.note("br1", talk)
        await talk.say()


def ends_of(lab: Lab, port: int) -> tuple[str, bool]:
    """Application of the newest flow from a port, as the controller has it, and whether it has ended."""
    flow = [found for found in lab.client.flows() if found.sport == port][-1]
    return flow.app_key, flow.ended


def send_half_open(source: Host, target: Host, count: int, pause_s: float) -> None:
    """SYNs of clients that nobody can answer, as they are not there; a hundred, a pause, and so on."""
    with source.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((f"{source.name}-eth0", 0))
        for number in range(count):
            made_up = f"10.0.1.{1 + number % 250}"
            wire.send(syn(made_up, 1024 + number // 250, target.ipv4, PORT, source.mac, target.mac))
            if number % 100 == 99:
                time.sleep(pause_s)


def syn(src: str, sport: int, dst: str, dport: int, eth_src: str, eth_dst: str) -> bytes:
    """A mark's frame with the flag set, and with real Ethernet addresses."""
    made = bytearray(frame(Connection(src=src, dst=dst, sport=sport, dport=dport, l4=L4.TCP)))
    made[0:12] = bytes.fromhex((eth_dst + eth_src).replace(":", ""))
    made[-FLAGS_FROM_END] = SYN
    checksum = int.from_bytes(made[-CHECKSUM_FROM_END:-2], "big")
    made[-CHECKSUM_FROM_END:-2] = ((checksum - SYN) % 0xFFFF).to_bytes(2, "big")  # RFC 1624 §3
    return bytes(made)
