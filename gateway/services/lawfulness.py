"""Lawfulness: what no camera's file may say, and what it must say before the camera goes live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Camera
from gateway.domain.filing import Filing
from gateway.domain.lifecycle import SERVED, wanting
from gateway.domain.place_types import FORBIDDEN, captures_faces
from gateway.domain.retention import FLOORS, too_short
from gateway.services.errors import Invalid
from gateway.services.office import Caller, Office
from gateway.storage import camera_documents

CONSENT = "consent"
"""The kind of document by which a place that keeps secrets consents."""


class Unlawful(Invalid):
    """Something that no camera may be: refused, and written into the audit."""


def refusal(fields: Mapping[str, Any]) -> tuple[str, str] | None:
    """The field of a file that the law refuses and one sentence why; None if there is none."""
    place = fields.get("place_type")
    if place in FORBIDDEN:
        return "place_type", f"no camera may look into a place of the type {place} (Order 799, article 8)"
    if captures_faces(str(fields.get("function_type") or "")):
        return "function_type", "cameras that capture faces (FunctionType 01) are not taken in"
    return None


def refuse_unlawful(fields: Mapping[str, Any]) -> None:
    """Raises ``Unlawful`` if the law refuses something in these fields of a file."""
    if (found := refusal(fields)) is not None:
        raise Unlawful(found[1], field=found[0])


async def note_refusal(office: Office, caller: Caller, camera_id: str, problem: Unlawful) -> None:
    """Writes into the audit, in a transaction of its own, that something unlawful was asked for."""
    field = str(problem.detail["field"])
    at = office.clock.now()
    async with office.store.begin() as conn:
        await office.note(conn, at, caller.operator.id, "refuse_camera", "camera", camera_id, field=field)


async def lacking(conn: AsyncConnection, camera: Camera, filing: Filing) -> tuple[str, ...]:
    """What the file still lacks before the camera may go live."""
    consents = await camera_documents.count(conn, [camera.id], CONSENT) if filing.secret_adjacent else {}
    return lacking_with(camera, filing, consents.get(camera.id, 0))


def lacking_with(camera: Camera, filing: Filing, consents: int) -> tuple[str, ...]:
    """The same when the number of consents is known."""
    return wanting(
        camera.owner_id,
        filing.regime,
        camera.purposes,
        filing.need_statement,
        secret_adjacent=filing.secret_adjacent,
        consents=consents,
    )


def refuse_lacking(found: tuple[str, ...], before: tuple[str, ...] = ()) -> None:
    """Raises ``Invalid`` if a file that must be whole lacks something; ``before`` is what it lacked already."""
    new = [name for name in found if name not in before]
    if new:
        sentence = (
            f"a camera goes live only with its managing unit, regime, purposes, need and consent: {new[0]} is missing"
        )
        raise Invalid(sentence, field=new[0], missing=new)


def refuse_short_retention(after: Filing, before: Filing | None = None) -> None:
    """Raises ``Invalid`` if recordings would be kept for fewer days than the law asks of such a camera.

    What a file said already before it was changed otherwise stays as it is.
    """
    kept = (after.retention_class, after.record_save_days)
    if before is not None and kept == (before.retention_class, before.record_save_days):
        return
    if (why := too_short(*kept)) is not None:
        raise Invalid(why, field="record_save_days", least=FLOORS[after.retention_class])


def must_be_whole(camera: Camera) -> bool:
    """True if the camera is live, so that its file may lack nothing."""
    return camera.lifecycle in SERVED
