"""Public release: pictures are looked through and covered by hand, and two people sign, or nothing is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.exports import Export, ExportItem, ExportState, Region, Variant, why_not_signed
from gateway.domain.messages import Topic
from gateway.services import second_factor
from gateway.services.errors import Conflict, Forbidden, NotFound
from gateway.services.export_views import ExportView, Sight, approved, sight_of, view_of
from gateway.services.exports import refuse_never, touched
from gateway.services.office import Caller, Office
from gateway.storage import exports

MOST_REGIONS = 200


async def draw(office: Office, caller: Caller, export_id: str, event_id: str, regions: Sequence[Region]) -> ExportView:
    """Says what is to be covered on a still; an empty list says that there is nothing. Takes back every signature."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await _releasing(office, conn, caller, export_id)
        item = await _still(conn, export_id, event_id)
        drawn = replace(item, regions=tuple(regions), drawn_by=caller.operator.id, drawn_at=at)
        await exports.draw(conn, export_id, drawn)
        await touched(office, conn, caller, sight.export, "redact")
        count = len(regions)
        await office.note(
            conn, at, caller.operator.id, "redact_export", "export", export_id, event=event_id, regions=count
        )
        view = await view_of(conn, caller, await sight_of(conn, caller, export_id, at))
    await office.ring(Topic.EXPORTS, export_id)
    return view


async def sign(office: Office, caller: Caller, export_id: str) -> ExportView:
    """Signs the release as it is drawn now. Raises ``Forbidden`` while a picture was not looked through."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await _releasing(office, conn, caller, export_id)
        await second_factor.require(office, caller, conn)
        items = await _items(conn, sight)
        if any(item.regions is None for item in items):
            raise Forbidden(why_not_signed(sight.export.asker_id, items, frozenset()))
        if not await exports.sign(conn, export_id, caller.operator.id, at):
            raise Conflict("you have signed this release")
        await touched(office, conn, caller, sight.export, "sign")
        await office.note(conn, at, caller.operator.id, "sign_export", "export", export_id)
        view = await view_of(conn, caller, await sight_of(conn, caller, export_id, at))
    await office.ring(Topic.EXPORTS, export_id)
    return view


async def publish(office: Office, caller: Caller, export_id: str) -> ExportView:
    """Gives the release free to be packed. Raises ``Forbidden`` while anything keeps it back."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await _releasing(office, conn, caller, export_id)
        if not sight.mine:
            raise Forbidden("only who asked for a release publishes it")
        signers = frozenset(await exports.signers(conn, export_id))
        if kept := why_not_signed(sight.export.asker_id, await _items(conn, sight), signers):
            raise Forbidden(kept)
        await second_factor.require(office, caller, conn)
        if any(step.kind == "publish" for step in await exports.steps_of(conn, export_id)):
            raise Conflict("this release was published")
        await touched(office, conn, caller, sight.export, "publish")
        await office.note(conn, at, caller.operator.id, "publish_export", "export", export_id)
        view = await view_of(conn, caller, await sight_of(conn, caller, export_id, at))
    await office.ring(Topic.EXPORTS, export_id)
    return view


async def released(conn: AsyncConnection, export: Export, items: tuple[ExportItem, ...]) -> bool:
    """True if the release was published and nothing keeps it back now: a later stroke takes the signatures away."""
    signers = frozenset(await exports.signers(conn, export.id))
    published = any(step.kind == "publish" for step in await exports.steps_of(conn, export.id))
    return published and not why_not_signed(export.asker_id, items, signers)


async def _items(conn: AsyncConnection, sight: Sight) -> tuple[ExportItem, ...]:
    return approved(await exports.items_of(conn, sight.export.id), sight.parts)


async def _releasing(office: Office, conn: AsyncConnection, caller: Caller, export_id: str) -> Sight:
    """The approved public release that is the caller's to work on."""
    sight = await sight_of(conn, caller, export_id, office.clock.now())
    refuse_never(caller)
    if not sight.handles:
        raise Forbidden("this takes somebody who may export every one of its cameras")
    if sight.export.variant is not Variant.PUBLIC:
        raise Conflict("this export is not for public release")
    if sight.export.state is not ExportState.APPROVED:
        raise Conflict("a release is drawn and signed once it is approved, and before it is packed")
    return sight


async def _still(conn: AsyncConnection, export_id: str, event_id: str) -> ExportItem:
    for item in await exports.items_of(conn, export_id):
        if item.event_id == event_id and item.kind == "still":
            return item
    raise NotFound("picture")
