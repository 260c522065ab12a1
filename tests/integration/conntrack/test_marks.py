"""Each mark is on the right connection: many at a time, IPv4, IPv6, TCP, UDP, ICMP, equal addresses at two bridges."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from switch_dpi.conntrack import UDP
from tests.integration.conntrack.conftest import play
from tests.integration.conntrack.truth import Truth
from tests.lab.conversations import DATAGRAMS, HTTP, REDIS, SMTP, SSH, STREAMS, Talk, datagrams, listening
from tests.lab.network import Lab
from tests.lab.processes import until

pytestmark = pytest.mark.integration

ODD_PORTS = (31337, 31338, 31339)
DENIED_S = 4.0  # time enough for what is allowed
AT_A_TIME = 100  # handshakes under way: more, and the listening sockets' queues would be what is tested


@pytest.mark.quick_without_tracker
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("count", [200, pytest.param(3000, marks=pytest.mark.slow)])
def test_parallel_connections_have_the_marks_of_their_applications(
    lab: Lab, truth: Truth, version: int, count: int
) -> None:
    """They all stay open; application and port have nothing to do with each other."""

    async def scene() -> None:
        turns = asyncio.Semaphore(AT_A_TIME)
        async with listening(lab.hosts["h2"], *ODD_PORTS, version=version) as listeners:

            async def one(number: int) -> None:
                async with turns:
                    listener = listeners[number % len(listeners)]
                    talk = await listener.talk(lab.hosts["h1"], STREAMS[number % len(STREAMS)])
                    truth.note("br1", talk)
                    await talk.say()

            with truth.watched():
                await asyncio.gather(*map(one, range(count)))
            truth.wait()

    play(scene())


@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_datagrams_are_marked(lab: Lab, truth: Truth, version: int) -> None:
    async def scene() -> None:
        talks = []
        for number, conversation in zip(range(60), itertools.cycle(DATAGRAMS), strict=False):
            talk = datagrams(lab.hosts["h1"], lab.hosts["h2"], conversation, (20000 + number, 31000 + number), version)
            talks.append(talk)
            truth.note("br1", talk, UDP)
            await talk.say()
        truth.wait()
        for talk in talks:
            talk.close()

    play(scene())


def test_equal_addresses_and_ports_at_two_bridges_are_two_connections(lab: Lab, truth: Truth) -> None:
    async def scene() -> None:
        async with (
            listening(lab.hosts["h2"], ODD_PORTS[0]) as (here,),
            listening(lab.hosts["h4"], ODD_PORTS[0]) as (there,),
        ):
            talks = []
            for number in range(40):
                pair = (STREAMS[number % 4], STREAMS[(number + 1) % 4])
                for listener, host, bridge, conversation in zip(
                    (here, there), ("h1", "h3"), ("br1", "br2"), pair, strict=True
                ):
                    talk = await listener.talk(lab.hosts[host], conversation, 22000 + number)
                    truth.note(bridge, talk)
                    talks.append(talk)
            with truth.watched():
                await asyncio.gather(*(talk.say() for talk in talks))
            truth.wait()

    play(scene())


@pytest.mark.quick_without_tracker
def test_the_rules_of_an_application_hold_for_its_connections_and_no_others(lab: Lab, truth: Truth) -> None:
    lab.apply("version: 1\npolicies: [{name: no-ssh, match: {application: ssh}, action: deny}]\n")

    async def scene() -> None:
        async with listening(lab.hosts["h2"], ODD_PORTS[0]) as (listener,):
            talks = [
                await listener.talk(lab.hosts["h1"], conversation) for conversation in (HTTP, SSH, REDIS, SSH, SMTP)
            ]
            for talk in talks:
                truth.note("br1", talk)
            results = await asyncio.gather(
                *(asyncio.wait_for(talk.say(), DENIED_S) for talk in talks), return_exceptions=True
            )
            truth.wait()
            assert [result is None or talk.conversation is SSH for talk, result in zip(talks, results, strict=True)]
            for talk in talks:
                await still_passes(talk, expected=talk.conversation is not SSH)

    play(scene())


def test_an_echo_is_marked_for_its_identifier(lab: Lab) -> None:
    lab.hosts["h1"].run("ping", "-q", "-c3", "-i0.2", lab.hosts["h2"].ipv4)
    lab.hosts["h1"].run("ping", "-q", "-c3", "-i0.2", lab.hosts["h2"].ipv6)
    names = {app.app_id: app.key for app in lab.client.apps()}

    def both_are_marked() -> bool:
        found = {(entry.l4, names.get(entry.mark)) for entry in lab.settled("br1")}
        assert found >= {(1, "icmp"), (58, "icmpv6")}, found
        return True

    until("echoes are marked", both_are_marked)


async def still_passes(talk: Talk, *, expected: bool) -> None:
    """Whether what the client says now arrives."""
    loop = asyncio.get_running_loop()
    while not talk.server.getblocking():  # what arrived before the verdict is not what is asked for
        try:
            if not talk.server.recv(65536):
                break
        except BlockingIOError:
            break
    await loop.sock_sendall(talk.client, b"more")
    try:
        arrived = bool(await asyncio.wait_for(loop.sock_recv(talk.server, 4), 10.0 if expected else 1.0))
    except TimeoutError:
        arrived = False
    assert arrived == expected, talk.conversation.key
