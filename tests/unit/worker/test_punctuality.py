"""How late pictures are said to come, with the arrivals of good and of bad days."""

from __future__ import annotations

import pytest

from gateway.domain.packets import CLOCK_RATE
from gateway.worker.punctuality import MOST_LATE, WINDOW_SECONDS, Punctuality

STEP = CLOCK_RATE // 10
BEGAN = 1_000.0


def told(delays: list[float], *, step: float = 0.1, drift: float = 0.0) -> list[float]:
    """What is said of pictures that are due every ``step`` seconds and come so much later."""
    punctuality = Punctuality()
    return [
        punctuality.late(round(number * step * CLOCK_RATE), BEGAN + number * step * (1 + drift) + delay)
        for number, delay in enumerate(delays)
    ]


def test_a_picture_that_waited_is_late_by_what_it_waited() -> None:
    assert told([0.02, 0.02, 0.42, 0.32, 0.02]) == pytest.approx([0, 0, 0.4, 0.3, 0], abs=1e-6)


def test_pictures_that_come_together_were_each_due_at_their_own_time() -> None:
    """A camera that sends in bursts of a second: the first of a burst waited longest."""
    bursts = [0.9 - 0.1 * (number % 10) for number in range(30)]
    assert told(bursts)[20:] == pytest.approx(bursts[20:], abs=1e-6)


def test_a_first_picture_that_was_late_itself_is_found_out_with_the_next() -> None:
    assert told([0.5, 0.0, 0.5]) == pytest.approx([0, 0, 0.5], abs=1e-6)


def test_a_clock_that_drifts_makes_nobody_late() -> None:
    said = told([0.0] * 6_000, drift=2e-4)
    assert max(said) < 2 * WINDOW_SECONDS * 2e-4 + 0.001


def test_a_device_whose_time_line_slips_is_not_late_for_ever() -> None:
    slipped = [0.0] * 10 + [MOST_LATE + 1.0] * 10
    assert told(slipped) == pytest.approx([0.0] * 20, abs=1e-6)


def test_a_small_slip_is_forgotten_after_two_windows() -> None:
    pictures = int(3 * WINDOW_SECONDS * 10)
    said = told([0.0] * 10 + [1.0] * pictures)
    assert said[15] == pytest.approx(1.0, abs=1e-6)
    assert said[-1] == pytest.approx(0.0, abs=1e-6)


def test_each_time_line_is_compared_with_itself() -> None:
    punctuality = Punctuality()
    assert punctuality.late(0, BEGAN) == 0.0
    assert punctuality.late(0, BEGAN + 1.0, generation=1) == 0.0
    assert punctuality.late(STEP, BEGAN + 1.3, generation=1) == pytest.approx(0.2)


def test_our_own_clock_that_is_set_back_makes_nobody_late() -> None:
    punctuality = Punctuality()
    assert punctuality.late(0, BEGAN) == 0.0
    assert punctuality.late(STEP, BEGAN - 3_600) == 0.0
    assert punctuality.late(2 * STEP, BEGAN - 3_600 + 0.1) == pytest.approx(0.0, abs=1e-6)
