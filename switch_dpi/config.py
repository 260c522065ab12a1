"""The agent's configuration: what may stand in the file, its defaults, and errors with file, line and column.

The models are the only place where an option is described; ``docs/agent.md`` and ``--print-config`` are made from them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ofext.securechannel.contexts import TlsFiles
from switch_dpi.config_places import problem_at, problems_of, root_mapping
from switch_dpi.engine import MAX_COUNT, MAX_THREADS, MAX_TIMEOUT_S
from switch_dpi.errors import ConfigError, ConfigProblem, Place

MAX_INTERFACE_NAME = 15  # Linux IFNAMSIZ is 16 with the terminating zero (linux/if.h)
FIRST_DEFAULT_ZONE = 100  # leaves the low zones, and 0 above all, to rules made by hand
DEFAULT_AGENT = "unix:/run/appsteer/agent.sock"  # beside the controller's
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
MAX_ZONE = 0xFFFF  # a conntrack zone has 16 bits

Port = Annotated[int, Field(ge=1, le=0xFFFF)]
Zone = Annotated[int, Field(ge=1, le=MAX_ZONE)]
Name = Annotated[str, Field(max_length=MAX_INTERFACE_NAME, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$")]
Count = Annotated[int, Field(le=MAX_COUNT)]
Seconds = Annotated[float, Field(gt=0, le=MAX_TIMEOUT_S)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _printable(cls, value: object) -> object:
        """No name, path or address has a zero byte or the like; the system's calls refuse it in many ways."""
        if isinstance(value, str | Path) and not str(value).isprintable():
            raise ValueError("has a character that cannot be printed")
        return value


class Tls(_Section):
    """Who we are and whom we trust. The files are read again when they change, for the next connection."""

    private_key: Path = Field(description="The agent's private key (PEM, without passphrase, readable by root only).")
    certificate: Path = Field(description="Its certificate, with intermediate ones behind it (PEM).")
    authority: Path = Field(description="Certificates of the authorities that the other side's must come from (PEM).")

    @property
    def files(self) -> TlsFiles:
        """As the secure channel wants them."""
        return TlsFiles(private_key=self.private_key, certificate=self.certificate, authority=self.authority)


class ControllerTls(Tls):
    """TLS towards the controller."""

    name: str | None = Field(
        default=None,
        min_length=1,
        description="Name or IP address that the controller's certificate must be for; `controller.address` if absent.",
    )
    check_name: bool = Field(
        default=True, description="Without it, whoever holds any server certificate of the authority can be controller."
    )

    @field_validator("name")
    @classmethod
    def _host(cls, value: str | None) -> str | None:
        if value is not None:
            check_host(value)
        return value


class SwitchTls(_Section):
    """What Open vSwitch is told with `ovs-vsctl set-ssl`."""

    private_key: Path = Field(description="The switch's private key (PEM, without passphrase), read by ovs-vswitchd.")
    certificate: Path = Field(description="Its certificate (PEM).")
    authority: Path = Field(description="Certificate of the authority that the agent's must come from (PEM).")


class OvsTls(Tls):
    """TLS between the bridges and the agent."""

    names: tuple[str, ...] = Field(
        default=(),
        description="Names of which the switch's certificate must have one; any of the authority's will do if empty.",
    )
    switch: SwitchTls | None = Field(
        default=None,
        description="Given to Open vSwitch (`ovs-vsctl set-ssl`, for all its connections) if it has no such settings; "
        "taken away by --teardown. Absent: you have set them.",
    )

    @field_validator("names")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in value)


class Controller(_Section):
    """Where the controller is, and how often it is tried when it is away."""

    address: str = Field(min_length=1, description="Host name or IP address of the controller.")
    port: Port = Field(default=6653, description="TCP port (6653 is OpenFlow's, IANA).")
    reconnect_min_s: float = Field(default=0.2, gt=0, le=60, description="First pause before trying again, in seconds.")
    reconnect_max_s: float = Field(
        default=5.0, gt=0, le=600, description="Longest pause; each one is up to twice the last."
    )
    tls: ControllerTls | None = Field(default=None, description="TLS towards the controller; plain TCP if absent.")

    @field_validator("address")
    @classmethod
    def _host(cls, value: str) -> str:
        check_host(value)
        return value

    @model_validator(mode="after")
    def _pauses_in_order(self) -> Self:
        if self.reconnect_min_s > self.reconnect_max_s:
            raise ValueError(f"reconnect_min_s ({self.reconnect_min_s}) is above reconnect_max_s")
        return self


class Bridge(_Section):
    """One Open vSwitch bridge that the agent stands beside."""

    name: Name = Field(description="Name of the bridge, as in `ovs-vsctl list-br`. It must exist or appear later.")
    listen: str = Field(
        default="auto",
        description="`address:port` where the bridge reaches the agent, or `auto`: a free port of 127.0.0.1.",
    )
    tap_port: Name | None = Field(
        default=None,
        description="Name of the internal port that gets the copies; `tap-NAME` (shortened if too long) if absent.",
    )
    edge_zone: Zone | None = Field(
        default=None,
        description="Conntrack zone that holds the verdicts; 100, 102, 104, … in the order of the list if absent.",
    )
    service_zone: Zone | None = Field(
        default=None,
        description="Conntrack zone that remembers chains; 101, 103, 105, … in the order of the list if absent.",
    )
    conntrack: bool = Field(
        default=True,
        description="Whether the bridge's datapath has a connection tracker. Without one every connection takes rules "
        "in tables that become the agent's (docs/agent.md).",
    )

    @field_validator("listen")
    @classmethod
    def _address_and_port(cls, value: str) -> str:
        if value != "auto":
            split_address(value)
        return value


class Ovs(_Section):
    """How Open vSwitch on this host is reached."""

    run_dir: Path = Field(
        default=Path("/var/run/openvswitch"), description="Folder with `<bridge>.mgmt` and `db.sock`."
    )
    db: str | None = Field(
        default=None, description="OVSDB server for `ovs-vsctl --db`; `unix:<run_dir>/db.sock` if absent."
    )
    timeout_s: float = Field(default=10.0, gt=0, le=600, description="How long one command may take, in seconds.")
    tls: OvsTls | None = Field(
        default=None,
        description="TLS between bridges and agent; plain TCP if absent, and then who may pose as a bridge is decided "
        "by user, and by nothing where `listen` lets other hosts in (docs/tls.md).",
    )

    @property
    def database(self) -> str:
        """What ``ovs-vsctl --db`` is given."""
        return self.db or f"unix:{self.run_dir / 'db.sock'}"


class TapRing(_Section):
    """How packets are taken from the tap."""

    ring: Literal["packets", "blocks"] = Field(
        default="packets",
        description="`packets`: each at once, so that verdicts come early; `blocks`: in blocks (TPACKET_V3) that are "
        "handed over when they are full or a millisecond old, which costs less when there is much to inspect.",
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=MAX_THREADS,
        description="Threads, each with a ring and an engine, among which packets are divided by their addresses, "
        "as is what `engine` bounds. What one learns for guesses and from announcements the others do not know.",
    )


class Engine(_Section):
    """Bounds of the classification engine, one per bridge. Absent: the engine's own default."""

    max_flows: Count | None = Field(
        default=None, ge=16, description="Flows kept at a time; the oldest idle one makes room."
    )
    idle_timeout_tcp_s: Seconds | None = Field(default=None, description="A TCP flow is forgotten after this pause.")
    idle_timeout_udp_s: Seconds | None = Field(
        default=29.0,
        description="A flow of UDP or anything else but TCP is forgotten after this pause. Not longer than "
        "Open vSwitch's tracker remembers it (30 s), or the next one between the same ports is taken for it.",
    )
    max_stream_bytes: Count | None = Field(
        default=None, ge=256, description="First bytes kept of a stream and direction."
    )
    max_inspected_packets: Count | None = Field(
        default=None, ge=1, description="After so many packets the engine gives up."
    )
    max_held_bytes: Count | None = Field(
        default=None,
        ge=65536,
        description="Bytes kept of all flows in inspection (one beyond it is given up), and as many of metadata.",
    )
    inspect_timeout_s: Seconds | None = Field(default=None, description="After so many seconds the engine gives up.")
    defragment: bool = Field(default=True, description="Put IP packets together from their fragments.")
    max_fragment_bytes: Count | None = Field(default=None, ge=65536, description="Bytes of fragments kept for others.")
    reassemble: bool = Field(
        default=True, description="Keep TCP segments that come too early for those before them; else they are not read."
    )
    guess: bool = Field(
        default=False,
        description="Guess a flow at its first packet, from names looked up, earlier verdicts of "
        "its server and networks of applications. Policies "
        "act on a guess as on a verdict: a server with several applications then sends first packets astray.",
    )
    open_tunnels: bool = Field(
        default=False, description="Classify flows inside tunnels too; the switch marks the tunnel, whatever is in it."
    )


class Events(_Section):
    """How flow events go to the controller."""

    batch: int = Field(default=64, ge=1, le=1024, description="At most so many events in one message.")
    delay_ms: int = Field(
        default=2, ge=0, le=1000, description="An event waits at most so long for others, in milliseconds."
    )
    queue: int = Field(
        default=65536, ge=64, description="Events kept while the controller is slow; then the oldest are dropped."
    )
    flow_book: int = Field(
        default=131072, ge=64, description="Live flows remembered for a controller or an agent that returns."
    )
    reconcile_s: float = Field(
        default=15.0,
        ge=1,
        le=3600,
        description="How often flows that the engine no longer sees are looked up in conntrack.",
    )


class Plugins(_Section):
    """What is added to the signatures, and who may change it."""

    folders: tuple[Path, ...] = Field(
        default=(Path("/etc/appsteer/plugins"),),
        description="Folders of plugins that are added to the signatures; one that is not there is empty.",
    )
    by_controller: bool = Field(
        default=True,
        description="Whether the controller may load, unload and reload the plugins of these folders, by name.",
    )
    address: str | None = Field(
        default=DEFAULT_AGENT,
        description="Where `appsteer plugins` reaches the agent: `unix:/path`, `127.0.0.1:port`, or null for nowhere.",
    )
    module_call_ms: float = Field(
        default=200.0, gt=0, le=60_000, description="A Python module is cut off when one call takes longer, in ms."
    )
    module_share: float = Field(
        default=0.2, gt=0, le=1, description="The same when its calls take more of the time (0 to 1) over 10 s."
    )
    module_queue: int = Field(
        default=4096, ge=1, le=1_000_000, description="Events that wait for a module; then the oldest are dropped."
    )

    @field_validator("address")
    @classmethod
    def _local(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("unix:/"):
            host, _, port = value.rpartition(":")
            if host not in LOOPBACK or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 0xFFFF:
                raise ValueError("expected unix:/path or 127.0.0.1:port: who reaches it may run code in the agent")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePlan:
    """A bridge as the agent runs it: every name and number decided."""

    name: str
    listen: tuple[str, int]
    """Address and port; port 0 takes a free one."""
    tap_port: str
    edge_zone: int
    service_zone: int
    has_tracker: bool = True


class AgentConfig(_Section):
    """The whole file."""

    controller: Controller = Field(description="The OpenFlow controller.")
    bridges: tuple[Bridge, ...] = Field(min_length=1, max_length=1024, description="The bridges, at least one.")
    state_dir: Path = Field(
        default=Path("/var/lib/appsteer"), description="Where predicates and status survive a restart."
    )
    signatures: tuple[Path, ...] = Field(
        default=(),
        description="Application signature files or folders of them; those that came with AppSteer if absent.",
    )
    plugins: Plugins = Field(default=Plugins(), description="What is added to the signatures while the agent runs.")
    ovs: Ovs = Field(default=Ovs(), description="How Open vSwitch is reached.")
    capture: TapRing = Field(default=TapRing(), description="How packets are taken from the tap.")
    engine: Engine = Field(default=Engine(), description="Bounds of the classification engine.")
    events: Events = Field(default=Events(), description="How flow events go to the controller.")
    nice: int = Field(
        default=-10,
        ge=-20,
        le=19,
        description="Scheduling priority; -10 is what ovs-ctl gives to ovs-vswitchd. Engines come 5 before it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")

    @property
    def plans(self) -> tuple[BridgePlan, ...]:
        """The bridges with everything that was left open filled in."""
        return tuple(_plan(bridge, index) for index, bridge in enumerate(self.bridges))


def load_config(path: Path) -> AgentConfig:
    """Read and check ``path``; :class:`~switch_dpi.errors.ConfigError` lists all that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((_problem(path, 1, 1, f"cannot be read: {error}"),)) from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> AgentConfig:
    """As :func:`load_config`, from text; ``path`` is only named in errors."""
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ConfigError((_problem(path, line, column, f"not YAML: {error.problem}"),)) from error
    except RecursionError as error:
        raise ConfigError((_problem(path, 1, 1, "not YAML: nested too deeply"),)) from error
    except (
        YAMLError,
        ValueError,
        LookupError,
    ) as error:  # unprintable characters; values such as `!!int x`, 2001-99-99
        raise ConfigError((_problem(path, 1, 1, f"not YAML: {str(error).splitlines()[0]}"),)) from error
    root = root_mapping(document)
    if root is None:
        raise ConfigError((_problem(path, 1, 1, "expected a mapping with `controller` and `bridges`"),))
    try:
        config = AgentConfig.model_validate(root)
    except ValidationError as error:
        raise ConfigError(problems_of(error, root, path, AgentConfig)) from error
    problems = [
        problem_at(("bridges", index, option), root, path, text) for index, option, text in _shared(config.plans)
    ]
    if problems:
        raise ConfigError(tuple(problems))
    return config


def split_address(value: str) -> tuple[str, int]:
    """``127.0.0.1:16653`` or ``[::1]:16653`` as address and port; ValueError says what is wrong."""
    address, colon, port = value.rpartition(":")
    if not colon or not address or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 0xFFFF:
        raise ValueError("expected address:port with a port of 1 to 65535, or auto")
    host = address.removeprefix("[").removesuffix("]")
    check_host(host)
    return host, int(port)


def check_host(value: str) -> None:
    """ValueError for what the resolver does not even look up: a label that is empty or too long."""
    try:
        value.encode("idna")
    except UnicodeError as error:
        raise ValueError("expected a host name or an IP address") from error


def _plan(bridge: Bridge, index: int) -> BridgePlan:
    edge = FIRST_DEFAULT_ZONE + 2 * index
    return BridgePlan(
        name=bridge.name,
        listen=("127.0.0.1", 0) if bridge.listen == "auto" else split_address(bridge.listen),
        tap_port=bridge.tap_port or _tap_name(bridge.name),
        edge_zone=bridge.edge_zone or edge,
        service_zone=bridge.service_zone or edge + 1,
        has_tracker=bridge.conntrack,
    )


def _tap_name(bridge: str) -> str:
    name = f"tap-{bridge}"
    if len(name) <= MAX_INTERFACE_NAME:
        return name
    return f"tap-{hashlib.sha256(bridge.encode()).hexdigest()[: MAX_INTERFACE_NAME - 4]}"


def _shared(plans: tuple[BridgePlan, ...]) -> list[tuple[int, str, str]]:
    """Interfaces, ports and zones are shared by all bridges of a host: (index, option, text) of each used twice."""
    seen: dict[tuple[str, object], str] = {}
    found = []
    for index, plan in enumerate(plans):
        used: list[tuple[str, str, object]] = [
            ("name", "interface", plan.name),
            ("tap_port", "interface", plan.tap_port),
        ]
        used += [("edge_zone", "zone", plan.edge_zone), ("service_zone", "zone", plan.service_zone)]
        if plan.listen[1]:
            used.append(("listen", "listen", plan.listen))
        for option, what, value in used:
            other = seen.setdefault((what, value), f"bridges[{index}].{option}")
            if other != f"bridges[{index}].{option}":
                shown = "{}:{}".format(*value) if isinstance(value, tuple) else value
                found.append((index, option, f"{shown} is already used by {other}"))
    return found


def _problem(path: Path, line: int, column: int, text: str) -> ConfigProblem:
    return ConfigProblem(place=Place(file=path, line=line, column=column), option="", text=text)
