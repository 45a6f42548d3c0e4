"""Garbage collection of processes that run for months: what their start made is looked through no more."""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 100)
"""New objects before the youngest are looked through, and how many such rounds before the older ones are. A list of
fifty cameras makes some thousands that reference counting frees by itself."""


def leave_out_the_start() -> None:
    """Takes all that there is now, which lives as long as the process, out of the collector's rounds.

    Each full round over it stops everything for tenths of a second, several times a second under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
