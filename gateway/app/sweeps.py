"""Which sweeps a gateway runs: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.services import notifying
from gateway.services.sweeping import Sweep

SWEEPS: Mapping[str, Sweep] = {
    "old notices": notifying.forget_old,
}
"""By the name that figures and the log give them, in the order in which they run."""
