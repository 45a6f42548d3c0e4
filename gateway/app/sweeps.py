"""Which sweeps a gateway runs: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.services.sweeping import Sweep

SWEEPS: Mapping[str, Sweep] = {}
"""By the name that figures and the log give them, in the order in which they run."""
