"""Programs of a test: each logs to a file, and none outlives the thread that started it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.fakes.mortal import MORTAL

STOP_S = 10.0
PATIENCE_S = 90.0  # the machine may be busy; nothing is judged by how long it takes


class FailedError(Exception):
    """A program did not do what it was started for."""


def run(*words: str, env: Mapping[str, str] | None = None, timeout_s: float = PATIENCE_S) -> str:
    """Output of a program that must end with 0; FailedError with what it printed otherwise."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env, timeout=timeout_s)
    if done.returncode:
        raise FailedError(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def running(*words: str, log: Path, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as the context lasts; SIGTERM ends it, SIGKILL if that does not."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*MORTAL, *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(found: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Waits for something to become true; FailedError with ``what`` was waited for when it does not."""
    deadline = time.monotonic() + patience_s
    while not found():
        if time.monotonic() > deadline:
            raise FailedError(f"in {patience_s:g} s there was not: {what}")
        time.sleep(0.05)


def ended(process: subprocess.Popen[bytes], log: Path, patience_s: float) -> None:
    """Waits for the end of a program that ends by itself; FailedError with the end of its log when it does not."""
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        tail = log.read_text(errors="replace")[-2000:]
        raise FailedError(f"{process.args} did not end in {patience_s:g} s: {tail}") from None
