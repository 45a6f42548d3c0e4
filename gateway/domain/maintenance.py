"""Maintenance: what a device fault is called as a ticket, and how long its repair may take (domain notes 2.5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gateway.domain.deadlines import Limit, TimeUnit
from gateway.domain.observations import ObservationKind


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of device fault as a ticket category."""

    code: str
    name_zh: str
    name_en: str


FAULTS: dict[ObservationKind, Fault] = {
    ObservationKind.SIGNAL_LOSS: Fault("DEV-LOSS", "信号丢失", "Signal loss"),
    ObservationKind.FREEZE: Fault("DEV-FREEZE", "画面冻结", "Frozen picture"),
    ObservationKind.BLACK: Fault("DEV-BLACK", "黑屏", "Black picture"),
    ObservationKind.COVERED: Fault("DEV-COVER", "镜头遮挡", "Covered lens"),
    ObservationKind.DEFOCUS: Fault("DEV-FOCUS", "画面虚焦", "Defocused picture"),
    ObservationKind.SCENE_MOVED: Fault("DEV-MOVED", "场景变更", "Scene moved"),
}
OTHER = Fault("DEV-OTHER", "设备故障", "Device fault")

BY_CODE: dict[str, Fault] = {fault.code: fault for fault in (*FAULTS.values(), OTHER)}


def fault_for(kind: ObservationKind) -> Fault:
    """The ticket category of a fault."""
    return FAULTS.get(kind, OTHER)


def limit_for(township_code: str, seat: Collection[str] = ()) -> Limit:
    """24 h in the townships that are the district's seat, 48 h elsewhere."""
    return (TimeUnit.NATURAL_DAYS, 1 if township_code in seat else 2)
