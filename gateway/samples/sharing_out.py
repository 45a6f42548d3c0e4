"""Who gets what: kinds over townships, owners over cameras, tapes and offsets over pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.cameras import CameraKind
from gateway.domain.place_types import PlaceType

K = CameraKind

SHARES: dict[CameraKind, int] = {
    K.JUNCTION: 36,
    K.ROAD: 18,
    K.SQUARE: 9,
    K.MARKET: 18,
    K.SCHOOL_GATE: 9,
    K.HOSPITAL_GATE: 4,
    K.WATER: 9,
    K.CONSTRUCTION: 5,
    K.REFUSE: 5,
    K.STATION: 4,
    K.OVERVIEW: 2,
}
"""How many of the 119 cameras are of each kind."""

INDUSTRY: dict[CameraKind, str] = {
    K.JUNCTION: "04",
    K.ROAD: "04",
    K.SQUARE: "00",
    K.MARKET: "08",
    K.SCHOOL_GATE: "11",
    K.HOSPITAL_GATE: "09",
    K.WATER: "08",
    K.CONSTRUCTION: "44",
    K.REFUSE: "08",
    K.STATION: "04",
    K.OVERVIEW: "00",
}
"""The industry digits of a GB/T 28181 id."""

PURPOSES: dict[CameraKind, list[str]] = {
    K.JUNCTION: ["PS-ORDER", "PS-TRAFFIC", "UM-FACILITY"],
    K.ROAD: ["PS-ORDER", "PS-TRAFFIC", "UM-FACILITY"],
    K.SQUARE: ["PS-ORDER", "UM-ENV"],
    K.MARKET: ["PS-ORDER", "UM-STREET", "UM-ENV"],
    K.SCHOOL_GATE: ["PS-ORDER", "PS-TRAFFIC"],
    K.HOSPITAL_GATE: ["PS-ORDER", "PS-TRAFFIC"],
    K.WATER: ["PS-ORDER", "PS-FLOOD"],
    K.CONSTRUCTION: ["PS-ORDER", "UM-ENV"],
    K.REFUSE: ["PS-ORDER", "UM-ENV"],
    K.STATION: ["PS-ORDER", "PS-FIRE"],
    K.OVERVIEW: ["PS-ORDER", "PS-FIRE"],
}

NEEDS: dict[CameraKind, str] = {
    K.JUNCTION: "路口人车混行，需看护交通秩序与公用设施(示例)",
    K.ROAD: "主干道车流大，需掌握通行与路面设施状况(示例)",
    K.SQUARE: "人员聚集场所，需防范拥挤与治安问题(示例)",
    K.MARKET: "集镇街面，需维护治安与街面秩序(示例)",
    K.SCHOOL_GATE: "上下学时段门前道路，需保护学生出行安全(示例)",
    K.HOSPITAL_GATE: "医院门前道路，需保障急救通道畅通(示例)",
    K.WATER: "河道闸口与低洼点，需及时发现险情与积水(示例)",
    K.CONSTRUCTION: "工地周边道路，需防范扬尘与车辆安全问题(示例)",
    K.REFUSE: "垃圾收集点，需防范火情与暴露垃圾(示例)",
    K.STATION: "客流集散地，需防范拥挤与火情(示例)",
    K.OVERVIEW: "高点瞭望，需及早发现火情(示例)",
}
"""Why a camera of each kind is needed: without it none goes live."""

PLACES: dict[CameraKind, PlaceType] = {
    K.JUNCTION: PlaceType.PUBLIC_ROAD,
    K.ROAD: PlaceType.PUBLIC_ROAD,
    K.SQUARE: PlaceType.SQUARE,
    K.MARKET: PlaceType.MARKET,
    K.SCHOOL_GATE: PlaceType.SCHOOL_GATE,
    K.HOSPITAL_GATE: PlaceType.HOSPITAL_GATE,
    K.WATER: PlaceType.WATERWAY,
    K.CONSTRUCTION: PlaceType.CONSTRUCTION_EDGE,
    K.REFUSE: PlaceType.REFUSE_STATION,
    K.STATION: PlaceType.STATION,
    K.OVERVIEW: PlaceType.OTHER_PUBLIC,
}

OWNERS: dict[CameraKind, tuple[str, ...]] = {
    K.JUNCTION: ("D36", "T", "D36", "D06", "T"),
    K.ROAD: ("D15", "T", "D36"),
    K.SQUARE: ("T", "D06"),
    K.MARKET: ("T", "D14", "T"),
    K.SCHOOL_GATE: ("D03", "D03", "T"),
    K.HOSPITAL_GATE: ("D20", "T"),
    K.WATER: ("D16", "D16", "T"),
    K.CONSTRUCTION: ("D13",),
    K.REFUSE: ("D14", "T"),
    K.STATION: ("D15",),
    K.OVERVIEW: ("D22", "T"),
}
"""Owners taken in turn; T is the township the camera stands in."""

FIXED: dict[str, tuple[CameraKind, ...]] = {
    "001": (K.JUNCTION, K.STATION, K.OVERVIEW, K.CONSTRUCTION),
    "103": (K.ROAD,),
    "120": (K.ROAD,),
    "110": (K.MARKET,),
    "004": (K.SCHOOL_GATE,),
}
"""What certain townships have in any case, the first of them as their first camera."""

_FITTING: dict[CameraKind, tuple[str, ...]] = {
    K.JUNCTION: (
        *(
            "crossroads",
            "avenue-bus",
            "circus",
            "avenue-day",
            "ring-road-1",
            "rain-night",
            "ring-road-6",
            "ring-road-2",
        ),
        *("ring-road-night", "ring-road-5", "ring-road-3", "ring-road-7", "ring-road-8"),
    ),
    K.ROAD: ("dual-carriageway", "trunk-road", "dual-carriageway-near", "slip-road", "ring-road-7"),
    K.MARKET: ("shopping-street", "theatre-street", "rain-night", "path-lamp", "avenue-bus", "tower-street"),
    K.SQUARE: ("path-wide", "path-wide-mirrored"),
    K.SCHOOL_GATE: ("path-lamp", "path-wide-mirrored", "path-road"),
    K.HOSPITAL_GATE: ("path-road", "path-wide"),
    K.WATER: ("asphalt",),
    K.CONSTRUCTION: ("path-lawn",),
    K.REFUSE: ("asphalt", "path-road"),
    K.STATION: ("hall-counter",),
    K.OVERVIEW: ("tower",),
}
"""Tapes that look like the kind, taken in turn."""

SPACING = 2.0
"""Seconds that two cameras with the same stretch of film are apart at least."""


def kinds_by_town(counts: Mapping[str, int]) -> dict[str, list[CameraKind]]:
    """For each township its cameras' kinds, evenly mixed and in the order of their numbers."""
    left = Counter(SHARES)
    given: dict[str, list[CameraKind]] = {town: list(FIXED.get(town, ())) for town in counts}
    for kinds in given.values():
        left.subtract(kinds)
    for town in sorted(counts, key=lambda t: counts[t]):
        while len(given[town]) < counts[town]:
            here = Counter(given[town])
            kind = max(left, key=lambda k: left[k] / (here[k] + 1))
            given[town].append(kind)
            left[kind] -= 1
    order = list(CameraKind)
    for town, kinds in given.items():
        first = list(FIXED.get(town, ()))[:1]
        rest = sorted(kinds[len(first) :], key=order.index)
        given[town] = first + rest
    return given


class Tapes:
    """Deals tapes and offsets: no two cameras ever show the same moment at the same time."""

    def __init__(self, recipes: Mapping[str, Mapping[str, Any]]) -> None:
        self._recipes = recipes
        self._used: Counter[str] = Counter()
        self._turns: Counter[CameraKind] = Counter()
        self._taken: dict[str, list[float]] = {}

    def reserve(self, tape: str, offset: float) -> tuple[str, float]:
        """That tape from that second on."""
        self._taken.setdefault(self._recipes[tape]["moments"], []).append(offset)
        return tape, offset

    def deal(self, kind: CameraKind) -> tuple[str, float]:
        """A fitting tape with a free offset, in seconds."""
        choice = _FITTING[kind]
        for _ in choice:
            tape = choice[self._turns[kind] % len(choice)]
            self._turns[kind] += 1
            offset = self._free_offset(tape)
            if offset is not None:
                return self.reserve(tape, offset)
        raise ValueError(f"no moment left on the tapes for {kind}")

    def _free_offset(self, tape: str) -> float | None:
        recipe = self._recipes[tape]
        taken = self._taken.get(recipe["moments"], [])
        length = float(recipe["seconds"])
        gaps = max(1, int(length // SPACING))
        for step in _spread(gaps):
            offset = round(step * length / gaps + 0.0, 1)
            if all(_apart(offset, other, length) >= SPACING for other in taken):
                return offset
        return None


def _spread(count: int) -> Sequence[int]:
    """0..count-1, far from each other first."""
    stride = next(s for s in range(max(1, round(count * 0.618)), count + 2) if _coprime(s, count))
    return [i * stride % count for i in range(count)]


def _coprime(a: int, b: int) -> bool:
    while b:
        a, b = b, a % b
    return a == 1


def _apart(a: float, b: float, length: float) -> float:
    """Seconds between two offsets on a loop."""
    distance = abs(a - b) % length
    return round(min(distance, length - distance), 3)
