"""A client of the agent's API that says in one sentence why something did not work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc

from switch_dpi.errors import SwitchDpiError
from switch_dpi.northbound import agent_pb2 as pb
from switch_dpi.northbound import agent_pb2_grpc as rpc

CALL_TIMEOUT_S: Final = 60.0  # a set of many thousand applications is put together in less than one
MAX_UNIX_PATH_SIZE: Final = 107  # bytes: sockaddr_un has 108 with the zero behind it, unix(7)


class Client:
    """One connection. Every method raises SwitchDpiError; a refused plugin's has a line for each fault."""

    def __init__(self, address: str) -> None:
        place = address.removeprefix("unix:") if address.startswith("unix:") else address.partition(":")[2]
        if not place or len(place.encode(errors="replace")) > MAX_UNIX_PATH_SIZE:
            raise SwitchDpiError(f"{address!r} is no address of an agent: unix:/path or host:port was expected")
        self._address = address
        self._channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        make_stub: Callable[[grpc.Channel], Any] = rpc.PluginsStub  # generated without types
        self._stub = make_stub(self._channel)

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def list(self) -> pb.PluginList:
        """The plugins in use."""
        found: pb.PluginList = self._call(self._stub.List, pb.ListRequest())
        return found

    def show(self, name: str) -> pb.Plugin:
        """One of them, whole."""
        found: pb.Plugin = self._call(self._stub.Show, pb.PluginName(name=name))
        return found

    def load(self, path: Path) -> pb.PluginList:
        """Add or replace one."""
        found: pb.PluginList = self._call(self._stub.Load, pb.PluginPath(path=str(path.absolute())))
        return found

    def unload(self, name: str) -> pb.PluginList:
        """Leave one out."""
        found: pb.PluginList = self._call(self._stub.Unload, pb.PluginName(name=name))
        return found

    def reload(self) -> pb.PluginList:
        """Read all files anew."""
        found: pb.PluginList = self._call(self._stub.Reload, pb.ReloadRequest())
        return found

    def _call(self, call: Callable[..., Any], request: Any) -> Any:
        try:
            return call(request, timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise SwitchDpiError(self._sentence(error)) from error

    def _sentence(self, error: grpc.RpcError) -> str:
        if not isinstance(error, grpc.Call):
            return f"the call failed: {error}"
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            path = Path(self._address.removeprefix("unix:"))
            if self._address.startswith("unix:") and not path.exists():
                return f"no agent is running: there is no socket {path} (appsteer agent --config FILE)"
            return f"no agent answers at {self._address}"
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"the agent at {self._address} did not answer within {CALL_TIMEOUT_S:g} s"
        return error.details() or error.code().name


@contextlib.contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client for one piece of work."""
    client = Client(address)
    try:
        yield client
    finally:
        client.close()
