"""Which sweeps a gateway runs: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.services import notifying, rooting
from gateway.services.sweeping import Sweep

SWEEPS: Mapping[str, Sweep] = {
    "the audit's daily root": rooting.close_the_day,
    "old notices": notifying.forget_old,
}
"""By the name that figures and the log give them, in the order in which they run."""
