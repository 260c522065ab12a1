"""The controller's configuration file (YAML).

Every option has a default, so an empty file is a valid configuration. Unknown options and wrong values are refused
with file, line and column. `docs/controller.md` describes each option for operators; the model here is the reference.
"""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from controller_app.errors import ConfigError

DEFAULT_OPENFLOW_PORT = 6653  # IANA: openflow
DEFAULT_NORTHBOUND = "unix:/run/appsteer/controller.sock"
UNIX_PATH_MAX = 107  # sun_path of Linux without the closing zero

PositiveSeconds = Annotated[float, Field(gt=0, le=3600)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TlsOptions(_Section):
    """How switches prove who they are, and the controller to them. The files are read again when they change."""

    private_key: Path = Field(description="the controller's private key (PEM, without passphrase)")
    certificate: Path = Field(description="its certificate, with intermediate ones behind it (PEM)")
    authority: Path = Field(description="certificates of the authorities that a switch's must come from (PEM)")
    names: tuple[str, ...] = Field(
        default=(), description="names of which a switch's certificate must have one; any of the authority's if empty"
    )

    @field_validator("names")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in value)


class OpenFlowOptions(_Section):
    """Where switches (their agents) connect."""

    listen: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=DEFAULT_OPENFLOW_PORT, ge=1, le=65535, description="TCP port to listen on")
    request_timeout_s: PositiveSeconds = Field(default=10.0, description="how long a switch may take to answer")
    tls: TlsOptions | None = Field(
        default=None, description="TLS, with certificates on both sides; plain TCP if absent"
    )

    @field_validator("listen")
    @classmethod
    def _is_address(cls, value: str) -> str:
        ipaddress.ip_address(value)
        return value


class DiscoveryOptions(_Section):
    """How links between switches are found (LLDP)."""

    settle_s: PositiveSeconds = Field(
        default=2.0, description="a port without a switch behind it becomes a host port after this time"
    )
    probe_interval_s: PositiveSeconds = Field(default=1.0, description="time between two LLDP frames on a port")
    link_timeout_s: PositiveSeconds = Field(default=10.0, description="a link without frames for this time is gone")
    hello_timeout_s: PositiveSeconds = Field(
        default=2.0,
        description="a switch that did not say an L7 hello by then is an ordinary one",
    )
    forget_s: Annotated[float, Field(gt=0)] = Field(
        default=86_400.0, description="a switch away for this time is no longer part of the network"
    )


class PortOverride(_Section):
    """A port whose kind is said instead of found out."""

    switch: str = Field(description="name of the switch, or its datapath id as 16 hexadecimal digits")
    port: str | int = Field(description="name or number of the port")
    kind: Literal["host", "fabric"] = Field(
        description="host: may be flooded to at once; fabric: never treated as a host port"
    )


class HostOptions(_Section):
    """What is learnt about hosts."""

    max_hosts: int = Field(default=10_000, ge=1, description="hosts remembered; more are ignored and counted")
    max_hosts_per_port: int = Field(
        default=256, ge=1, description="of them behind one port, so that one that makes up addresses displaces no other"
    )
    max_addresses: int = Field(default=16, ge=1, description="IP addresses remembered for one host")
    move_hold_s: PositiveSeconds = Field(
        default=1.0, description="a host that moved is not moved again for this time, so that a loop cannot churn rules"
    )


class FlowOptions(_Section):
    """What is remembered about flows."""

    max_flows: int = Field(default=10_000, ge=1, description="flows remembered; the one longest silent makes room")
    idle_timeout_s: PositiveSeconds = Field(default=900.0, description="a flow without news for this time is forgotten")


class ReconcileOptions(_Section):
    """When rules are recompiled and compared with what is installed."""

    debounce_s: PositiveSeconds = Field(default=0.05, description="changes of the network are collected this long")
    retry_s: PositiveSeconds = Field(default=2.0, description="a change that failed is tried again after this")


class Config(_Section):
    """The whole file."""

    openflow: OpenFlowOptions = OpenFlowOptions()
    northbound: str = Field(default=DEFAULT_NORTHBOUND, description="unix:/path or 127.0.0.1:port")
    policy: Path | None = Field(default=None, description="policy in force at the first start; none allows all")
    state_dir: Path | None = Field(
        default=None, description="folder in which the applied policy and the known network survive a restart"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    applications: tuple[str, ...] = Field(default=(), description="other os-ken applications to load, by module")
    discovery: DiscoveryOptions = DiscoveryOptions()
    ports: tuple[PortOverride, ...] = Field(default=(), description="ports whose kind is said instead of found out")
    hosts: HostOptions = HostOptions()
    flows: FlowOptions = FlowOptions()
    reconcile: ReconcileOptions = ReconcileOptions()

    @field_validator("northbound")
    @classmethod
    def _is_local(cls, value: str) -> str:
        check_northbound(value)
        return value


def check_northbound(address: str) -> None:
    """Raises ValueError unless the address is unix:/path or a loopback address with a port.

    The API has no authentication of its own yet: who may open the socket may change the network, so it stays local.
    """
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        if not path.startswith("/"):
            raise ValueError("the path after 'unix:' must be absolute")
        if len(path.encode()) > UNIX_PATH_MAX:
            raise ValueError(f"the path of a unix socket has at most {UNIX_PATH_MAX} bytes")
        return
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError("expected unix:/path or 127.0.0.1:port")
    if host != "localhost" and not ipaddress.ip_address(host.strip("[]")).is_loopback:
        raise ValueError(f"{host} is not a loopback address; the northbound API is local")


def load_config(path: Path) -> Config:
    """Reads and checks the file; relative paths in it are relative to its folder. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {_reason(error)}", place=str(path)) from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Checks the text of a configuration file; `path` names it in errors and anchors relative paths."""
    try:
        tree = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"not valid YAML: {error.problem}", place=place) from error
    except (YAMLError, ValueError) as error:  # unprintable characters, impossible dates: they have no mark
        raise ConfigError(f"not valid YAML: {str(error).splitlines()[0]}", place=str(path)) from error
    except RecursionError as error:
        raise ConfigError("lists and keys are nested too deep", place=str(path)) from error
    if tree is None:
        tree = CommentedMap()
    if not isinstance(tree, CommentedMap):
        raise ConfigError("expected options as 'name: value'", place=f"{path}:1:1", value=tree)
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise _first_error(error, tree, path) from error
    return _anchored(config, path.parent)


def _anchored(config: Config, folder: Path) -> Config:
    """With the paths that are relative to the file's folder made whole."""
    places = {name: folder / value for name in ("policy", "state_dir") if (value := getattr(config, name))}
    tls = config.openflow.tls
    if tls is None:
        return config.model_copy(update=places)
    files = {name: folder / getattr(tls, name) for name in ("private_key", "certificate", "authority")}
    openflow = config.openflow.model_copy(update={"tls": tls.model_copy(update=files)})
    return config.model_copy(update={**places, "openflow": openflow})


def _first_error(error: ValidationError, tree: CommentedMap, path: Path) -> ConfigError:
    details = error.errors()[0]
    location = details["loc"]
    name = ".".join(str(part) for part in location)
    if details["type"] == "extra_forbidden":
        message = f"unknown option '{name}'"
    elif details["type"] == "missing":
        message = f"option '{name}' is missing"
    else:
        message = f"option '{name}': {details['msg'].removeprefix('Value error, ')} (got {details['input']!r})"
    line, column = _position(tree, location)
    return ConfigError(message, place=f"{path}:{line}:{column}", value=details["input"])


def _position(tree: CommentedMap, location: Sequence[int | str]) -> tuple[int, int]:
    """Line and column, from 1, of the deepest node of `location` that stands in the file."""
    node: object = tree
    found = (1, 1)
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            line, column = node.lc.key(part)
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line, column = node.lc.item(part)
        else:
            break
        found = (line + 1, column + 1)
        node = node[part]
    return found


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else f"not UTF-8 text: {error.reason}"
