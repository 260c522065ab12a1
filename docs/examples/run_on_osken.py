"""Runs applications on os-ken 4, which has no command of its own: `run_on_osken.py PORT MODULE …`."""

from __future__ import annotations

import logging
import sys

from os_ken.base.app_manager import AppManager  # first, as os-ken's modules import each other in a circle

from os_ken import cfg  # isort: skip
from os_ken.controller import controller  # noqa: F401  # isort: skip - registers the options that are set below


def main(port: int, modules: list[str]) -> None:
    """Until a signal ends the process."""
    logging.basicConfig(level=logging.INFO)
    manager = AppManager.get_instance()
    manager.load_apps(modules)
    cfg.CONF(args=[], project="appsteer-example")
    cfg.CONF.set_override("ofp_listen_host", "127.0.0.1")
    cfg.CONF.set_override("ofp_tcp_listen_port", port)
    for service in manager.instantiate_apps(**manager.create_contexts()):
        service.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
