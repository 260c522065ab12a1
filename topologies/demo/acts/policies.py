"""Act 2: the policies. Real programs talk, every flow gets its application, and functions see just what they should."""

from __future__ import annotations

import re

from topologies.demo.evidence import Count, Snapshot, sniffed, sniffing
from topologies.demo.functions import SHAPER, SHAPER_RATE_MBIT_S, WALL, WALL_TOS
from topologies.demo.network import ADDRESS, BUSINESS, OTHER_CLIENT, VIDEO
from topologies.demo.servers import (
    BUSINESS_NAMES,
    BUSINESS_SIZE,
    HTTPS_PORT,
    ODD_HTTP_PORT,
    ODD_SSH_PORT,
    QUIC_NAME,
    VIDEO_NAMES,
    VIDEO_SIZE,
)
from topologies.demo.stage import CAMPUS, STEERED_SHARE, Stage
from topologies.demo.traffic import Fetch

RATE_SLACK = 1.25  # curl counts bytes that came before the verdict, and the shaper's bucket


def play(stage: Stage) -> None:
    """Plan and apply the policies, then look at each of them."""
    plan = stage.appsteer.plan(CAMPUS)
    stage.report.say((plan.strip().splitlines() or ["(no plan)"])[-1])
    stage.appsteer.apply(CAMPUS)
    _video(stage)
    _video_over_quic(stage)
    _business(stage)
    _odd_http(stage)
    _ssh(stage)


def _video(stage: Stage) -> None:
    before = stage.snapshot()
    fetches = [stage.traffic.https(name) for name in VIDEO_NAMES]
    passed = stage.snapshot().since(before)
    served = sum(_served(stage, "video", fetch, VIDEO_SIZE) for fetch in fetches)
    _check_shaped(stage, "video over HTTPS", passed, "tcp", len(VIDEO_NAMES) * VIDEO_SIZE)
    rate_mbit_s = max(fetch.rate_bps for fetch in fetches) / 1e6
    stage.report.check(
        f"the shaper acts on video: at most {SHAPER_RATE_MBIT_S} Mbit/s, and nothing breaks",
        all(fetch.worked for fetch in fetches)
        and served == len(fetches)
        and rate_mbit_s < SHAPER_RATE_MBIT_S * RATE_SLACK,
        f"curl: {rate_mbit_s:.1f} Mbit/s; nginx log: {served} of {len(fetches)} downloads complete",
    )


def _video_over_quic(stage: Stage) -> None:
    before = stage.snapshot()
    fetch = stage.traffic.http3()
    passed = stage.snapshot().since(before)
    served = f":{fetch.local_port} {QUIC_NAME}" in stage.logs.text("http3")
    _check_shaped(stage, "video over QUIC", passed, "udp", VIDEO_SIZE if fetch.worked and served else 0)


def _check_shaped(stage: Stage, what: str, passed: Snapshot, protocol: str, size: int) -> None:
    forth, back = (
        passed.of(SHAPER, direction, ADDRESS[VIDEO], protocol, HTTPS_PORT) for direction in ("forth", "back")
    )
    elsewhere = passed.of(WALL, "forth", ADDRESS[VIDEO]) + passed.of(WALL, "back", ADDRESS[VIDEO])
    stage.report.check(
        f"{what} passes the shaper in both directions, and only the shaper",
        forth.packets > 0 and back.size > STEERED_SHARE * size > 0 and elsewhere == Count(),
        f"nft in shaper: {forth.packets} packets forth, {back.packets} back ({back.size / 1e6:.2f} of "
        f"{size / 1e6:.2f} MB); in wall: {elsewhere.packets}",
    )


def _business(stage: Stage) -> None:
    before = stage.snapshot()
    fetches = [stage.traffic.https(name) for name in BUSINESS_NAMES]
    passed = stage.snapshot().since(before)
    seen = sum((count for count in passed.counts.values()), Count())
    rate_mbit_s = min(fetch.rate_bps for fetch in fetches) / 1e6
    served = sum(
        stage.logs.text("business").count(f"name={name} status=200 size={BUSINESS_SIZE}") > 0 for name in BUSINESS_NAMES
    )
    stage.report.check(
        "business over HTTPS passes no function and is not slowed",
        all(fetch.worked for fetch in fetches)
        and seen.packets == 0
        and served == len(fetches)
        and rate_mbit_s > SHAPER_RATE_MBIT_S * RATE_SLACK,
        f"nft in both functions: {seen.packets} packets; nginx log: {served} of {len(fetches)} downloads complete; "
        f"curl: {rate_mbit_s:.0f} Mbit/s",
    )


def _odd_http(stage: Stage) -> None:
    before = stage.snapshot()
    log = stage.logs.of("odd-http-dscp")
    with sniffing(stage.network, BUSINESS, f"tcp dst port {ODD_HTTP_PORT} and ip[1] & 0xfc = {WALL_TOS}", log):
        fetch = stage.traffic.http()
    passed = stage.snapshot().since(before)
    place = (ADDRESS[BUSINESS], "tcp", ODD_HTTP_PORT)
    wall, shaper = (passed.of(function, "forth", *place) for function in (WALL, SHAPER))
    answers = [passed.of(function, "back", *place) for function in (SHAPER, WALL)]
    marked = passed.of(SHAPER, "forth_marked", *place)
    served = _served(stage, "business", fetch, BUSINESS_SIZE)
    stage.report.check(
        f"HTTP on port {ODD_HTTP_PORT} passes two functions, and works",
        fetch.worked
        and served
        and min(wall.packets, shaper.packets) > 0
        and min(a.size for a in answers) > STEERED_SHARE * BUSINESS_SIZE,
        f"nft forth: {wall.packets} packets in wall, {shaper.packets} in shaper; back: {answers[0].packets} in shaper, "
        f"{answers[1].packets} in wall; nginx log: {'complete' if served else 'absent'}",
    )
    at_server = sniffed(log)
    stage.report.check(
        "in order: the wall first, then the shaper; and back in reverse",
        0 < marked.packets == shaper.packets and at_server > 0 and _reversed(passed, place),
        f"nft in shaper: {marked.packets} of {shaper.packets} packets forth carry the wall's DSCP, "
        f"{passed.of(SHAPER, 'back_marked', *place).packets} of {answers[0].packets} back; "
        f"tcpdump at {BUSINESS}: {at_server} marked",
    )


def _reversed(passed: Snapshot, place: tuple[str, str, int]) -> bool:
    """Answers reach the shaper before the wall marks them; Linux reflects a mark only in a few packets of its own."""
    back, marked = (passed.of(SHAPER, direction, *place) for direction in ("back", "back_marked"))
    return back.packets > 0 and marked.packets <= back.packets // 10


def _ssh(stage: Stage) -> None:
    log = stage.logs.text("sshd")
    hidden, odd = stage.traffic.ssh(HTTPS_PORT), stage.traffic.ssh(ODD_SSH_PORT)
    fetch = stage.traffic.https(BUSINESS_NAMES[0], host=OTHER_CLIENT)
    since = stage.logs.text("sshd")[len(log) :]
    logins, tries = since.count("Accepted publickey"), since.count("Connection from")
    stage.report.check(
        f"SSH is denied on port {HTTPS_PORT} and on port {ODD_SSH_PORT}",
        not hidden and not odd and logins == 0 and tries == 2,
        f"sshd log: {tries} connections began, {logins} logins; ssh: {'in' if hidden or odd else 'no way in'}",
    )
    stage.report.check(
        f"HTTPS on port {HTTPS_PORT} of the same server works, from the same client",
        fetch.worked and f":{fetch.local_port} " in stage.logs.text("business-443"),
        f"curl: {fetch.size} bytes; nginx log has client port {fetch.local_port}",
    )


def _served(stage: Stage, log: str, fetch: Fetch, size: int) -> bool:
    """Tell whether nginx logged the fetch's connection, and all `size` bytes of the answer."""
    complete = rf"^\S+:{fetch.local_port} port=.* status=200 size={size}$"
    return re.search(complete, stage.logs.text(log), re.MULTILINE) is not None
