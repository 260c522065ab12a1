"""Serves the agent's API. Calls run in a few threads of their own, beside bridges and engines.

Owns the socket: a stale one, left by a process that died, is removed; one that another process answers on is not taken.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NoReturn

import grpc
from grpc_reflection.v1alpha import reflection

from plugins.entries import GIVEN
from plugins.pack import Plugin, PluginError, read_plugin
from switch_dpi._native import EngineOptions
from switch_dpi.errors import SwitchDpiError
from switch_dpi.look_up import look_up
from switch_dpi.modules import ModuleHost
from switch_dpi.native_engine import NativeEngine
from switch_dpi.northbound import agent_pb2 as pb
from switch_dpi.northbound import agent_pb2_grpc as rpc
from switch_dpi.northbound import convert
from switch_dpi.plugin_set import Assembled, PluginSet, failed_examples, report
from switch_dpi.plugins_diff import differences

log = logging.getLogger(__name__)

THREADS: Final = 4
SOCKET_UMASK: Final = 0o117  # who may open the socket may run code in the agent: owner and group
MAX_HOSTS: Final = 10_000  # in one request: the answers fit into the 4 MiB that clients of gRPC take
MAX_DETAIL_SIZE: Final = 2_048  # bytes of a status: it travels in a header of 8 KiB, where a byte may take three


class AgentServer:
    """The server: start() and close()."""

    def __init__(self, address: str, plugins: PluginSet, modules: ModuleHost, version: Callable[[], str]) -> None:
        """``version`` says which catalogue the controller is told."""
        self._address = address
        self._server = grpc.server(ThreadPoolExecutor(THREADS, thread_name_prefix="agent-api"))
        add: Callable[[Servicer, grpc.Server], None] = rpc.add_PluginsServicer_to_server  # generated without types
        add(Servicer(plugins, modules, version), self._server)
        names = (pb.DESCRIPTOR.services_by_name["Plugins"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    def start(self) -> None:
        """Listen. Raises SwitchDpiError."""
        path = unix_path(self._address)
        if path is not None:
            _prepare(path)
        umask = os.umask(SOCKET_UMASK)
        try:
            self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise SwitchDpiError(f"{self._address}: the API cannot listen there") from error
        finally:
            os.umask(umask)
        self._server.start()
        log.info("API at %s", self._address)

    def close(self) -> None:
        """End calls under way and remove the socket."""
        self._server.stop(grace=0.5).wait()
        path = unix_path(self._address)
        if path is not None:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def serving(address: str | None, engine: NativeEngine) -> Iterator[None]:
    """The API at ``address`` while it lasts. Where it cannot listen, the agent does without and says so."""
    server = None
    if address is not None:
        server = AgentServer(address, engine.plugins, engine.modules, lambda: engine.facts.catalogue.version)
        try:
            server.start()
        except SwitchDpiError as error:
            log.warning("no API: %s", error)
            server = None
    try:
        yield
    finally:
        if server is not None:
            server.close()


class Servicer(rpc.PluginsServicer):
    """The calls. Names are those of the .proto file."""

    def __init__(self, plugins: PluginSet, modules: ModuleHost, version: Callable[[], str]) -> None:
        self._plugins = plugins
        self._modules = modules
        self._version = version

    def List(self, _request: pb.ListRequest, _: grpc.ServicerContext) -> pb.PluginList:
        return self._list(self._plugins.current)

    def Show(self, request: pb.PluginName, context: grpc.ServicerContext) -> pb.Plugin:
        plugin = self._plugins.current.plugin(request.name)
        if plugin is None:
            _refuse(context, grpc.StatusCode.NOT_FOUND, f"no plugin is called {request.name!r}")
        message = convert.plugin_message(
            plugin, is_base=self._plugins.is_base(plugin.name), modules=self._modules.status()
        )
        return convert.with_content(message, plugin)

    def Lint(self, request: pb.PluginPath, context: grpc.ServicerContext) -> pb.Findings:
        with _faults(context):
            plugin = _read(request.path)
        found = report(plugin, self._plugins.without(plugin.name))
        message = convert.plugin_message(plugin, is_base=False)
        return pb.Findings(findings=found.faults, warnings=found.warnings, plugin=message)

    def Test(self, request: pb.PluginPath, context: grpc.ServicerContext) -> pb.Findings:
        with _faults(context):
            plugin = _read(request.path)
        found = failed_examples(plugin, self._plugins.without(plugin.name))
        return pb.Findings(findings=found, plugin=convert.plugin_message(plugin, is_base=False))

    def Load(self, request: pb.PluginPath, context: grpc.ServicerContext) -> pb.PluginList:
        with _faults(context):
            return self._list(self._plugins.load(_absolute(request.path)))

    def Unload(self, request: pb.PluginName, context: grpc.ServicerContext) -> pb.PluginList:
        with _faults(context):
            return self._list(self._plugins.unload(request.name))

    def Reload(self, _request: pb.ReloadRequest, context: grpc.ServicerContext) -> pb.PluginList:
        with _faults(context):
            return self._list(self._plugins.reload())

    def Lookup(self, request: pb.LookupRequest, context: grpc.ServicerContext) -> pb.LookupReply:
        if len(request.hosts) > MAX_HOSTS:
            _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, f"at most {MAX_HOSTS} hosts in a request")
        known = self._plugins.signatures
        given = request.by or GIVEN[0]
        if given not in GIVEN:
            _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, f"by is {given!r}, expected one of {', '.join(GIVEN)}")
        return pb.LookupReply(hosts=[pb.Host(**look_up(known, value, given)) for value in request.hosts])

    def Diff(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> Iterator[pb.FlowChange]:
        with _faults(context):
            beside = self._plugins.with_plugin(_read(request.path))
            captures = [_absolute(capture) for capture in request.captures]
        failures: list[str] = []
        for change in differences(self._plugins.signatures, beside.signatures, captures, EngineOptions(), failures):
            yield convert.change_message(change)
        if failures:
            _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, _first(failures))

    def _list(self, assembled: Assembled) -> pb.PluginList:
        modules = self._modules.status()
        return pb.PluginList(
            plugins=[
                convert.plugin_message(plugin, is_base=self._plugins.is_base(plugin.name), modules=modules)
                for plugin in assembled.plugins
            ],
            catalogue_version=self._version(),
            refused=self._plugins.refused,
        )


@contextlib.contextmanager
def _faults(context: grpc.ServicerContext) -> Iterator[None]:
    """What is wrong with a plugin ends the call with its text."""
    try:
        yield
    except PluginError as error:
        _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, _first(error.problems))


def _first(problems: Sequence[str]) -> str:
    """As many of them as a status has room for, at least one."""
    size = 0
    for count, problem in enumerate(problems):
        size += len(problem.encode()) + 1
        if size > MAX_DETAIL_SIZE and count:
            return "\n".join((*problems[:count], f"… and {len(problems) - count} more"))
    return "\n".join(problems) if size <= MAX_DETAIL_SIZE else f"{problems[0][: MAX_DETAIL_SIZE // 4]}…"


def _absolute(path: str) -> Path:
    """A path of this host. Raises PluginError: the agent's folder is nobody's business."""
    if not path.startswith("/"):
        raise PluginError([f"{path}: is no absolute path"])
    return Path(path)


def _read(path: str) -> Plugin:
    return read_plugin(_absolute(path))


def unix_path(address: str) -> Path | None:
    """The path of a unix address; None for a TCP address."""
    return Path(address.removeprefix("unix:")) if address.startswith("unix:") else None


def _prepare(path: Path) -> None:
    """Make the folder and remove a stale socket. Raises SwitchDpiError if another process answers on it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                try:
                    probe.connect(str(path))
                except ConnectionRefusedError:
                    path.unlink()
                else:
                    raise SwitchDpiError(f"{path}: another agent answers there already")
        elif path.exists():
            raise SwitchDpiError(f"{path}: is there already and no socket")
    except OSError as error:
        raise SwitchDpiError(f"{path}: cannot be used for the socket: {error.strerror}") from error


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, sentence: str) -> NoReturn:
    context.abort(code, sentence)
    raise SwitchDpiError(sentence)  # abort() does not return; this tells the type checker
