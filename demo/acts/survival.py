"""Act 4: accidents. Agent and controller are killed under traffic, and started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from demo.evidence import Rule, all_rules
from demo.functions import SHAPER
from demo.network import ADDRESS, OTHER_CLIENT, VIDEO
from demo.servers import BUSINESS_NAMES, HTTPS_PORT, IPERF_PORT, VIDEO_NAMES, VIDEO_SIZE
from demo.stage import Stage
from demo.traffic import Fetch

BULK_S = 8
CALM_S = 1.5  # between the steps of an accident
CLOCK_SLACK_S = 1.0
FLOW_KEY = ("src", "sport", "dst", "dport", "l4")


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
    """The agent first, then the controller."""
    _agent(stage)
    _controller(stage)


@contextmanager
def under_traffic(stage: Stage) -> Iterator[Load]:
    """Run iperf3 and, from the other client, one business download after the other, for as long as the block lasts."""
    load, over = Load(), threading.Event()

    def browse() -> None:
        while not over.is_set():
            load.fetches.append(stage.traffic.https(BUSINESS_NAMES[1], host=OTHER_CLIENT))
            over.wait(0.3)

    def bulk() -> None:
        load.rate_bps = stage.traffic.iperf(seconds=BULK_S)

    threads = [threading.Thread(target=work, daemon=True) for work in (browse, bulk)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        threads[1].join()
        over.set()
        threads[0].join()


def _agent(stage: Stage) -> None:
    known = {_key(flow) for flow in stage.appsteer.flows() if not flow["ended"]}
    with under_traffic(stage) as load:
        time.sleep(CALM_S)
        pid = stage.appsteer.kill("agent")
        stage.report.say(f"agent killed (process {pid})")
        time.sleep(CALM_S)
        stage.appsteer.start("agent")
        stage.appsteer.wait_ready()
        stage.report.say("agent started again")
    _check_load(stage, "the agent is killed under traffic: traffic goes on", load)
    flows = {_key(flow): flow for flow in stage.appsteer.flows()}
    kept = {key for key in known if key in flows}
    stage.report.check(
        "the agent's state is rebuilt: flows from before are still known",
        bool(known) and kept == known,
        f"appsteer flows: {len(kept)} of {len(known)} flows that were alive before the accident",
    )
    _check_steered(stage, "after the agent's return new video is known and passes the shaper", stage.traffic.https)


def _controller(stage: Stage) -> None:
    with under_traffic(stage) as load:
        before, at = all_rules(), time.monotonic()
        pid = stage.appsteer.kill("controller")
        stage.report.say(f"controller killed (process {pid})")
        time.sleep(CALM_S)
        _check_steered(stage, "without a controller video still passes the shaper", stage.traffic.https)
        stage.appsteer.start("controller")
        stage.appsteer.wait_ready()
        stage.report.say("controller started again")
        time.sleep(CALM_S)
    _check_load(stage, "the controller is killed under traffic: traffic goes on", load)
    _check_rules(stage, before, time.monotonic() - at)


def _check_load(stage: Stage, claim: str, load: Load) -> None:
    logged = stage.logs.text("iperf3").count("receiver")
    stage.report.check(
        claim,
        load.rate_bps > 0 and load.lost == 0 and len(load.fetches) > 1,
        f"iperf3: {load.rate_bps / 1e6:.0f} Mbit/s over {BULK_S} s (server on {IPERF_PORT} completed run {logged}); "
        f"curl: {load.lost} of {len(load.fetches)} downloads lost",
    )


def _check_steered(stage: Stage, claim: str, fetch_from: Callable[[str], Fetch]) -> None:
    before = stage.snapshot()
    fetch = fetch_from(VIDEO_NAMES[1])
    passed = stage.snapshot().since(before)
    forth, back = (passed.of(SHAPER, direction, ADDRESS[VIDEO], "tcp", HTTPS_PORT) for direction in ("forth", "back"))
    stage.report.check(
        claim,
        fetch.worked and forth.packets > 0 and back.size > 0.9 * VIDEO_SIZE,
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


def _key(flow: dict[str, object]) -> tuple[object, ...]:
    return tuple(flow[name] for name in FLOW_KEY)
