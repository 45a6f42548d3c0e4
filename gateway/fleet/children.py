"""Child processes: kept running while the gateway runs, ended with it, and ended even if it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence

import structlog

from gateway.ports import Clock, Unavailable
from gateway.supervise import Backoff, keep

log = structlog.get_logger(__name__)

UNUSABLE = 78
"""Exit code (EX_CONFIG) of a child that has said why it cannot run: trying again would not help."""
END_SECONDS = 2.5
"""How long a child may take to end after it was asked to."""
_PAUSES = Backoff(0.2, 5.0)


class CannotStart(Exception):
    """A child cannot run; the text is one sentence for the operator."""


class _Unusable(Unavailable):
    """The child ended with ``UNUSABLE``."""


async def keep_child(
    name: str, argv: Sequence[str], clock: Clock, environment: Mapping[str, str] | None = None
) -> None:
    """Runs the command and runs it again within a second whenever it ends, until cancelled.

    The child's standard input is a pipe that nobody writes to: its end tells the child that we are gone, however we
    went (the command is given ``--while-parent``). Raises ``CannotStart`` if the child says that it never will.
    """

    def failed(error: BaseException | None) -> None:
        if isinstance(error, _Unusable):
            raise CannotStart(f"{name} cannot run: what it said above says what to change")

    await keep(
        lambda: _once(name, argv, environment), clock, name=name, backoff=_PAUSES, settled_after=10.0, failed=failed
    )


async def _once(name: str, argv: Sequence[str], environment: Mapping[str, str] | None) -> None:
    # A session of its own: Ctrl-C in a terminal reaches us alone, and we end the children in order.
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.PIPE, env=environment, start_new_session=True
    )
    log.info("child started", child=name, pid=process.pid)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise
    if code == UNUSABLE:
        raise _Unusable(f"{name} cannot run")
    raise Unavailable(f"{name} ended with code {code}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
