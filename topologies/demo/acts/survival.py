"""Act 4: accidents. Agent and controller are killed under traffic, and started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from topologies.demo.evidence import Rule, Tracked, all_rules, established
from topologies.demo.functions import SHAPER
from topologies.demo.network import ADDRESS, CLIENT, INFRA, OTHER_CLIENT, VIDEO
from topologies.demo.servers import (
    BUSINESS_NAMES,
    HTTPS_PORT,
    LONG_VIDEO_PATH,
    LONG_VIDEO_SIZE,
    ODD_MQTT_PORT,
    VIDEO_NAMES,
    VIDEO_SIZE,
)
from topologies.demo.stage import STEERED_SHARE, Stage, eventually
from topologies.demo.steering import FIRST_ZONE
from topologies.demo.traffic import Fetch

BULK_S = 8
BULK_MBIT_S = 50  # leaves two cores some time for everything else; what is lost shows all the same
KEPT_SHARE = 0.95  # of the bulk traffic's rate
BROKER = ("-h", ADDRESS[INFRA], "-p", str(ODD_MQTT_PORT))
CALM_S = 1.5  # for rules to flap in, if they do
UNDER_WAY_S = 0.7  # a long video takes seven times as long through the shaper, and its verdict milliseconds
CLOCK_SLACK_S = 1.0


@dataclass(slots=True)
class Load:
    """What the traffic in the background came to."""

    fetches: list[Fetch] = field(default_factory=list)
    rate_bps: float = 0.0

    @property
    def lost(self) -> int:
        """Downloads that failed."""
        return sum(not fetch.worked for fetch in self.fetches)


def play(stage: Stage) -> None:
    """The agent first, then the controller; a subscription to MQTT messages is there before and after."""
    log = stage.logs.of("mosquitto_sub")
    with stage.network.background(CLIENT, "mosquitto_sub", *BROKER, "-t", "demo/#", log=log):
        if not eventually(lambda: bool(_subscribers())):
            stage.report.say("the MQTT subscriber does not get a mark")
        before = _subscribers()
        _agent(stage)
        _controller(stage)
        stage.traffic.mqtt("still-here")
        got = eventually(lambda: "still-here" in stage.logs.text("mosquitto_sub"))
        after = _subscribers()
    stage.report.check(
        "a connection from before both accidents is alive after them",
        got and bool(before) and before <= after,
        f"mosquitto_sub {'got' if got else 'did not get'} the message published last; "
        f"dump-conntrack: MQTT from port {sorted(before)} before, {sorted(after)} after",
    )


@contextmanager
def under_traffic(stage: Stage) -> Iterator[Load]:
    """Run iperf3 and, from the other client, one business download after the other, for as long as the block lasts."""
    load, over = Load(), threading.Event()

    def browse() -> None:
        while not over.is_set():
            load.fetches.append(stage.traffic.https(BUSINESS_NAMES[1], host=OTHER_CLIENT))
            over.wait(0.3)

    def bulk() -> None:
        load.rate_bps = stage.traffic.iperf(seconds=BULK_S, limit_mbit_s=BULK_MBIT_S)

    threads = [threading.Thread(target=work, daemon=True) for work in (browse, bulk)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        threads[1].join()
        over.set()
        threads[0].join()


@contextmanager
def during_video(stage: Stage, claim: str, function: str, share: float) -> Iterator[None]:
    """Begin a video, let the block happen in the middle of it, and check how much of it came through `function`."""
    fetched: list[Fetch] = []
    thread = threading.Thread(
        target=lambda: fetched.append(stage.traffic.https(VIDEO_NAMES[2], path=LONG_VIDEO_PATH)), daemon=True
    )
    before = stage.snapshot()
    thread.start()
    time.sleep(UNDER_WAY_S)
    yield
    thread.join()
    passed = stage.snapshot().since(before).of(function, "back", ADDRESS[VIDEO], "tcp", HTTPS_PORT)
    fetch = fetched[0]
    complete = fetch.worked and fetch.size == LONG_VIDEO_SIZE
    stage.report.check(
        claim,
        complete and passed.size > share * LONG_VIDEO_SIZE,
        f"nft in {function}: {passed.packets} packets back ({passed.size / 1e6:.2f} MB); "
        f"curl: {fetch.size} of {LONG_VIDEO_SIZE} bytes, {fetch.rate_bps / 1e6:.1f} Mbit/s {fetch.error}".rstrip(),
    )


def _agent(stage: Stage) -> None:
    with under_traffic(stage) as load:
        with during_video(
            stage, "a video that is on its way when the agent dies stays on its path", SHAPER, STEERED_SHARE
        ):
            pid = stage.appsteer.kill("agent")
        stage.report.say(f"agent killed (process {pid})")
        stage.appsteer.start("agent")
        stage.appsteer.wait_ready()
        stage.report.say("agent started again")
    _check_load(stage, "the agent is killed under traffic: traffic goes on", load)
    _check_known(stage, "agent")
    _check_steered(stage, "after the agent's return new video is known and passes the shaper")


def _controller(stage: Stage) -> None:
    with under_traffic(stage) as load:
        before, at = all_rules(), time.monotonic()
        with during_video(
            stage, "a video that is on its way when the controller dies stays on its path", SHAPER, STEERED_SHARE
        ):
            pid = stage.appsteer.kill("controller")
        stage.report.say(f"controller killed (process {pid})")
        _check_steered(stage, "without a controller new video passes the shaper, too")
        stage.appsteer.start("controller")
        stage.appsteer.wait_ready()
        stage.report.say("controller started again")
        time.sleep(CALM_S)
    _check_load(stage, "the controller is killed under traffic: traffic goes on", load)
    _check_rules(stage, before, time.monotonic() - at)
    _check_known(stage, "controller")


def _subscribers() -> set[int]:
    """The client's ports of open MQTT connections, in the first switch's own table."""
    return {each.source_port for each in established(FIRST_ZONE) if each.destination_port == ODD_MQTT_PORT}


def _check_load(stage: Stage, claim: str, load: Load) -> None:
    logged = stage.logs.text("iperf3").count("receiver")
    stage.report.check(
        claim,
        load.rate_bps > KEPT_SHARE * BULK_MBIT_S * 1e6 and load.lost == 0 and len(load.fetches) > 1,
        f"iperf3: {load.rate_bps / 1e6:.1f} of {BULK_MBIT_S} Mbit/s for {BULK_S} s, {logged} runs in its log; "
        f"curl: {load.lost} of {len(load.fetches)} downloads lost",
    )


def _check_steered(stage: Stage, claim: str) -> None:
    before = stage.snapshot()
    fetch = stage.traffic.https(VIDEO_NAMES[1])
    passed = stage.snapshot().since(before)
    forth, back = (passed.of(SHAPER, direction, ADDRESS[VIDEO], "tcp", HTTPS_PORT) for direction in ("forth", "back"))
    stage.report.check(
        claim,
        fetch.worked and forth.packets > 0 and back.size > STEERED_SHARE * VIDEO_SIZE,
        f"nft in shaper: {forth.packets} packets forth, {back.packets} back ({back.size / 1e6:.2f} MB); "
        f"curl: {fetch.size} bytes {fetch.error}".rstrip(),
    )


def _check_rules(stage: Stage, before: dict[tuple[str, str], Rule], elapsed_s: float) -> None:
    """Rules that were there before must be the same ones: cookie, counter and age go on."""
    after = all_rules()
    kept = [key for key, rule in before.items() if key in after and _same(rule, after[key], elapsed_s)]
    stage.report.check(
        "no rule flaps when the controller returns",
        bool(before) and len(kept) == len(before) == len(after),
        f"ovs-ofctl: {len(kept)} of {len(before)} rules with their cookie, counters and age; {len(after)} now"
        + "".join(f"; not kept: {switch} {text}" for switch, text in sorted(before.keys() - set(kept))[:2]),
    )


def _same(old: Rule, new: Rule, elapsed_s: float) -> bool:
    aged = new.duration_s >= old.duration_s + elapsed_s - CLOCK_SLACK_S
    return new.cookie == old.cookie and new.packets >= old.packets and aged


def _check_known(stage: Stage, role: str) -> None:
    """Every connection that the first switch has open and marked is in the list of flows, as what the mark says."""

    def missing() -> list[Tracked]:
        known = {(flow["src"], flow["sport"]): flow["app_id"] for flow in stage.appsteer.flows()}
        return [each for each in established(FIRST_ZONE) if known.get((each.source, each.source_port)) != each.mark]

    complete, marked = eventually(lambda: not missing()), established(FIRST_ZONE)
    stage.report.check(
        f"the {role}'s state is rebuilt: flows from before are known for what they are",
        complete and any(each.destination_port == ODD_MQTT_PORT for each in marked),
        f"dump-conntrack: {len(marked)} open connections with a mark, one of them MQTT; appsteer flows has all but "
        f"{len(missing())}",
    )
