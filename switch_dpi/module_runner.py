"""One module object in a thread of its own, behind a bounded queue, on a time budget. Cut off when it breaks one.

The engine's thread only puts events into the queue. A call that does not come back is interrupted by an exception put
into its thread; a thread that is stuck outside Python, or catches every exception, cannot be: it is left to itself and
nothing more is given to it.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plugins.module_api import Event, FlowModule

log = logging.getLogger(__name__)

WINDOW_S: Final = 10.0  # the share of time that a module may take is looked at over this
START_S: Final = 5.0  # for importing a file and making its objects
CLOSE_S: Final = 1.0  # for finishing
KINDS: Final = frozenset({"new", "verdict", "ended"})

Make = Callable[[], FlowModule]


class CutOff(BaseException):
    """Put into the thread of a module whose time is over. Not an Exception, which the module might catch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a module may take."""

    call_s: float
    """One call."""
    share: float
    """Of the time, over all calls: 0 to 1."""
    queue: int
    """Events that wait; then the oldest are dropped."""


class Runner:
    """Runs a module from its making to its end."""

    def __init__(self, name: str, file: str, make: Make, budget: Budget) -> None:
        """``file`` is the module's, in whose lines errors are placed."""
        self.name = name
        self.events = 0
        self.dropped = 0
        self.busy_s = 0.0
        self.reason = ""
        """Why it was cut off."""
        self.module: FlowModule | None = None
        self.wishes: frozenset[tuple[str, str]] = frozenset()
        """Kinds of events and keys of flows that it asked for when it was made."""
        self._file = file
        self._make = make
        self._budget = budget
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._ready = threading.Event()
        self._deadline_s: float | None = None
        self._process = os.getpid()
        self._window: tuple[float, float] = (time.monotonic(), 0.0)
        self._thread = threading.Thread(target=self._run, name=f"module-{name}", daemon=True)

    def start(self) -> str:
        """Make the module; why that failed, or empty."""
        self._thread.start()
        if not self._ready.wait(START_S):
            self.cut_off(f"took more than {START_S:g} s to start")
        return self.reason

    def offer(self, event: Event) -> None:
        """Queue an event. Never waits for the module."""
        with self._changed:
            if self.reason or self._is_closing:
                return
            if len(self._waiting) >= self._budget.queue:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(event)
            self._changed.notify()

    def check(self, now_s: float) -> None:
        """Cut it off when a call is overdue."""
        deadline_s = self._deadline_s
        if deadline_s is not None and now_s > deadline_s:
            self.cut_off(f"a call took more than {self._budget.call_s * 1000:g} ms")

    def cut_off(self, reason: str) -> None:
        """Its end, from any thread."""
        with self._changed:
            if self.reason:
                return
            self.reason = reason
            self._waiting.clear()
            self._changed.notify()
        log.error("module %s is cut off: %s", self.name, reason)
        if threading.current_thread() is not self._thread and self._thread.ident is not None:
            ident, error = ctypes.c_ulong(self._thread.ident), ctypes.py_object(CutOff)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, error)

    def close(self) -> None:
        """Let it finish what waits, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            self.cut_off(f"did not end within {CLOSE_S:g} s")

    def _run(self) -> None:
        try:
            self.module = self._make()
            self.wishes = _wishes(self.module)
            self._ready.set()
            while (event := self._next()) is not None:
                self._call(self.module, event)
            if not self.reason:
                self.module.close()
        except CutOff:
            log.debug("module %s has ended", self.name)
        except BaseException as error:  # noqa: BLE001 - a module may raise anything, SystemExit too
            self.cut_off(_sentence(error, self._file))
        finally:
            self._deadline_s = None
            self._ready.set()

    def _next(self) -> Event | None:
        with self._changed:
            while not self._waiting and not self.reason and not self._is_closing:
                self._changed.wait()
            return self._waiting.popleft() if self._waiting else None

    def _call(self, module: FlowModule, event: Event) -> None:
        began_s = time.monotonic()
        self._deadline_s = began_s + self._budget.call_s
        module.flow(event)
        if os.getpid() != self._process:  # it forked, and this is the copy of the agent
            os._exit(0)
        self._deadline_s = None
        ended_s = time.monotonic()
        self.events += 1
        self._account(ended_s, ended_s - began_s)

    def _account(self, now_s: float, took_s: float) -> None:
        self.busy_s += took_s
        since_s, busy_s = self._window
        busy_s += took_s
        if took_s > self._budget.call_s:
            self.cut_off(f"a call took {took_s * 1000:.0f} ms, {self._budget.call_s * 1000:g} are allowed")
        elif busy_s > self._budget.share * WINDOW_S:
            self.cut_off(f"took {busy_s:.1f} s within {WINDOW_S:g} s, {self._budget.share:.0%} are allowed")
        self._window = (now_s, 0.0) if now_s - since_s >= WINDOW_S else (since_s, busy_s)


def _wishes(module: FlowModule) -> frozenset[tuple[str, str]]:
    """Pairs of a kind and a key; the key of every flow is empty. Raises TypeError and ValueError."""
    kinds, keys = _texts("kinds", module.kinds), _texts("subscribes", module.subscribes)
    if unknown := sorted(kinds - KINDS):
        raise ValueError(f"kinds has {unknown[0]!r}, only {', '.join(sorted(KINDS))} were expected")
    return frozenset((kind, key) for kind in kinds for key in keys or ("",))


def _texts(name: str, given: object) -> frozenset[str]:
    if not isinstance(given, frozenset | set | list | tuple) or not all(isinstance(text, str) for text in given):
        raise TypeError(f"{name} is {given!r}, a frozenset of texts was expected")
    return frozenset(given)


def _sentence(error: BaseException, file: str) -> str:
    """The error in one line, and the line of the module where it came up."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f" ({file}:{line})" if line is not None else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
