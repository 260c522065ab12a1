"""Act 3: what is what. Every application is known on its odd port, and servers' logs agree on who talked about what."""

from __future__ import annotations

import re
from collections.abc import Callable

from topologies.demo.evidence import Snapshot, sniffed, sniffing, trace_next, tracked
from topologies.demo.functions import SHAPER, WALL
from topologies.demo.network import ADDRESS, BUSINESS, CLIENT, INFRA, OTHER_CLIENT, VIDEO
from topologies.demo.servers import (
    HIDDEN_SSH_PORT,
    HTTPS_PORT,
    IPERF_PORT,
    ODD_HTTP_PORT,
    ODD_MQTT_PORT,
    ODD_SIP_PORT,
    ODD_SSH_PORT,
    VIDEO_NAMES,
)
from topologies.demo.stage import Stage
from topologies.demo.steering import FIRST_ZONE, Flow

TCP, UDP = 6, 17
DNS_PORT = 53
TAGGED = r".*push_vlan\(tpid=0x88a8.*"  # the service tag's ethertype: IEEE 802.1Q-2018 table 9-1, S-VLAN
APPLICATIONS = {  # the name that a client asked for → key of the application
    "www.youtube.com": "youtube",
    "www.netflix.com": "netflix",
    "vimeo.com": "vimeo",
    "www.salesforce.com": "salesforce",
    "slack.com": "slack",
    "outlook.office.com": "outlook",
}


def play(stage: Stage) -> None:
    """Make the rest of the traffic, then compare what AppSteer says with what the servers say."""
    before = stage.snapshot()
    _names(stage)
    _queries(stage)
    _telephone(stage)
    _messages(stage)
    _bulk(stage)
    _untouched(stage, before)
    _same_on_odd_ports(stage)
    _next_packets(stage)


def _names(stage: Stage) -> None:
    """For every name: a connection in a server's log, and the same connection's application and mark."""
    for name, key in APPLICATIONS.items():
        log = stage.logs.text("video" if name in VIDEO_NAMES else "business-443")
        found = re.findall(rf"^(\S+):(\d+) .*name={re.escape(name)}(?: |$)", log, re.MULTILINE)
        if not found:
            stage.report.check(f"{name} is {key}", False, "no server saw a connection with this name")
            continue
        source, port = found[-1][0], int(found[-1][1])
        flow = stage.flow(_from(source, port))
        marks = {connection.mark for connection in tracked(source, port)}
        stage.report.check(
            f"{name} is {key}{_at(flow)}",
            flow is not None and flow["app_key"] == key and marks == {flow["app_id"]},
            f"nginx log: {source}:{port} asked for {name}; dump-conntrack: mark {_hex(marks)}{_instead(flow, key)}",
        )


def _queries(stage: Stage) -> None:
    answer = stage.traffic.lookup("www.netflix.com")
    logged = f"query[A] www.netflix.com from {ADDRESS[OTHER_CLIENT]}" in stage.logs.text("dnsmasq")
    flow = stage.flow(_to(INFRA, UDP, DNS_PORT))
    stage.report.check(
        f"DNS is known{_at(flow)} and answered",
        answer == [ADDRESS[VIDEO]] and logged and _is(flow, "dns"),
        f"dig: {answer}; dnsmasq log: query {'' if logged else 'not '}seen{_instead(flow, 'dns')}",
    )


def _telephone(stage: Stage) -> None:
    log = stage.logs.of("rtp")
    with sniffing(stage.network, INFRA, f"udp and host {ADDRESS[OTHER_CLIENT]} and not port {ODD_SIP_PORT}", log):
        worked = stage.traffic.call()
    ports = {int(port) for port in re.findall(rf"> {re.escape(ADDRESS[INFRA])}\.(\d+):", log.read_text())}
    heard, echoed = sniffed(log, f"> {ADDRESS[INFRA]}."), sniffed(log, f"> {ADDRESS[OTHER_CLIENT]}.")
    sip = stage.flow(_to(INFRA, UDP, ODD_SIP_PORT))
    stage.report.check(
        f"SIP on port {ODD_SIP_PORT} is known{_at(sip)}, and the call succeeds",
        worked and _is(sip, "sip"),
        f"sipp: call {'successful' if worked else 'failed'}{_instead(sip, 'sip')}",
    )
    rtp = stage.flow(lambda flow: flow["dst"] == ADDRESS[INFRA] and flow["dport"] in ports and flow["l4"] == UDP)
    stage.report.check(
        f"its RTP is known{_at(rtp)} and comes through in both directions",
        heard > 50 and echoed > 50 and _is(rtp, "rtp"),
        f"tcpdump at {INFRA}: {heard} packets of speech, {echoed} echoed, port {sorted(ports)}{_instead(rtp, 'rtp')}",
    )


def _messages(stage: Stage) -> None:
    got = stage.traffic.mqtt("21.5")
    logged = "Received PUBLISH" in stage.logs.text("mosquitto")
    flow = stage.flow(_to(INFRA, TCP, ODD_MQTT_PORT))
    stage.report.check(
        f"MQTT on port {ODD_MQTT_PORT} is known{_at(flow)} and delivered",
        got == "21.5" and logged and _is(flow, "mqtt"),
        f"mosquitto_sub: '{got}'; mosquitto log: {'' if logged else 'no '}PUBLISH received{_instead(flow, 'mqtt')}",
    )


def _bulk(stage: Stage) -> None:
    rate_bps = stage.traffic.iperf()
    flow = stage.flow(_to(VIDEO, TCP, IPERF_PORT))
    fits = flow is not None and flow["category"] != "video" and flow["app_key"] in ("", "unknown", "iperf", "iperf3")
    stage.report.check(
        "iperf3 is taken for nothing else, though it talks to the video server",
        rate_bps > 0 and fits,
        f"iperf3 server: {rate_bps / 1e6:.0f} Mbit/s; appsteer: {(flow or {}).get('app_key') or 'no application'}",
    )


def _untouched(stage: Stage, before: Snapshot) -> None:
    seen = sum(count.packets for count in stage.snapshot().since(before).counts.values())
    stage.report.check(
        "DNS, SIP, RTP, MQTT and iperf3 pass no function", seen == 0, f"nft in {SHAPER} and {WALL}: {seen} packets"
    )


def _same_on_odd_ports(stage: Stage) -> None:
    """The servers' programs say who spoke HTTP and SSH to them from which port; AppSteer says it of the same flows."""
    logged = (
        ("http", "business", rf"^(\S+):(\d+) port={ODD_HTTP_PORT} "),
        ("ssh", "business-443", rf"^(\S+):(\d+) to=127\.0\.0\.1:{HIDDEN_SSH_PORT} "),
        ("ssh", "sshd", rf"^Connection from (\S+) port (\d+) on \S+ port {ODD_SSH_PORT} "),
    )
    keys, seen = [], []
    for _, log, pattern in logged:
        found = re.findall(pattern, stage.logs.text(log), re.MULTILINE)
        source, port = found[-1] if found else ("nobody", "0")
        seen.append(f"{source}:{port}")
        keys.append(_key(stage.flow(_from(source, int(port)))))
    stage.report.check(
        f"HTTP on {ODD_HTTP_PORT}, SSH on {HTTPS_PORT} and on {ODD_SSH_PORT} are known for what they are",
        keys == [key for key, _, _ in logged],
        f"logs of nginx (HTTP), nginx (to sshd) and sshd: {', '.join(seen)}; appsteer: {', '.join(keys)}",
    )


def _next_packets(stage: Stage) -> None:
    """What the first switch would do with one more packet of connections that its own table has a mark for."""
    stage.traffic.ssh(ODD_SSH_PORT, host=CLIENT)
    video, business = stage.traffic.https("www.youtube.com"), stage.traffic.https("slack.com")
    denied = stage.flow(_from(ADDRESS[CLIENT], key="ssh"))
    _next_packet(stage, "ssh is dropped", BUSINESS, denied["sport"] if denied else 0, r"drop")
    _next_packet(stage, "youtube leaves with a service tag", VIDEO, video.local_port, TAGGED)
    _next_packet(stage, "slack leaves as it is", BUSINESS, business.local_port, r"\d+")


def _next_packet(stage: Stage, what: str, server: str, port: int, pattern: str) -> None:
    connections = [connection for connection in tracked(ADDRESS[CLIENT], port) if connection.zone == FIRST_ZONE]
    claim = f"one more packet of {what}"
    if not connections:
        stage.report.check(claim, False, f"dump-conntrack: no marked connection of {CLIENT} from port {port}")
        return
    macs = (stage.network.mac(CLIENT), stage.network.mac(server))
    actions = trace_next("s1", f"s1-{CLIENT}", connections[0], macs)
    evidence = f"ofproto/trace with the mark {connections[0].mark:#010x} of dump-conntrack: {actions}"
    stage.report.check(claim, re.fullmatch(pattern, actions) is not None, evidence)


def _from(source: str, port: int = 0, key: str = "") -> Callable[[Flow], bool]:
    return lambda flow: flow["src"] == source and port in (0, flow["sport"]) and key in ("", flow["app_key"])


def _to(host: str, l4: int, port: int) -> Callable[[Flow], bool]:
    return lambda flow: (flow["dst"], flow["l4"], flow["dport"]) == (ADDRESS[host], l4, port)


def _is(flow: Flow | None, key: str) -> bool:
    return flow is not None and flow["app_key"] == key


def _key(flow: Flow | None) -> str:
    return "no such flow" if flow is None else flow["app_key"] or flow["state"]


def _at(flow: Flow | None) -> str:
    return f" at packet {flow['verdict_packet']}" if flow is not None and flow["verdict_packet"] else ""


def _instead(flow: Flow | None, key: str) -> str:
    return "" if _is(flow, key) else f"; appsteer says: {_key(flow)}"


def _hex(marks: set[int]) -> str:
    return ", ".join(f"{mark:#010x}" for mark in sorted(marks)) or "none"
