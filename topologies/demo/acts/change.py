"""Act 5: another policy, applied under traffic. Video moves from the shaper to the wall; the rest notices nothing."""

from __future__ import annotations

import re
import time

from topologies.demo.acts.survival import BULK_MBIT_S, KEPT_SHARE, during_video, under_traffic
from topologies.demo.evidence import all_rules
from topologies.demo.functions import SHAPER, WALL
from topologies.demo.network import ADDRESS, VIDEO
from topologies.demo.servers import HTTPS_PORT, VIDEO_NAMES, VIDEO_SIZE
from topologies.demo.stage import CHANGED, STEERED_SHARE, Stage

CALM_S = 1.5
MOVED_SHARE = 0.1  # of a video: what was through already when the policy was applied came by the shaper


def play(stage: Stage) -> None:
    """Plan, apply, and look where video goes now."""
    before_rules = all_rules()
    with under_traffic(stage) as load:
        time.sleep(CALM_S)
        plan = stage.appsteer.plan(CHANGED)
        stage.report.say((plan.strip().splitlines() or ["(no plan)"])[-1])
        with during_video(
            stage, "a video that is on its way moves to the wall and comes through whole", WALL, MOVED_SHARE
        ):
            stage.appsteer.apply(CHANGED)
        before = stage.snapshot()
        fetch = stage.traffic.https(VIDEO_NAMES[0])
        passed = stage.snapshot().since(before)
    place = (ADDRESS[VIDEO], "tcp", HTTPS_PORT)
    wall, shaper = passed.of(WALL, "back", *place), passed.of(SHAPER, "back", *place)
    stage.report.check(
        "a changed policy is in force at once: video passes the wall and not the shaper",
        fetch.worked and wall.size > STEERED_SHARE * VIDEO_SIZE and shaper.packets == 0,
        f"nft: {wall.packets} packets back in wall ({wall.size / 1e6:.2f} MB), {shaper.packets} in shaper; "
        f"curl: {fetch.rate_bps / 1e6:.0f} Mbit/s {fetch.error}".rstrip(),
    )
    stage.report.check(
        "traffic goes on while the policy changes",
        load.rate_bps > KEPT_SHARE * BULK_MBIT_S * 1e6 and load.lost == 0 and len(load.fetches) > 1,
        f"iperf3: {load.rate_bps / 1e6:.1f} of {BULK_MBIT_S} Mbit/s; "
        f"curl: {load.lost} of {len(load.fetches)} downloads lost",
    )
    after_rules = all_rules()
    touched = sum(
        key not in after_rules or after_rules[key].duration_s < rule.duration_s for key, rule in before_rules.items()
    )
    planned = sum(int(count) for count in re.findall(r"(\d+) to (?:change|delete)", plan))
    stage.report.check(
        "only the rules that the plan named were touched",
        0 < touched <= planned < len(before_rules),
        f"ovs-ofctl: {touched} of {len(before_rules)} rules replaced or removed, {len(after_rules)} now; "
        f"appsteer: {planned} to change or delete",
    )
