"""A process's manners: one thread for numbers, an end when it is told, an end with its parent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any


def run_until_told(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs until done or until SIGTERM or SIGINT, which end it in order."""
    import uvloop

    async def told() -> None:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await main()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(told())


def keep_to_one_thread() -> None:
    """Numeric libraries start a thread for every core unless told otherwise before they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def end_with_parent() -> None:
    """Ends this process when its standard input closes: the parent is gone, however it went."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(2.5)
        os._exit(1)

    threading.Thread(target=wait, name="parent watch", daemon=True).start()
