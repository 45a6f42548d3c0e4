"""A small district for the storage tests: two townships, a department, a recorder, six cameras."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraKind, Place, Recorder, Site, StreamAddress
from gateway.domain.events import Event, Phase
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.ids import uuid7
from gateway.domain.observations import Box, ObservationKind
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.packets import StreamKind
from gateway.storage import cameras, organisations, recorders, sites
from gateway.storage.cameras import NewCamera

NOW = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
T1, T2, D1 = "T-320612001", "T-320612004", "D15"


def new_id() -> str:
    return uuid7(NOW, os.urandom(10))


def camera(number: int, **changes: object) -> Camera:
    values: dict[str, object] = {
        "id": f"C-{number:03d}",
        "gb_id": f"32061201041329{number:06d}",
        "name_zh": f"金沙街道朝霞路{number}号",
        "name_en": f"Zhaoxia Road {number}",
        "kind": CameraKind.ROAD,
        "owner_id": T1,
        "maintainer_id": T1,
        "township_code": "320612001",
        "site_id": "S-1",
        "place": Place(32.07, 121.07),
        "scheme": "rtsp",
        "host": "192.0.2.7",
        "rtsp_port": 554,
        "onvif_port": None,
        "credential_id": None,
        "streams": (StreamAddress(StreamKind.MAIN, "/main"), StreamAddress(StreamKind.SUB, "/sub", "udp")),
        "purposes": ("PS-ORDER", "PS-TRAFFIC"),
    }
    return Camera(**(values | changes))  # type: ignore[arg-type]


RECORDER = Recorder("R-1", "录像机", "recorder", "S-1", T2, "192.0.2.9", 8554, 8080, None, 8, 16)

CAMERAS = (
    camera(1),
    camera(2, owner_id=T2, township_code="320612004", name_zh="金新街道文昌路", name_en="Wenchang Road"),
    camera(3, owner_id=D1, maintainer_id=T2, kind=CameraKind.JUNCTION, name_zh="希望路路口", name_en="Crossroads"),
    camera(4, owner_id=T2, recorder_id="R-1", channel=1, township_code="320612004", kind=CameraKind.WATER),
    camera(5, owner_id=D1, recorder_id="R-1", channel=2, kind=CameraKind.MARKET),
    camera(6, enabled=False),
)


async def lay(connection: AsyncConnection) -> None:
    """Writes the district."""
    await organisations.replace(
        connection,
        [
            Organisation(T1, OrganisationKind.TOWNSHIP, "金沙街道", "Jinsha", "district", "320612001"),
            Organisation(T2, OrganisationKind.TOWNSHIP, "金新街道", "Jinxin", "district", "320612004"),
            Organisation(D1, OrganisationKind.DEPARTMENT, "交通运输局", "Transport", "district"),
            Organisation("district", OrganisationKind.DISTRICT, "指挥中心", "Centre"),
        ],
    )
    await sites.replace(connection, [Site("S-1", "站点", "site", T1, Place(32.07, 121.07), 100.0)])
    await recorders.replace(connection, [RECORDER])
    await cameras.replace(connection, [NewCamera(one) for one in CAMERAS], NOW)


def operator(organisation_id: str = T1, *roles: Role) -> Operator:
    return Operator(new_id(), f"login-{new_id()}", "name", organisation_id, frozenset(roles or [Role.SHIFT_LEADER]))


def grant(
    grantee: tuple[GranteeKind, str],
    target: tuple[TargetKind, str],
    *actions: Action,
    effect: Effect = Effect.ALLOW,
    not_before: datetime = NOW,
    not_after: datetime | None = None,
    purposes: frozenset[str] | None = None,
) -> Grant:
    return Grant(
        id=new_id(),
        effect=effect,
        grantee_kind=grantee[0],
        grantee_id=grantee[1],
        target_kind=target[0],
        target_id=target[1],
        actions=frozenset(actions or [Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE]),
        purposes=purposes,
        not_before=not_before,
        not_after=not_after,
        granted_by="test",
        reason="for the test",
        created_at=NOW,
    )


def event(
    event_id: str,
    phase: Phase = Phase.OPEN,
    *,
    camera_id: str = "C-001",
    rule_id: str = "rule",
    opened: float = 0.0,
    last: float | None = None,
    fault: bool = False,
) -> Event:
    """An event whose times are seconds after ``NOW``."""
    start = NOW.timestamp()
    return Event(
        id=event_id,
        camera_id=camera_id,
        rule_id=rule_id,
        kind=ObservationKind.FREEZE if fault else ObservationKind.ANOMALY,
        phase=phase,
        opened_at=start + opened,
        last_at=start + (opened if last is None else last),
        picture_at=start + opened,
        box=Box(0.1, 0.2, 0.3, 0.4),
        measure=4.5,
        threshold=3.0,
        fault=fault,
        why={"speed": 4.5, "cell": "12,7"},
    )
