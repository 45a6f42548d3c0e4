import asyncio

import pytest

from gateway.ports import Refused, Unavailable
from gateway.supervise import Backoff, keep
from tests.hand_clock import HandClock


class Enough(BaseException):
    """Ends a kept task from inside, as cancelling does."""


def runs(clock, outcomes):
    """A run_once that goes through these outcomes: an exception to raise, or seconds to run before it returns."""
    left = list(outcomes)

    async def run_once():
        if not left:
            raise Enough
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        clock.advance(outcome)

    return run_once


async def kept(outcomes, **options):
    clock = HandClock()
    with pytest.raises(Enough):
        await keep(runs(clock, outcomes), clock, name="t", **options)
    return clock.slept


async def test_waits_grow_to_a_minute_and_are_drawn():
    slept = await kept([Unavailable("gone")] * 10)
    for wait, full in zip(slept, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60], strict=True):
        assert full / 2 <= wait <= full


async def test_a_good_run_begins_the_waits_anew():
    slept = await kept([Unavailable("gone")] * 5 + [100.0, Unavailable("gone")])
    assert slept[5] <= 1.0
    assert slept[6] <= 2.0


async def test_whoever_hears_of_the_failure_may_name_the_wait():
    heard = []

    def failed(error):
        heard.append(type(error))
        return 300.0 if isinstance(error, Refused) else None

    slept = await kept([Refused("no"), ValueError("bug"), 0.0], failed=failed)
    assert slept[0] == 300.0
    assert heard == [Refused, ValueError, type(None)]


async def test_cancelling_ends_it():
    async def forever():
        await asyncio.Event().wait()

    task = asyncio.get_running_loop().create_task(keep(forever, HandClock(), name="t"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_backoff_never_overflows():
    assert Backoff().seconds(10_000, lambda: 1.0) == 60.0
