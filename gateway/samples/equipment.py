"""The sample's devices: which cameras sit behind which recorder, and every device's loopback address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

RECORDED = 90
"""Cameras behind recorders, about; the others stand alone."""


@dataclass(frozen=True, slots=True)
class Box:
    """A recorder: its owner, where it stands, how many channels it has, and the cameras on them."""

    id: str
    ordinal: int
    owner: str
    town: str
    channels: int
    cameras: tuple[str, ...]

    @property
    def host(self) -> str:
        """Its loopback address."""
        return f"127.20.1.{self.ordinal}"

    @property
    def max_opens(self) -> int:
        """Streams it serves at once: every channel's sub and main, no more."""
        return self.channels * 2


def boxes(cameras: Sequence[tuple[str, str, str]], alone: frozenset[str]) -> list[Box]:
    """Recorders for cameras given as (id, owner, town); ``alone`` names cameras that must stand alone."""
    by_owner: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for camera, owner, town in cameras:
        if camera not in alone:
            by_owner[owner].append((camera, town))
    made: list[Box] = []
    recorded = 0
    for owner in sorted(by_owner, key=lambda o: (-len(by_owner[o]), o)):
        members = by_owner[owner]
        take = min(len(members), 32, RECORDED - recorded)
        if take < 3:
            continue
        ordinal = len(made) + 1
        size = next(s for s in (8, 16, 32) if s >= take)
        town = members[0][1]
        made.append(Box(f"NVR-{ordinal:03d}", ordinal, owner, town, size, tuple(c for c, _ in members[:take])))
        recorded += take
    return made


def stand_alone_host(ordinal: int) -> str:
    """The loopback address of the n-th stand-alone camera, counted from one."""
    return f"127.20.2.{ordinal}"
