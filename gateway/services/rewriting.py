"""Rewriting a camera's file: the change, what the law says of it, and its history, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.services import file_history
from gateway.services.errors import NotFound
from gateway.services.file_history import Pen
from gateway.services.lawfulness import lacking, must_be_whole, refuse_lacking, refuse_short_retention, refuse_unlawful
from gateway.storage import cameras, credentials, file_changes
from gateway.storage.cameras import CameraFile


async def rewrite(
    conn: AsyncConnection, pen: Pen, camera_id: str, version: int, values: Mapping[str, Any]
) -> CameraFile:
    """Changes a file, in the caller's transaction, which ends if this raises.

    Raises ``NotFound``, ``Stale``, ``Unlawful`` for what no camera may be, and ``Invalid`` if a camera that is live
    would lack what it went live with, or keeps its recordings for too few days.
    """
    refuse_unlawful(values)
    before = await _file(conn, camera_id)
    lacked = await lacking(conn, before.camera, before.filing)
    told = await _told(conn, before)
    await cameras.patch(conn, camera_id, version, values, pen.at)
    after = await _file(conn, camera_id)
    refuse_short_retention(after.filing, before.filing)
    if must_be_whole(after.camera):
        went_live = not must_be_whole(before.camera)
        refuse_lacking(await lacking(conn, after.camera, after.filing), () if went_live else lacked)
    lines = file_history.changes(
        pen, "camera", camera_id, told, await _told(conn, after), resealed="credential_id" in values
    )
    await file_changes.insert(conn, lines)
    return after


async def _file(conn: AsyncConnection, camera_id: str) -> CameraFile:
    file = await cameras.get_file(conn, camera_id)
    if file is None:
        raise NotFound("camera")
    return file


async def _told(conn: AsyncConnection, file: CameraFile) -> dict[str, Any]:
    until = None if file.works_until is None else file.works_until.isoformat()
    more: dict[str, Any] = {"lifecycle_reason": file.lifecycle_reason, "works_until": until}
    if file.camera.recorder_id is None:
        more["username"] = await credentials.username(conn, file.camera.credential_id)
    return file_history.camera_fields(file.camera, file.filing, file.sample) | more
