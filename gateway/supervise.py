"""The policy for work that belongs to one camera or one peer: it is kept, and never reaches a sibling.

There are two policies and no third. A process-scoped task is a plain task of a ``TaskGroup``: if it fails, the process
does. A camera-scoped one runs under ``keep``.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from gateway.ports import Clock, Refused, Unavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the n-th try in a row: ``first`` seconds, doubled each time up to ``longest``.

    Every wait is drawn between half and all of that, so that what failed together does not come back together.
    """

    first: float = 1.0
    longest: float = 60.0

    def seconds(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """The wait after that many failures in a row (1 or more)."""
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return full * (0.5 + 0.5 * draw())


async def keep(
    run_once: Callable[[], Awaitable[object]],
    clock: Clock,
    *,
    name: str,
    backoff: Backoff | None = None,
    settled_after: float = 30.0,
    failed: Callable[[BaseException | None], float | None] = lambda error: None,
) -> NoReturn:
    """Runs ``run_once`` again and again until cancelled; whatever it raises ends there.

    ``failed`` hears each ending (None: it returned) and may name the seconds to wait instead of the back-off's. A run
    of ``settled_after`` seconds or more counts as good: the back-off begins anew. Writes one log line when the reason
    changes, none while it stays the same.
    """
    pauses = backoff or Backoff()
    failures, told = 0, ""
    while True:
        began = clock.now()
        error: Exception | None = None
        try:
            await run_once()
        except Exception as caught:
            error = caught
        settled = (clock.now() - began).total_seconds() >= settled_after
        failures = 1 if settled else failures + 1
        reason = _reason(error)
        if reason != told or settled:
            told = reason
            _tell(name, reason, error)
        wanted = failed(error)
        await clock.sleep(pauses.seconds(failures) if wanted is None else wanted)


def _reason(error: Exception | None) -> str:
    if error is None:
        return "ended"
    return f"{type(error).__name__}: {error}"


def _tell(name: str, reason: str, error: Exception | None) -> None:
    if error is None or isinstance(error, Unavailable | Refused):
        log.info("kept task ended, trying again", task=name, reason=reason)
    else:
        log.error("kept task failed, trying again", task=name, reason=reason, exc_info=error)
