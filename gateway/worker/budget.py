"""How a decode budget is shared among cameras: pure arithmetic over measured costs.

A stream of dependent pictures cannot be thinned at will: the n-th picture of a group needs all before it. So the ladder
first looks at every second picture but decodes all, then decodes only the first half of each group and looks at every
second of those, and last decodes keyframes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FULL, THINNED, HALVED, KEYFRAMES = range(4)
NAMES = ("full", "reduced", "reduced", "keyframes")
"""What each rung is called in a camera's status."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one camera costs: pictures a second, pictures in a group, and seconds of CPU per picture for each step."""

    fps: float
    group: float
    decode: float
    look: float

    def at(self, rung: int) -> float:
        """Cores used on that rung."""
        if rung == FULL:
            return self.fps * (self.decode + self.look)
        if rung == THINNED:
            return self.fps * (self.decode + self.look / 2)
        if rung == HALVED:
            return self.fps * (self.decode + self.look / 2) / 2
        return self.fps / max(self.group, 1.0) * (2 * self.decode + self.look)


def share(costs: Sequence[Cost], budget_cores: float, turn: int = 0) -> list[int]:
    """The rung of each camera so that all fit into the budget, no two cameras more than one rung apart.

    ``turn`` says with whom to begin: raised now and then, everyone gets the better rung in turn. What does not fit even
    as keyframes only is on the last rung all the same.
    """
    count = len(costs)
    if not count:
        return []
    for rung in range(FULL, KEYFRAMES + 1):
        total = sum(cost.at(rung) for cost in costs)
        if total <= budget_cores:
            break
    rungs = [rung] * count
    if rung == FULL:
        return rungs
    spare = budget_cores - total
    for step in range(count):
        index = (turn + step) % count
        more = costs[index].at(rung - 1) - costs[index].at(rung)
        if more > spare:
            break
        spare -= more
        rungs[index] = rung - 1
    return rungs


def wants_decoding(rung: int, position: int, group: float) -> bool:
    """Whether the picture at that place in its group (0 is the keyframe) is decoded on that rung."""
    if rung <= THINNED or position == 0:
        return True
    return rung == HALVED and position < group / 2


def wants_looking(rung: int, position: int) -> bool:
    """Whether the decoded picture is shown to the detectors on that rung."""
    return rung in (FULL, KEYFRAMES) or position % 2 == 0
