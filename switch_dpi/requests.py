"""Does what controllers ask for that takes time: statistics, flow control, plugin swaps. One thread for each bridge.

Requests are done in the order in which they came, each before the next begins. Answers go through the session's outbox,
part by part, so that a controller that reads slowly holds up nobody but itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from ofext import catalogue as catalogues
from ofext.config import Depth, EventConfig
from ofext.control import FlowControl, FlowControlReply
from ofext.errors import EncodeError, MatchConflictError, MatchError
from ofext.events import encode_event
from ofext.filters import FlowFilter, field_offset
from ofext.messages import ErrorCode, L7Error, Message, encode_message
from ofext.multipart import frame_reply, parts
from ofext.plugin_swap import PluginSwap, PluginSwapReply
from ofext.statistics import (
    AppStatsRequest,
    CatalogueStatsRequest,
    EngineStatsRequest,
    FlowStatsRequest,
    PluginStatsRequest,
    UserStatsRequest,
    encode_counter,
)
from plugins.pack import PluginError
from switch_dpi.errors import SwitchDpiError
from switch_dpi.flow_control import change_of
from switch_dpi.flow_filter import FilterError, Test, filter_test, key_of
from switch_dpi.plugin_desk import NotPermittedError, PluginDesk
from switch_dpi.publish import as_news
from switch_dpi.shim.l7 import Asked
from switch_dpi.shim.outbox import SessionGoneError
from switch_dpi.verdicts import VerdictPath
from switch_dpi.vocabulary import Vocabulary

log = logging.getLogger(__name__)

CONFIRM_S: Final = 2.0  # a switch that does not answer for so long is not there
CONFIRM_STEP_S: Final = 0.0005
MAX_ERROR_TEXT_SIZE: Final = 255  # bytes of an error's text
FLOW_CONTROL_FILTER: Final = 16 + 12  # offset of the filter in a FlowControl message
FLOW_STATS_FILTER: Final = 24 + 8  # and in a request for flow statistics
EXP_TYPE: Final = 12  # offset in an experimenter message
PLUGIN_NAME: Final = 16 + 4  # offset in a PluginSwap message


class RefusedError(SwitchDpiError):
    """A request that is answered with an error."""

    def __init__(self, error: L7Error) -> None:
        self.error = error
        super().__init__(error.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What requests are about, beside flows."""

    catalogue: Callable[[], catalogues.Catalogue]
    vocabulary: Callable[[], Vocabulary]
    counters: Callable[[], Mapping[str, int]]
    set_depth: Callable[[Depth], None]
    wake: Callable[[], None]
    """There may be events to publish."""
    plugins: PluginDesk | None = None


class RequestDesk:
    """The requests of one bridge's controllers; see ``switch_dpi.shim.l7.Desk``."""

    def __init__(self, bridge: str, path: VerdictPath, around: Surroundings) -> None:
        self._bridge = bridge
        self._path = path
        self._around = around
        self._thread: ThreadPoolExecutor | None = None

    def submit(self, asked: Asked) -> None:
        """Work on it after what was asked before."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"requests-{self._bridge}")
        self._thread.submit(self._run, asked).add_done_callback(self._done)

    def configured(self, config: EventConfig) -> None:
        """The depth holds at once; all else is the publisher's."""
        self._around.set_depth(config.depth)

    def close(self) -> None:
        """Do nothing more, until something is asked again. Its sessions have ended before."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)

    def _done(self, future: Future[None]) -> None:
        if not future.cancelled() and (problem := future.exception()) is not None:
            log.error("bridge %s: a request failed", self._bridge, exc_info=problem)

    def _run(self, asked: Asked) -> None:
        try:
            asked.outbox.check()
            for part in self._answer_or_error(asked):
                asked.outbox.put(part)
        except SessionGoneError:
            log.debug("bridge %s: a controller did not wait for its answer", self._bridge)
        finally:
            asked.outbox.close_request()

    def _answer_or_error(self, asked: Asked) -> Iterator[bytes]:
        try:
            yield from self._answer(asked)
        except RefusedError as refused:
            yield encode_message(refused.error, version=asked.version, xid=asked.xid)

    def _answer(self, asked: Asked) -> Iterator[bytes]:
        work = asked.work
        if isinstance(work, FlowControl):
            yield self._message(asked, self._control(work, asked.raw))
        elif isinstance(work, PluginSwap):
            yield self._message(asked, self._swap(work, asked.raw))
        elif isinstance(work, CatalogueStatsRequest):
            for part in catalogues.split(self._around.catalogue()):
                yield self._reply(asked, part.encode(), more=part.more)
        else:
            for body, more in parts(self._records(asked)):
                yield self._reply(asked, body, more=more)

    def _records(self, asked: Asked) -> Iterable[bytes]:
        match asked.work:
            case FlowStatsRequest():
                return self._flows(asked.work, asked.raw)
            case AppStatsRequest():
                return (app.encode() for app in self._path.app_stats())
            case UserStatsRequest():
                return (user.encode() for user in self._path.user_stats())
            case EngineStatsRequest():
                return (encode_counter(name, value) for name, value in self._around.counters().items())
            case PluginStatsRequest() if self._around.plugins is not None:
                return self._around.plugins.stats().pieces()
        return ()

    def _flows(self, work: FlowStatsRequest, raw: bytes) -> Iterator[bytes]:
        holds = self._test(work.filter, raw, FLOW_STATS_FILTER)
        left = work.limit or -1
        for event in self._path.youngest_first():
            if left == 0:
                return
            if not holds(event):
                continue
            told = as_news(event if work.with_metadata else replace(event, metadata=()))
            try:
                record = encode_event(told)
            except EncodeError as error:
                log.warning("bridge %s: flow %d cannot be told: %s", self._bridge, event.flow_id, error)
                continue
            left -= 1
            yield record

    def _control(self, work: FlowControl, raw: bytes) -> FlowControlReply:
        holds = self._test(work.filter, raw, FLOW_CONTROL_FILTER)
        if not self._path.can_mark:
            raise RefusedError(_error(ErrorCode.UNAVAILABLE, raw, EXP_TYPE, "the switch cannot be reached"))
        key = key_of(work.filter)
        keys = self._path.book.keys() if key is None else [key]
        now_s = time.monotonic()
        change = change_of(work, now_s, time.time_ns())
        matched, touched = self._path.change(keys, holds, change, now_s)
        self._around.wake()
        if touched and not self._is_confirmed():
            raise RefusedError(_error(ErrorCode.UNAVAILABLE, raw, EXP_TYPE, "the switch has not taken all marks"))
        return FlowControlReply(matched=matched, touched=touched)

    def _is_confirmed(self) -> bool:
        is_taken = self._path.probe()
        deadline_s = time.monotonic() + CONFIRM_S
        while not is_taken():
            now_s = time.monotonic()
            if now_s >= deadline_s:
                return False
            time.sleep(CONFIRM_STEP_S)
            self._path.service(now_s)
        return True

    def _swap(self, work: PluginSwap, raw: bytes) -> PluginSwapReply:
        plugins = self._around.plugins
        if plugins is None:
            raise RefusedError(_error(ErrorCode.NOT_PERMITTED, raw, EXP_TYPE, "the agent has no plugins to exchange"))
        try:
            plugins.swap(work)
        except NotPermittedError as error:
            raise RefusedError(_error(ErrorCode.NOT_PERMITTED, raw, EXP_TYPE, str(error))) from None
        except PluginError as error:
            raise RefusedError(_error(ErrorCode.PLUGIN_REFUSED, raw, PLUGIN_NAME, error.problems[0])) from None
        count = len(plugins.stats().plugins)
        return PluginSwapReply(catalogue_version=self._around.catalogue().version, plugins=count)

    def _test(self, asked: FlowFilter, raw: bytes, start: int) -> Test:
        try:
            return filter_test(asked, self._around.vocabulary(), self._path.label_of)
        except MatchError as error:
            offset = field_offset(raw, start, error.index or 0)
            code = ErrorCode.MATCH_CONFLICT if isinstance(error, MatchConflictError) else ErrorCode.MATCH_VALUE
            raise RefusedError(_error(code, raw, offset, str(error))) from None
        except FilterError as error:
            raise RefusedError(_error(ErrorCode.PREDICATES_FULL, raw, start, str(error))) from None

    def _message(self, asked: Asked, message: Message) -> bytes:
        return encode_message(message, version=asked.version, xid=asked.xid)

    def _reply(self, asked: Asked, body: bytes, *, more: bool) -> bytes:
        return frame_reply(asked.work.EXP_TYPE, body, version=asked.version, xid=asked.xid, more=more)


def counters_of(**groups: Mapping[str, object]) -> dict[str, int]:
    """Counters as they are told: ``engine.packets``; what is no number of a counter is left out."""
    return {
        f"{group}.{name}": value
        for group, values in groups.items()
        for name, value in values.items()
        if isinstance(value, int) and value >= 0
    }


def _error(code: int, raw: bytes, offset: int, text: str) -> L7Error:
    kept = text.encode()[:MAX_ERROR_TEXT_SIZE].decode(errors="ignore")
    return L7Error(code=code, offset=offset, data=raw[offset : offset + 64], text=kept)
