"""What the clients do: ordinary client programs, each reduced to one call that returns what the program measured."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from topologies.demo.network import ADDRESS, BUSINESS, CLIENT, INFRA, OTHER_CLIENT, VIDEO, Network
from topologies.demo.servers import (
    HTTPS_PORT,
    INTRANET_NAME,
    IPERF_PORT,
    ODD_HTTP_PORT,
    ODD_MQTT_PORT,
    ODD_SIP_PORT,
    QUIC_NAME,
    Servers,
)

FETCH_TIMEOUT_S = 20
SSH_TIMEOUT_S = 4
CALL_TIMEOUT_S = 15.0
CALLER_MEDIA_PORT = 26000
MULAW_TONE_S = 3  # longer than the call, so that it never falls silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One download as the client saw it. `rate_bps` is bits a second."""

    worked: bool
    name: str
    local_port: int
    size: int
    rate_bps: float
    error: str


class Traffic:
    """The clients' programs."""

    def __init__(self, network: Network, servers: Servers) -> None:
        self._network = network
        self._servers = servers

    def https(self, name: str, host: str = CLIENT, path: str = "") -> Fetch:
        """Fetch over HTTPS with curl; the name is looked up in the demo's DNS server."""
        return self._curl(host, name, f"https://{name}/{path}")

    def http(self, host: str = CLIENT) -> Fetch:
        """Fetch from the intranet's HTTP server on its odd port."""
        return self._curl(host, INTRANET_NAME, f"http://{INTRANET_NAME}:{ODD_HTTP_PORT}/")

    def http3(self, name: str = QUIC_NAME, host: str = CLIENT) -> Fetch:
        """Fetch over HTTP/3."""
        script = Path(__file__).with_name("http3.py")
        arguments = ("get", name, str(HTTPS_PORT), str(self._servers.authority))
        done = self._network.run(host, sys.executable, str(script), *arguments, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            return _failed(name, last)
        answer = json.loads(done.stdout)
        rate_bps = answer["size"] * 8 / answer["seconds"]
        worked = answer["status"] == "200"
        return Fetch(
            worked=worked, name=name, local_port=answer["local_port"], size=answer["size"], rate_bps=rate_bps, error=""
        )

    def ssh(self, port: int, host: str = OTHER_CLIENT) -> bool:
        """Try to log in and run a command; tell whether it ran."""
        options = (
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            f"ConnectTimeout={SSH_TIMEOUT_S}",
        )
        flags = [word for option in options for word in ("-o", option)]
        target = ("-p", str(port), "-i", str(self._servers.login_key), f"root@{ADDRESS[BUSINESS]}", "echo inside")
        done = self._network.run(host, "ssh", "-F", "none", *flags, *target, timeout_s=SSH_TIMEOUT_S * 2, check=False)
        return done.stdout.strip() == "inside"

    def lookup(self, name: str, host: str = OTHER_CLIENT) -> list[str]:
        """Return the addresses that dig finds for `name`."""
        done = self._network.run(
            host, "dig", "+short", "+tries=2", "+time=2", f"@{ADDRESS[INFRA]}", name, "A", check=False
        )
        return done.stdout.split()

    def mqtt(self, message: str) -> str:
        """Publish `message` from one client and return what the other one got."""
        broker = ("-h", ADDRESS[INFRA], "-p", str(ODD_MQTT_PORT), "-t", "demo/temperature", "-q", "1")
        done_log = self._servers.logs.of("mosquitto_pub")
        publish = f"sleep 0.5; exec mosquitto_pub {' '.join(broker)} -m '{message}'"
        with self._network.background(OTHER_CLIENT, "sh", "-c", publish, log=done_log):
            return self._network.run(CLIENT, "mosquitto_sub", *broker, "-C", "1", "-W", "8", check=False).stdout.strip()

    def call(self, host: str = OTHER_CLIENT) -> bool:
        """Make one telephone call with two seconds of speech; tell whether sipp counts it as successful."""
        folder = self._servers.logs.folder.parent / "caller"
        folder.mkdir(exist_ok=True)
        audio, scenario = folder / "tone.ul", folder / "call.xml"
        audio.write_bytes(_mulaw_tone(MULAW_TONE_S))
        scenario.write_text(Path(__file__).with_name("call.xml").read_text().replace("AUDIO", str(audio)))
        place = ("-i", ADDRESS[host], "-mi", ADDRESS[host], "-mp", str(CALLER_MEDIA_PORT))
        arguments = ("-sf", str(scenario), *place, "-m", "1", "-nostdin", "-timeout", str(int(CALL_TIMEOUT_S)))
        shell = f"cd {folder} && TERM=dumb exec sipp {' '.join(arguments)} {ADDRESS[INFRA]}:{ODD_SIP_PORT}"
        return self._network.run(host, "sh", "-c", shell, timeout_s=CALL_TIMEOUT_S * 2, check=False).returncode == 0

    def iperf(self, seconds: int = 2, limit_mbit_s: int = 0, host: str = CLIENT) -> float:
        """Return the bits a second that iperf3's server received; 0 when it failed. A limit of 0 is none."""
        arguments = ("-c", ADDRESS[VIDEO], "-p", str(IPERF_PORT), "-t", str(seconds), "-b", f"{limit_mbit_s}M", "-J")
        done = self._network.run(host, "iperf3", *arguments, timeout_s=seconds + FETCH_TIMEOUT_S, check=False)
        if done.returncode != 0:
            return 0.0
        return float(json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"])

    def _curl(self, host: str, name: str, url: str) -> Fetch:
        options = (
            "-sS",
            "--max-time",
            str(FETCH_TIMEOUT_S),
            "--cacert",
            str(self._servers.authority),
            "-o",
            "/dev/null",
        )
        done = self._network.run(host, "curl", *options, "-w", "%{json}", url, check=False)
        if not done.stdout:
            return _failed(name, f"curl {url} printed nothing: {done.stderr.strip()}")
        answer = json.loads(done.stdout)
        return Fetch(
            worked=answer["http_code"] == 200 and done.returncode == 0,
            name=name,
            local_port=answer["local_port"],
            size=answer["size_download"],
            rate_bps=answer["speed_download"] * 8,
            error=answer["errormsg"] or "",
        )


def _failed(name: str, error: str) -> Fetch:
    return Fetch(worked=False, name=name, local_port=0, size=0, rate_bps=0, error=error)


def _mulaw_tone(seconds: int) -> bytes:
    """Return G.711 µ-law audio (ITU-T G.711 table 2a) of a 440 Hz tone, 8,000 samples a second."""
    return bytes(_mulaw(int(8000 * math.sin(2 * math.pi * 440 * sample / 8000))) for sample in range(8000 * seconds))


def _mulaw(sample: int) -> int:
    """Compress one 14-bit sample to 8 bits: sign, three bits of segment, four bits of step, all inverted."""
    magnitude = min(abs(sample) + 33, 0x1FFF)
    segment = max(magnitude.bit_length() - 6, 0)
    step = (magnitude >> (segment + 1)) & 0x0F
    return ~((0x80 if sample < 0 else 0) | segment << 4 | step) & 0xFF
