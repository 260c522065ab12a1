"""The servers of the demo: what runs where, under which names and ports, with which logs.

They are the programs that everybody runs, with ordinary configuration; only the ports are odd on purpose, because
AppSteer must know an application by what it says and not by where it listens.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from topologies.demo import certificates
from topologies.demo.machine import NGINX_STREAM, program
from topologies.demo.network import ADDRESS, BUSINESS, INFRA, VIDEO, Network

VIDEO_NAMES = ("www.youtube.com", "www.netflix.com", "vimeo.com")
QUIC_NAME = "www.youtube.com"
BUSINESS_NAMES = ("www.salesforce.com", "slack.com", "outlook.office.com")
INTRANET_NAME = "intranet.demo.test"
# Bytes of one download, of which what a server sends before the verdict (some 50 kB on a busy machine) is a small part.
VIDEO_SIZE = BUSINESS_SIZE = 2_000_000
LONG_VIDEO_PATH, LONG_VIDEO_SIZE = "long", 5_000_000  # five seconds through the shaper
HTTPS_PORT = 443
ODD_HTTP_PORT, ODD_SSH_PORT, ODD_MQTT_PORT, ODD_SIP_PORT = 31337, 8443, 11883, 15060
IPERF_PORT = 5201
MEDIA_PORT = 16384  # RTP at the SIP server; sipp's echo listens there
HIDDEN_SSH_PORT = 2222  # on the server's loopback only: what the multiplexer on port 443 hands SSH to
HIDDEN_TLS_PORT = 8444
SSHD_FOLDER = Path("/run/sshd")  # for sshd's privilege separation; absent until Debian's own sshd is started


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """Where the servers write what they saw; the checks read it."""

    folder: Path

    def of(self, name: str) -> Path:
        """Return the path of the log called `name`."""
        return self.folder / f"{name}.log"

    def text(self, name: str) -> str:
        """Return what the log called `name` holds by now; an absent log is an empty one."""
        path = self.of(name)
        return path.read_text(errors="replace") if path.exists() else ""


class Servers:
    """Starts the servers; the ledger ends them with their namespaces."""

    def __init__(self, network: Network, home: Path) -> None:
        self._network = network
        self._home = home
        self.logs = Logs(folder=home / "logs")
        self.authority = home / "tls" / "ca.pem"
        self.login_key = home / "ssh" / "login"

    def start(self) -> None:
        """Write all configuration and start all servers."""
        self.logs.folder.mkdir(parents=True, exist_ok=True)
        certificates.make_authority(self._home / "tls")
        for name in (*VIDEO_NAMES, *BUSINESS_NAMES):
            certificates.issue(self._home / "tls", name)
        self._start_dns()
        self._start_video()
        self._start_business()
        self._start_ssh()
        self._start_mqtt()
        self._start_telephone()

    def _start_dns(self) -> None:
        records = {**dict.fromkeys(VIDEO_NAMES, VIDEO), **dict.fromkeys((*BUSINESS_NAMES, INTRANET_NAME), BUSINESS)}
        options = (
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--log-queries",
            "--local=/com/test/",
            "--user=root",
        )
        listen = (
            f"--listen-address={ADDRESS[INFRA]}",
            "--bind-interfaces",
            f"--log-facility={self.logs.of('dnsmasq')}",
        )
        names = [f"--address=/{name}/{ADDRESS[host]}" for name, host in records.items()]
        pid_file = f"--pid-file={self._home}/dnsmasq.pid"
        self._network.start(
            INFRA, program("dnsmasq"), *options, *listen, *names, pid_file, log=self.logs.of("dnsmasq-out")
        )

    def _start_video(self) -> None:
        blocks = "".join(self._tls_server(name, f"{HTTPS_PORT} ssl", "video.bin") for name in VIDEO_NAMES)
        self._start_nginx(VIDEO, "video", VIDEO_SIZE, blocks)
        certificate, key = (self._home / "tls" / f"{QUIC_NAME}{suffix}" for suffix in (".pem", ".key"))
        script = Path(__file__).with_name("http3.py")
        arguments = ("serve", ADDRESS[VIDEO], str(HTTPS_PORT), str(certificate), str(key), str(VIDEO_SIZE))
        self._network.start(VIDEO, sys.executable, str(script), *arguments, log=self.logs.of("http3"))
        self._network.start(VIDEO, "iperf3", "-s", "-p", str(IPERF_PORT), log=self.logs.of("iperf3"))

    def _start_business(self) -> None:
        listen = f"127.0.0.1:{HIDDEN_TLS_PORT} ssl"
        blocks = "".join(self._tls_server(name, listen, "business.bin") for name in BUSINESS_NAMES)
        blocks += self._server(INTRANET_NAME, str(ODD_HTTP_PORT), "business.bin")
        # TLS and SSH on the same address and port: nginx looks at the first bytes and hands the connection on.
        stream = f"""
        stream {{
            map $ssl_preread_protocol $who {{ "" 127.0.0.1:{HIDDEN_SSH_PORT}; default 127.0.0.1:{HIDDEN_TLS_PORT}; }}
            log_format line '$remote_addr:$remote_port to=$upstream_addr name=$ssl_preread_server_name '
                            'got=$bytes_received sent=$bytes_sent seconds=$session_time';
            server {{
                listen {ADDRESS[BUSINESS]}:{HTTPS_PORT};
                ssl_preread on;
                proxy_pass $who;
                access_log {self.logs.of("business-443")} line;
            }}
        }}
        """
        self._start_nginx(BUSINESS, "business", BUSINESS_SIZE, blocks, stream)

    def _start_nginx(self, host: str, name: str, size: int, blocks: str, stream: str = "") -> None:
        folder = self._home / name
        folder.mkdir()
        (folder / f"{name}.bin").write_bytes(bytes(size))
        (folder / LONG_VIDEO_PATH).write_bytes(bytes(LONG_VIDEO_SIZE))
        text = f"""
        load_module {NGINX_STREAM};
        user root;
        worker_processes 1;
        daemon off;
        pid {folder}/nginx.pid;
        error_log {self.logs.of(f"{name}-error")} warn;
        events {{ worker_connections 256; }}
        http {{
            log_format line '$remote_addr:$remote_port port=$server_port host=$host name=$ssl_server_name '
                            'status=$status size=$body_bytes_sent';
            access_log {self.logs.of(name)} line;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
            {blocks}
        }}
        {stream}
        """
        configuration = folder / "nginx.conf"
        configuration.write_text(dedent(text))
        self._network.start(
            host, program("nginx"), "-p", str(folder), "-c", str(configuration), log=self.logs.of(f"{name}-out")
        )

    def _tls_server(self, name: str, listen: str, file: str) -> str:
        tls = self._home / "tls"
        return self._server(
            name, listen, file, f"ssl_certificate {tls}/{name}.pem; ssl_certificate_key {tls}/{name}.key;"
        )

    def _server(self, name: str, listen: str, file: str, more: str = "") -> str:
        folder = self._home / file.removesuffix(".bin")
        location = f"location / {{ root {folder}; try_files $uri /{file} =404; }}"
        return f"server {{ listen {listen}; server_name {name}; {more} {location} }}\n"

    def _start_ssh(self) -> None:
        folder = self._home / "ssh"
        folder.mkdir()
        if not SSHD_FOLDER.exists():
            self._network.ledger.folder(SSHD_FOLDER)
            SSHD_FOLDER.mkdir()
        for key in ("host", "login"):
            self._network.run(BUSINESS, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
        (folder / "authorized").write_text((folder / "login.pub").read_text())
        configuration = folder / "sshd_config"
        configuration.write_text(
            dedent(f"""
            ListenAddress {ADDRESS[BUSINESS]}:{ODD_SSH_PORT}
            ListenAddress 127.0.0.1:{HIDDEN_SSH_PORT}
            HostKey {folder}/host
            AuthorizedKeysFile {folder}/authorized
            PermitRootLogin prohibit-password
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            StrictModes no
            UsePAM no
            LogLevel VERBOSE
            PidFile {folder}/sshd.pid
            """)
        )
        options = ("-D", "-f", str(configuration), "-E", str(self.logs.of("sshd")))
        self._network.start(BUSINESS, program("sshd"), *options, log=self.logs.of("sshd-out"))

    def _start_mqtt(self) -> None:
        configuration = self._home / "mosquitto.conf"
        listener = f"listener {ODD_MQTT_PORT} {ADDRESS[INFRA]}\nallow_anonymous true\nlog_type all\n"
        configuration.write_text(f"user root\npersistence false\nlog_dest file {self.logs.of('mosquitto')}\n{listener}")
        self._network.start(INFRA, program("mosquitto"), "-c", str(configuration), log=self.logs.of("mosquitto-out"))

    def _start_telephone(self) -> None:
        folder = self._home / "sip"
        folder.mkdir()
        place = ("-i", ADDRESS[INFRA], "-p", str(ODD_SIP_PORT), "-mi", ADDRESS[INFRA], "-mp", str(MEDIA_PORT))
        options = (
            "-sn",
            "uas",
            "-rtp_echo",
            "-nostdin",
            "-trace_stat",
            "-stf",
            str(self.logs.of("sipp-uas")),
            "-fd",
            "1",
        )
        self._network.start(
            INFRA, "sipp", *options, *place, log=self.logs.of("sipp-uas-out"), cwd=folder, environment={"TERM": "dumb"}
        )
