"""Legal holds and receipts of deletions as people read them: with names, where each stands, and who may decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.grants import permits
from gateway.domain.legal_holds import HoldStage, HoldState, LegalHold, Wish
from gateway.services.office import Caller
from gateway.storage import cameras, grants, operators
from gateway.storage.deletion_receipts import DeletionReceipt


@dataclass(frozen=True, slots=True)
class HoldView:
    """A legal hold with the names a reader needs.

    ``protects`` says whether it keeps anything from being deleted now. ``may_decide`` is for another person of those
    who manage the camera, ``may_wish`` for any of them while it stands.
    """

    id: str
    camera_id: str
    camera_name_zh: str
    camera_name_en: str
    event_id: str | None
    since: datetime | None
    until: datetime | None
    reason: str
    letter: str
    state: HoldState
    stage: HoldStage
    protects: bool
    requested_by: str
    requested_by_name: str
    requested_at: datetime
    decided_by: str | None
    decided_by_name: str
    decided_at: datetime | None
    ends_at: datetime
    wish: Wish
    wish_ends_at: datetime | None
    wish_reason: str
    wish_by: str | None
    wish_by_name: str
    may_decide: bool
    may_wish: bool
    version: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A receipt with its camera's name."""

    id: str
    at: datetime
    what: str
    object_id: str
    camera_id: str
    camera_name_zh: str
    camera_name_en: str
    sha256: str
    bytes: int
    rule: str
    by: str


async def views_of(conn: AsyncConnection, caller: Caller, holds: Sequence[LegalHold], at: datetime) -> list[HoldView]:
    """The holds as this caller reads them."""
    people = {one for hold in holds for one in (hold.requested_by, hold.decided_by, hold.wish_by) if one is not None}
    names = await operators.names(conn, people)
    files = await cameras.many(conn, {hold.camera_id for hold in holds})
    held = await grants.for_operator(conn, caller.operator, at)
    who = caller.operator
    managed = {key for key, one in files.items() if permits(who, Action.MANAGE, one.facts, held, at).allowed}
    return [_view(hold, caller, files.get(hold.camera_id), names, hold.camera_id in managed, at) for hold in holds]


async def receipt_views(conn: AsyncConnection, receipts: Sequence[DeletionReceipt]) -> list[ReceiptView]:
    """The receipts with names."""
    files = await cameras.many(conn, {one.camera_id for one in receipts})
    return [
        ReceiptView(
            id=one.id,
            at=one.at,
            what=one.what,
            object_id=one.object_id,
            camera_id=one.camera_id,
            camera_name_zh=_name(files.get(one.camera_id)),
            camera_name_en=_english(files.get(one.camera_id)),
            sha256=one.sha256,
            bytes=one.bytes,
            rule=one.rule,
            by=one.by,
        )
        for one in receipts
    ]


def _view(
    hold: LegalHold, caller: Caller, camera: Camera | None, names: dict[str, str], managed: bool, at: datetime
) -> HoldView:
    asker = hold.asked_by(at)
    return HoldView(
        id=hold.id,
        camera_id=hold.camera_id,
        camera_name_zh=_name(camera),
        camera_name_en=_english(camera),
        event_id=hold.event_id,
        since=hold.since,
        until=hold.until,
        reason=hold.reason,
        letter=hold.letter,
        state=hold.state,
        stage=hold.stage(at),
        protects=hold.protects(at),
        requested_by=hold.requested_by,
        requested_by_name=names.get(hold.requested_by, ""),
        requested_at=hold.requested_at,
        decided_by=hold.decided_by,
        decided_by_name=names.get(hold.decided_by or "", ""),
        decided_at=hold.decided_at,
        ends_at=hold.ends_at,
        wish=hold.wish,
        wish_ends_at=hold.wish_ends_at,
        wish_reason=hold.wish_reason,
        wish_by=hold.wish_by,
        wish_by_name=names.get(hold.wish_by or "", ""),
        may_decide=managed and asker is not None and asker != caller.operator.id,
        may_wish=managed and hold.stands(at),
        version=hold.version,
    )


def _name(camera: Camera | None) -> str:
    return "" if camera is None else camera.name_zh


def _english(camera: Camera | None) -> str:
    return "" if camera is None else camera.name_en
