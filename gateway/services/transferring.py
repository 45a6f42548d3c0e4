"""Transferring: the catalogue as a file, out for everyone as far as they see, in for who manages all of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import TargetKind
from gateway.domain.messages import Topic
from gateway.domain.operators import Role
from gateway.services import belonging, catalogue_hands
from gateway.services.camera_views import permitted
from gateway.services.catalogue_checks import Entry
from gateway.services.catalogue_files import Problem
from gateway.services.coverage import Target, covers
from gateway.services.errors import Forbidden
from gateway.services.exporting import Format, export_cameras
from gateway.services.loading import Loaded, load_catalogue
from gateway.services.office import Caller, Office
from gateway.storage import camera_lists, grants
from gateway.storage.camera_lists import CameraQuery


async def export(office: Office, caller: Caller, form: Format) -> bytes:
    """The files of the cameras the caller may list; network addresses only of those they manage."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        found = await camera_lists.everything(conn, caller.operator, Action.LIST, at, CameraQuery(sort="id"))
        held = await grants.for_operator(conn, caller.operator, at)
        ids = [item.camera.id for item in found]
        bare = {
            item.camera.id for item in found if Action.MANAGE not in permitted(caller.operator, item.camera, held, at)
        }
        await office.note(
            conn, at, caller.operator.id, "export_catalogue", "catalogue", "", format=form, cameras=len(ids)
        )
        return await export_cameras(conn, ids, form, without_address=bare)


async def load(office: Office, caller: Caller, name: str, data: bytes, *, dry_run: bool) -> Loaded:
    """Loads a catalogue file: everything or nothing. Raises ``Forbidden``; what is wrong is in the result.

    Organisations and grants are none of it: they say who may see what, and are given through ``sharing`` or on the
    machine. Neither does it change by a camera's file who sees it, where the loader could not do so by hand; more than
    one camera changes its owner only with a fresh proof (``SecondFactorNeeded``).
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        held = await grants.for_operator(conn, caller.operator, at)
    manages_all = covers(held, caller.operator, Action.MANAGE, Target(TargetKind.ALL, ""), at)
    if not manages_all and Role.SYSTEM_MANAGER not in caller.operator.roles:
        raise Forbidden("a catalogue is loaded by who manages all of it")
    handed: list[str] = []

    async def guard(conn: AsyncConnection, found: Sequence[Entry]) -> list[Problem]:
        problems = await catalogue_hands.refused(conn, caller, found, at)
        handed.extend(await catalogue_hands.handed_over(conn, found))
        if not dry_run and not problems:
            await belonging.prove_hand_over(office, conn, caller, len(handed))
        return problems

    async def tell(conn: AsyncConnection, loaded: Loaded) -> None:
        await office.note(
            conn,
            at,
            caller.operator.id,
            "load_catalogue",
            "catalogue",
            "",
            typed={"file": name[:64]},
            added=loaded.added,
            changed=loaded.changed,
        )
        for camera_id in handed:
            await office.note(conn, at, caller.operator.id, "change_camera", "camera", camera_id, fields=["owner_id"])

    loaded = await load_catalogue(
        office.store, office.box, name, data, at, dry_run=dry_run, actor=caller.operator.id, guard=guard, tell=tell
    )
    if loaded.unlawful and not dry_run:
        async with office.store.begin() as conn:
            for camera_id, field in loaded.unlawful:
                await office.note(conn, at, caller.operator.id, "refuse_camera", "camera", camera_id, field=field)
    if loaded.problems or dry_run:
        return loaded
    for topic in (Topic.CAMERAS, Topic.ASSIGNMENTS, Topic.PERMISSIONS):
        await office.ring(topic)
    return loaded
