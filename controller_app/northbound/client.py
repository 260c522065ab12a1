"""A client of the northbound API that says in one sentence why something did not work."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import grpc

from controller_app.errors import NorthboundError
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound import appsteer_pb2_grpc as rpc

CALL_TIMEOUT_S: Final = 60.0  # an apply over many switches, some of which do not answer
VERIFY_TIMEOUT_S: Final = 600.0  # a proof over a large network is work for the controller, not silence of a switch
MAX_MESSAGE_SIZE: Final = 256 * 2**20  # bytes; the rules of a large network


class Client:
    """One connection. Every method raises NorthboundError."""

    def __init__(self, address: str) -> None:
        self._address = address
        options = [("grpc.max_receive_message_length", MAX_MESSAGE_SIZE), ("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(address, options=options)
        make_stub: Callable[[grpc.Channel], Any] = rpc.AppSteerStub  # generated without types
        self._stub = make_stub(self._channel)

    def close(self) -> None:
        """Ends the connection."""
        self._channel.close()

    def flows(self, *, only_live: bool = False) -> list[pb.Flow]:
        """The flows that are known."""
        with self._sentences():
            request = pb.ListFlowsRequest(only_live=only_live)
            return list(self._stub.ListFlows(request, timeout=CALL_TIMEOUT_S).flows)

    def watch_flows(self, *, only_new: bool = False) -> Iterator[pb.Flow]:
        """Flows, each time something about one changes; ends with NorthboundError when the controller does."""
        with self._sentences():
            yield from self._stub.WatchFlows(pb.WatchFlowsRequest(only_new=only_new))

    def apps(self, *, only_seen: bool = False) -> list[pb.App]:
        """What the agents can recognise."""
        with self._sentences():
            return list(self._stub.ListApps(pb.ListAppsRequest(only_seen=only_seen), timeout=CALL_TIMEOUT_S).apps)

    def app_statistics(self, switch_name: str) -> list[pb.AppStatistics]:
        """What the agent beside a switch has counted."""
        with self._sentences():
            request = pb.AppStatisticsRequest(switch_name=switch_name)
            return list(self._stub.ListAppStatistics(request, timeout=CALL_TIMEOUT_S).apps)

    def status(self, *, with_statistics: bool = False) -> pb.StatusReply:
        """The controller's own account of the network; if asked for, with what its agents count."""
        with self._sentences():
            request = pb.StatusRequest(with_statistics=with_statistics)
            reply: pb.StatusReply = self._stub.Status(request, timeout=CALL_TIMEOUT_S)
            return reply

    def compile(self, text: str, name: str) -> pb.CompileReply:
        """The rules a policy would become."""
        with self._sentences():
            reply: pb.CompileReply = self._stub.Compile(pb.PolicyText(text=text, name=name), timeout=CALL_TIMEOUT_S)
            return reply

    def plan(self, text: str, name: str) -> pb.PlanReply:
        """What a policy would change."""
        with self._sentences():
            reply: pb.PlanReply = self._stub.GetPlan(pb.PolicyText(text=text, name=name), timeout=CALL_TIMEOUT_S)
            return reply

    def verify(self, text: str, name: str) -> pb.VerifyReply:
        """Whether the rules on the switches implement a policy."""
        with self._sentences():
            reply: pb.VerifyReply = self._stub.Verify(pb.PolicyText(text=text, name=name), timeout=VERIFY_TIMEOUT_S)
            return reply

    def apply(self, text: str, name: str) -> pb.PlanReply:
        """Puts a policy in force."""
        with self._sentences():
            reply: pb.PlanReply = self._stub.Apply(pb.PolicyText(text=text, name=name), timeout=CALL_TIMEOUT_S)
            return reply

    def explain(self, request: pb.ExplainRequest) -> pb.ExplainReply:
        """Which policy decides a flow."""
        with self._sentences():
            reply: pb.ExplainReply = self._stub.Explain(request, timeout=CALL_TIMEOUT_S)
            return reply

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            raise NorthboundError(self._sentence(error)) from error

    def _sentence(self, error: grpc.RpcError) -> str:
        if not isinstance(error, grpc.Call):
            return f"the call failed: {error}"
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            path = Path(self._address.removeprefix("unix:"))
            if self._address.startswith("unix:") and not path.exists():
                return f"no controller is running: there is no socket {path} (appsteer controller --config FILE)"
            return f"no controller answers at {self._address}"
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"the controller at {self._address} did not answer within {CALL_TIMEOUT_S:g} s"
        return error.details() or error.code().name


@contextlib.contextmanager
def connect(address: str) -> Iterator[Client]:
    """A client for one piece of work."""
    client = Client(address)
    try:
        yield client
    finally:
        client.close()
