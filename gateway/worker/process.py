"""A worker as a process: its event loop, its signals, its exit code."""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from gateway.disk import DEFAULT_RESERVE, Reserve
from gateway.garbage import leave_out_the_start
from gateway.worker.compose import AlreadyRunning, run_worker

ALREADY_RUNNING = 3
"""Exit code when another process owns the spool: whoever started this one may dial that one instead."""


def serve(
    listen: str,
    spool: Path,
    worker_id: str,
    *,
    tls: ssl.SSLContext | None = None,
    reserve: Reserve = DEFAULT_RESERVE,
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Runs a worker until SIGTERM or SIGINT; the exit code. What is wrong with the settings is said in one line."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            leave_out_the_start()
            return runner.run(_until_told(run_worker(listen, spool, worker_id, tls=tls, reserve=reserve, ready=ready)))
    except BaseExceptionGroup as errors:
        return _said(errors)


def _said(errors: BaseExceptionGroup[BaseException]) -> int:
    """The exit code for what ended the worker. Raises what is no fault of the settings."""
    expected, other = errors.split((AlreadyRunning, OSError, ValueError))
    if other is not None or expected is None:
        raise errors
    error: BaseException = expected
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    print(f"gateway worker: {error}", file=sys.stderr)
    return ALREADY_RUNNING if isinstance(error, AlreadyRunning) else 2


async def _until_told(work: Coroutine[Any, Any, None]) -> int:
    """Runs the work; a signal cancels it."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    return 0
