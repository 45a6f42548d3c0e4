"""The scripted incidents: what happens where and when after the sample cameras start, whatever the clock says."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.cameras import CameraKind


@dataclass(frozen=True, slots=True)
class Incident:
    """A quiet place where somebody appears.

    ``kind`` and ``ordinal`` say which camera of Jinsha it is (the ``ordinal``-th of that kind, from 0). The zone is a
    polygon in picture fractions. Between ``quiet_until`` and ``over_at`` seconds after start somebody is in it.
    """

    kind: CameraKind
    ordinal: int
    tape: str
    offset: float
    zone: tuple[tuple[float, float], ...]
    quiet_until: float
    over_at: float
    repeats_every: float
    what_zh: str
    what_en: str


INCIDENTS = (
    Incident(
        kind=CameraKind.STATION,
        ordinal=0,
        tape="hall-visit",
        offset=0.0,
        zone=((0.20, 0.50), (0.78, 0.50), (0.82, 1.0), (0.15, 1.0)),
        quiet_until=28.0,
        over_at=42.0,
        repeats_every=42.0,
        what_zh="有人进入候车厅封闭区",
        what_en="somebody walks into the closed part of the waiting hall",
    ),
    Incident(
        kind=CameraKind.CONSTRUCTION,
        ordinal=0,
        tape="path-lawn",
        offset=18.0,
        zone=((0.02, 0.20), (0.74, 0.12), (0.74, 0.34), (0.02, 0.52)),
        quiet_until=27.0,
        over_at=37.5,
        repeats_every=38.0,
        what_zh="有人穿越工地围挡内绿地",
        what_en="somebody crosses the lawn behind the works barrier",
    ),
)
"""The first one is the one that the tests and the README rely on."""
