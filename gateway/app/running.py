"""``gateway run``: one task group that owns everything, and our own signals.

Only what starts the companions is imported here: while they start, a thread imports the rest, which takes as long.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import signal
from collections.abc import AsyncIterator, Callable

import uvloop

from gateway.app.companions import sample_cameras_of, workers_of
from gateway.app.doorbell import open_bus
from gateway.app.footing import data_folder, listening, store_of
from gateway.app.sampling import prepare_sample
from gateway.app.serving import certificate_of
from gateway.clock import SystemClock
from gateway.fleet.children import keep_child
from gateway.settings import Settings, for_sample


def run_gateway(settings: Settings, sample: bool, say: Callable[[str], None]) -> None:
    """Runs the gateway until SIGINT or SIGTERM; ``say`` prints for the operator.

    Raises what ``footing.expected`` has sentences for.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, sample, say))


async def _run(settings: Settings, sample: bool, say: Callable[[str], None]) -> None:
    stop = _stop_event()
    settings = for_sample(settings) if sample else settings
    shown = certificate_of(settings)
    with data_folder(settings.data), listening(settings) as sock:
        companions = workers_of(settings)
        sampled = prepare_sample(settings) if sample else None
        if sampled is not None:
            companions.append(sample_cameras_of(settings, sampled.folder, sampled.password_file))
        clock = SystemClock()
        async with store_of(settings) as store, open_bus(settings) as bus, _stoppable_group() as group:
            children = [group.create_task(keep_child(one.name, one.argv, clock), name=one.name) for one in companions]
            await asyncio.to_thread(importlib.import_module, "gateway.app.working")
            from gateway.app.working import Ground, work

            ground = Ground(settings, store, bus, clock, sampled, companions, sock, shown, say)
            await work(ground, group, children, stop)
            raise _Stopped


class _Stopped(Exception):
    """Ends the task group in order: its other tasks are cancelled."""


@contextlib.asynccontextmanager
async def _stoppable_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that ``_Stopped`` ends without an error; any other error comes through."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        _, others = errors.split(_Stopped)
        if others is not None:
            raise others from None


def _stop_event() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
