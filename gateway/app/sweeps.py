"""Which sweeps a gateway runs: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.services import (
    emergencies,
    ending,
    export_fetching,
    filing_changes,
    held_tokens,
    lifecycle,
    notifying,
    onward_giving,
    overseeing,
    packing,
    rates,
    request_times,
    reviewing,
    rooting,
    routing,
    running_sessions,
)
from gateway.services.directory_people import DirectorySignOn
from gateway.services.directory_sign_on import recheck
from gateway.services.sweeping import Sweep

SWEEPS: Mapping[str, Sweep] = {
    "used sessions": running_sessions.write_touches,
    "half made exports": packing.clear_up,
    "how the audit ends": ending.take_up,
    "the audit's daily root": rooting.close_the_day,
    "unusual viewing": overseeing.watch_viewing,
    "public figures": overseeing.count_months,
    "ended works": lifecycle.end_works,
    "changes to be filed": filing_changes.follow_changes,
    "counted days": rates.count_days,
    "old notices": notifying.forget_old,
    "routing requests": routing.route_waiting,
    "undecided requests": request_times.lapse,
    "access that begins": request_times.begin,
    "access about to end": request_times.remind,
    "access that is over": request_times.end,
    "held tokens": held_tokens.hand_to_releasers,
    "lapsing accounts": reviewing.remind_of_lapses,
    "what was given onward": onward_giving.sweep,
    "emergencies": emergencies.settle,
    "exports that are over": export_fetching.expire,
}
"""By the name that figures and the log give them, in the order in which they run."""


def sweeps_with(directory: DirectorySignOn | None) -> Mapping[str, Sweep]:
    """The sweeps, and the one that looks people up in the directory again if there is one."""
    return SWEEPS if directory is None else {**SWEEPS, "people of the directory": recheck(directory)}
