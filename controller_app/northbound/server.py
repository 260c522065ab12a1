"""Serves the northbound API. Each call runs in a thread of its own pool beside os-ken's threads.

Owns the socket: a stale one, left by a process that died, is removed; one that another process answers on is not taken.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import grpc

from controller_app import __version__
from controller_app.decisions import Judge
from controller_app.errors import ControllerError, NorthboundError, StatisticsError
from controller_app.flows import Flow, totals
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound import appsteer_pb2_grpc as rpc
from controller_app.northbound import convert
from controller_app.northbound.describe import describe
from controller_app.northbound.figures import app_statistics_message, engine_statistics_message
from controller_app.northbound.mistakes import mistake_messages
from controller_app.northbound.proofs import verify_message
from controller_app.planner import Planner
from controller_app.statistics import ask_apps, ask_engines
from steering.errors import PolicyErrors, SteeringError

LOG = logging.getLogger(__name__)

THREADS: Final = 64  # each watcher holds one
WATCH_WAKE_S: Final = 1.0  # how soon a watcher that went away is noticed
SOCKET_UMASK: Final = 0o117  # who may open the socket may change the network: owner and group

Reply = TypeVar("Reply", pb.PlanReply, pb.CompileReply, pb.VerifyReply)


class Northbound:
    """The server: start() and close()."""

    def __init__(self, planner: Planner) -> None:
        self._address = planner.config.northbound
        self._server = grpc.server(ThreadPoolExecutor(THREADS, thread_name_prefix="northbound"))
        add: Callable[[Servicer, grpc.Server], None] = rpc.add_AppSteerServicer_to_server  # generated without types
        add(Servicer(planner), self._server)

    def start(self) -> None:
        """Listens. Raises NorthboundError."""
        path = unix_path(self._address)
        if path is not None:
            prepare_socket(path)
        umask = os.umask(SOCKET_UMASK)
        try:
            self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise NorthboundError("the northbound API cannot listen there", place=self._address) from error
        finally:
            os.umask(umask)
        self._server.start()
        LOG.info("northbound API at %s", self._address)

    def close(self) -> None:
        """Ends calls under way and removes the socket."""
        self._server.stop(grace=0.5).wait()
        path = unix_path(self._address)
        if path is not None:
            path.unlink(missing_ok=True)


class Servicer(rpc.AppSteerServicer):
    """The calls. Names are those of the .proto file."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._core = planner.core
        self._started_s = time.monotonic()

    def ListFlows(self, request: pb.ListFlowsRequest, _: grpc.ServicerContext) -> pb.ListFlowsReply:
        flows = [flow for flow in self._core.flows.flows() if not (request.only_live and flow.ended)]
        return pb.ListFlowsReply(flows=self._messages(flows))

    def WatchFlows(self, request: pb.WatchFlowsRequest, context: grpc.ServicerContext) -> Iterator[pb.Flow]:
        version = self._core.flows.version if request.only_new else 0
        while context.is_active():
            flows, version = self._core.flows.changes(version, WATCH_WAKE_S)
            if flows:
                yield from self._messages(flows)

    def ListApps(self, request: pb.ListAppsRequest, _: grpc.ServicerContext) -> pb.ListAppsReply:
        seen = totals(self._core.flows.flows())
        names = self._core.names
        return pb.ListAppsReply(
            apps=[
                convert.app_message(app, names, seen.get(app.app_id, (0, 0, 0)))
                for app in sorted(names.apps.values(), key=lambda app: app.app_id)
                if app.app_id in seen or not request.only_seen
            ]
        )

    def ListAppStatistics(
        self, request: pb.AppStatisticsRequest, context: grpc.ServicerContext
    ) -> pb.AppStatisticsReply:
        try:
            found = ask_apps(self._core.snapshot().switches, request.switch_name)
        except StatisticsError as error:
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except ControllerError as error:
            _refuse(context, grpc.StatusCode.ABORTED, str(error))
        return pb.AppStatisticsReply(apps=[app_statistics_message(app, self._core.names) for app in found])

    def Status(self, request: pb.StatusRequest, _: grpc.ServicerContext) -> pb.StatusReply:
        snapshot = self._core.snapshot()
        figures = ask_engines(snapshot.switches) if request.with_statistics else {}
        with self._core.lock:
            switches = [convert.switch_message(switch, self._core) for switch in snapshot.switches]
        for shown, switch in zip(switches, snapshot.switches, strict=True):
            if switch.dpid in figures:
                shown.statistics.CopyFrom(engine_statistics_message(figures[switch.dpid]))
        flows = self._core.flows
        return pb.StatusReply(
            version=__version__,
            uptime_s=time.monotonic() - self._started_s,
            policy_origin=self._planner.store.current.origin,
            policy_text=self._planner.store.current.text,
            problems=self._planner.problems(),
            switches=switches,
            links=convert.link_messages(snapshot),
            hosts=convert.host_messages(snapshot),
            flows=len(flows),
            flows_evicted=flows.evicted,
            events=flows.events,
        )

    def Compile(self, request: pb.PolicyText, context: grpc.ServicerContext) -> pb.CompileReply:
        def work() -> pb.CompileReply:
            names = self._switch_names()
            compiled = self._planner.compile(request.text, request.name)
            return pb.CompileReply(
                switches=[convert.rules_message(dpid, names.get(dpid, ""), rules) for dpid, rules in compiled.items()]
            )

        return _checked(work, pb.CompileReply, context)

    def GetPlan(self, request: pb.PolicyText, context: grpc.ServicerContext) -> pb.PlanReply:
        def work() -> pb.PlanReply:
            plans = self._planner.plan(request.text, request.name)
            return pb.PlanReply(switches=map(convert.plan_message, plans))

        return _checked(work, pb.PlanReply, context)

    def Verify(self, request: pb.PolicyText, context: grpc.ServicerContext) -> pb.VerifyReply:
        def work() -> pb.VerifyReply:
            proof, snapshot = self._planner.verify(request.text, request.name)
            return verify_message(proof, snapshot.network, snapshot.catalogue)

        return _checked(work, pb.VerifyReply, context)

    def Apply(self, request: pb.PolicyText, context: grpc.ServicerContext) -> pb.PlanReply:
        def work() -> pb.PlanReply:
            plans = self._planner.apply(request.text, request.name)
            return pb.PlanReply(switches=map(convert.plan_message, plans))

        return _checked(work, pb.PlanReply, context)

    def Explain(self, request: pb.ExplainRequest, context: grpc.ServicerContext) -> pb.ExplainReply:
        judge = self._judge()
        if request.WhichOneof("flow") == "number":
            flow = self._core.flows.flow(request.number)
            if flow is None:
                _refuse(context, grpc.StatusCode.NOT_FOUND, f"no flow has the number {request.number}")
            decided = judge.decide(flow, in_words=True)
        else:
            try:
                decided = judge.explain(describe(request.described, self._core.names))
            except ValueError as error:
                _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return convert.explain_message(decided)

    def _messages(self, flows: list[Flow]) -> Iterator[pb.Flow]:
        judge, names, switch_names = self._judge(), self._core.names, self._switch_names()
        for flow in flows:
            yield convert.flow_message(flow, judge.decide(flow), names, switch_names)

    def _judge(self) -> Judge:
        return Judge(self._planner.store.current.policy, self._core.names, self._core.snapshot().network)

    def _switch_names(self) -> dict[int, str]:
        with self._core.lock:
            return {dpid: switch.name for dpid, switch in self._core.switches.items()}


def unix_path(address: str) -> Path | None:
    """The path of a unix address; None for a TCP address."""
    return Path(address.removeprefix("unix:")) if address.startswith("unix:") else None


def prepare_socket(path: Path) -> None:
    """Makes the folder and removes a stale socket. Raises NorthboundError if another process answers on it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise NorthboundError("the folder cannot be written", place=str(path.parent))
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                try:
                    probe.connect(str(path))
                except ConnectionRefusedError:
                    path.unlink()
                else:
                    raise NorthboundError("another controller answers there already", place=str(path))
        elif path.exists():
            raise NorthboundError("is there already and no socket", place=str(path))
    except OSError as error:
        raise NorthboundError(f"cannot be used for the socket: {error.strerror}", place=str(path)) from error


def _checked(work: Callable[[], Reply], reply: type[Reply], context: grpc.ServicerContext) -> Reply:
    try:
        return work()
    except PolicyErrors as errors:
        return reply(mistakes=mistake_messages(errors))
    except SteeringError as error:
        _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except ControllerError as error:
        _refuse(context, grpc.StatusCode.ABORTED, str(error))


def _refuse(context: grpc.ServicerContext, code: grpc.StatusCode, sentence: str) -> NoReturn:
    context.abort(code, sentence)
    raise NorthboundError(sentence)  # abort() does not return; this tells the type checker
