"""The next connection between the same ports is another one, however the first one ended."""

from __future__ import annotations

import asyncio
import random

import pytest

from switch_dpi.conntrack import TCP, UDP, flow_key
from tests.integration.conntrack.conftest import play
from tests.integration.conntrack.truth import Truth
from tests.lab.conversations import DNS, HTTP, NTP, REDIS, SSH, STREAMS, STUN, Talk, datagrams, listening
from tests.lab.network import Lab

pytestmark = pytest.mark.integration

PORT = 31400
CLIENT_PORT = 23456
NO_PACKETS = "cookie=0x1"  # not the controller's own: it lets such rules stand
TRACKER_FORGETS_S = 31.0  # Open vSwitch 3.1, userspace: 30 s after the last datagram of an answered one


async def one_after_another(lab: Lab, truth: Truth, rounds: int, *, reset: bool, version: int = 4) -> None:
    """Each time another application between the same two ports."""
    chosen = random.Random(rounds)
    async with listening(lab.hosts["h2"], PORT, version=version) as (listener,):
        before = HTTP
        with truth.watched():
            for _ in range(rounds):
                conversation = chosen.choice([found for found in STREAMS if found is not before])
                talk = await listener.talk(lab.hosts["h1"], conversation, CLIENT_PORT)
                key = flow_key(TCP, *talk.ends)
                truth.note("br1", talk)
                await talk.say()
                before = conversation
                if reset:
                    talk.close()
                else:
                    await talk.end()
        lab.let_go("br1", key)
        talk = await listener.talk(lab.hosts["h1"], SSH, CLIENT_PORT)
        truth.note("br1", talk)
        await talk.say()
        truth.wait()


@pytest.mark.parametrize("rounds", [100, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_after_a_reset(lab: Lab, truth: Truth, rounds: int, version: int) -> None:
    play(one_after_another(lab, truth, rounds, reset=True, version=version))


def test_after_an_orderly_end(lab: Lab, truth: Truth) -> None:
    play(one_after_another(lab, truth, 30, reset=False))


def test_after_an_end_that_no_packet_told_of(lab: Lab, truth: Truth) -> None:
    """Both ends forget the connection, as after a crash; for the tracker it stands for another 24 hours."""

    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            for conversation in (SSH, HTTP, REDIS):
                talk = await listener.talk(lab.hosts["h1"], conversation, CLIENT_PORT)
                truth.note("br1", talk)
                truth.check_now()
                await talk.say()
                truth.wait()
                forget(lab, talk)

    play(scene())


@pytest.mark.slow
def test_after_a_denied_one_whose_ends_were_dropped(lab: Lab, truth: Truth) -> None:
    lab.apply("version: 1\npolicies: [{name: no-ssh, match: {application: ssh}, action: deny}]\n")

    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            denied = await listener.talk(lab.hosts["h1"], SSH, CLIENT_PORT)
            truth.note("br1", denied)
            await asyncio.gather(asyncio.wait_for(denied.say(), 2.0), return_exceptions=True)
            truth.wait()
            denied.close()
            talk = await listener.talk(lab.hosts["h1"], HTTP, CLIENT_PORT)
            truth.note("br1", talk)
            await talk.say()
            truth.wait()

    play(scene())


@pytest.mark.slow
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
def test_datagrams_between_the_same_ports_after_a_pause(lab: Lab, truth: Truth, version: int) -> None:
    async def scene() -> None:
        for conversation in (DNS, NTP, STUN):
            talk = datagrams(lab.hosts["h1"], lab.hosts["h2"], conversation, (CLIENT_PORT, PORT), version)
            truth.note("br1", talk, UDP)
            truth.check_now()
            await talk.say()
            truth.check_now()
            truth.wait()
            talk.close()
            await asyncio.sleep(TRACKER_FORGETS_S)

    play(scene())


def forget(lab: Lab, talk: Talk) -> None:
    """Both kernels forget it without a packet: what they send meanwhile does not get past the bridge's first table."""
    lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "add-flow", "br1", f"{NO_PACKETS},priority=65535,tcp,actions=drop")
    talk.close()
    lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", "br1", f"{NO_PACKETS}/-1")
