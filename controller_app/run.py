"""Starts the controller process: checks what can be checked first, then hands over to os-ken."""

import logging
import os
import signal
import socket
import threading
from pathlib import Path
from types import FrameType
from typing import Final

from os_ken import cfg
from os_ken.base.app_manager import AppManager
from os_ken.controller import controller  # noqa: F401 - registers the options that are set below; only after app_manager

from controller_app.app import OPTION
from controller_app.config import Config, load_config
from controller_app.errors import ConfigError, ControllerError
from controller_app.network import load_saved_network
from controller_app.northbound.server import prepare_socket, unix_path
from controller_app.policy_store import PolicyStore
from controller_app.secure import check_files, use_tls

LOG = logging.getLogger(__name__)

CHECK_S: Final = 1.0  # how soon the end of os-ken's own threads is noticed
APPLICATION: Final = "controller_app.app"


def run(config_path: Path) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit code. Raises ControllerError or PolicyErrors before it starts."""
    config = load_config(config_path)
    PolicyStore(config)
    load_saved_network(config)
    check_files(config.openflow)
    _check_free(config)
    logging.basicConfig(
        level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    # os-ken logs each application and event class it loads.
    logging.getLogger("os_ken").setLevel(logging.WARNING)
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        LOG.info("%s: ending; the switches go on by the rules they have", signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    code = _serve(config, config_path, stop)
    logging.shutdown()
    # os-ken's thread that accepts connections cannot be ended, and Python would wait for it.
    os._exit(code)


def _serve(config: Config, config_path: Path, stop: threading.Event) -> int:
    manager = AppManager.get_instance()
    try:
        manager.load_apps([APPLICATION, *config.applications])
    except ImportError as error:
        raise ConfigError(f"option 'applications': {error}", place=str(config_path)) from error
    # Applications register their options when they are imported, which is refused once the options were read.
    cfg.CONF(args=[], project="appsteer", default_config_files=[])
    cfg.CONF.set_override(OPTION, str(config_path))
    cfg.CONF.set_override("ofp_listen_host", config.openflow.listen)
    cfg.CONF.set_override("ofp_tcp_listen_port", config.openflow.port)
    use_tls(config.openflow)
    try:
        services = manager.instantiate_apps(**manager.create_contexts())
    except ControllerError as error:
        # os-ken's threads run already, so the process ends only where run() ends it.
        LOG.critical("%s", error)
        return 1
    way = "TLS" if config.openflow.tls else "plain TCP"
    LOG.info("waiting for switches at %s:%d (%s)", config.openflow.listen, config.openflow.port, way)
    application = manager.applications["AppSteer"]
    while not stop.wait(CHECK_S):
        if not all(service.is_alive() for service in services) or not application.is_working:
            LOG.error("a part of the controller has failed (see above): ending, so that it can be started anew")
            break
    manager.close()
    return 0 if stop.is_set() else 1


def _check_free(config: Config) -> None:
    """An address in use would otherwise end a thread of os-ken with a traceback, and nothing else."""
    _check_port_free("OpenFlow", config.openflow.listen, config.openflow.port)
    path = unix_path(config.northbound)
    if path is not None:
        prepare_socket(path)
    else:
        host, _, port = config.northbound.rpartition(":")
        _check_port_free("the northbound API", host.strip("[]"), int(port))


def _check_port_free(who: str, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ControllerError(f"{who} cannot listen there: {error.strerror}", place=f"{host}:{port}") from error
