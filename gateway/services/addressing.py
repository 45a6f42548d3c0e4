"""Addressing: who may say where a camera's pictures are fetched, and that a kept password stays at its address.

Whoever manages one camera must not open another with its password: neither a neighbour's channel of the same recorder
by its path, nor by having the password offered to a device of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Recorder
from gateway.domain.grants import CameraFacts, Grant, TargetKind, permits
from gateway.ports import Credential
from gateway.services.coverage import Target, covers
from gateway.services.errors import Forbidden, Invalid, PasswordNeeded
from gateway.services.office import Caller
from gateway.storage import cameras, grants, organisations, recorders

ADDRESS = ("scheme", "host", "rtsp_port", "onvif_port")
"""What a recorder's channel has from its recorder."""


async def check(
    conn: AsyncConnection,
    caller: Caller,
    camera: Camera,
    changes: Mapping[str, Any],
    credential: Credential | None,
    at: datetime,
) -> None:
    """Returns if the caller may fetch the camera's pictures from where the changes say.

    Raises ``Invalid`` for a channel's own address, ``Forbidden`` for another path on a recorder that the caller does
    not manage as a whole, ``PasswordNeeded`` if the kept password would be offered at another address or path.
    """
    channel = camera.recorder_id is not None
    if channel and (changes.keys() & set(ADDRESS) or credential is not None):
        raise Invalid("this camera's address is its recorder's", field="host")
    # by another transport, or one stream less, nothing else is opened
    other_path = not {one.path for one in changes.get("streams", ())} <= {one.path for one in camera.streams}
    if channel:
        if other_path and not await manages_recorder(conn, caller, camera.recorder_id or "", at):
            sentence = "the paths of a recorder's channel are changed by who manages the whole recorder"
            raise Forbidden(sentence, field="streams")
        return
    moved = [name for name in ADDRESS if name in changes and changes[name] != getattr(camera, name)]
    if (moved or other_path) and camera.credential_id is not None and credential is None:
        raise PasswordNeeded


async def manages_recorder(conn: AsyncConnection, caller: Caller, recorder_id: str, at: datetime) -> bool:
    """True if the caller manages every channel of the recorder, those that are in no catalogue too."""
    recorder = await recorders.get(conn, recorder_id)
    if recorder is None:
        return False
    held = await grants.for_operator(conn, caller.operator, at)
    if covers(held, caller.operator, Action.MANAGE, Target(TargetKind.RECORDER, recorder_id), at):
        return True
    channels = [camera.facts for camera in await cameras.of_recorder(conn, recorder_id)]
    if len(channels) < recorder.channels:
        channels.append(await _unlisted(conn, recorder))
    return _manages_all(caller, channels, held, at)


def _manages_all(caller: Caller, channels: Sequence[CameraFacts], held: Sequence[Grant], at: datetime) -> bool:
    return all(permits(caller.operator, Action.MANAGE, facts, held, at).allowed for facts in channels)


async def _unlisted(conn: AsyncConnection, recorder: Recorder) -> CameraFacts:
    """A channel of which nothing is known but its recorder: it is the recorder's owner's."""
    owner = recorder.owner_id
    bare = CameraFacts("", owner, owner, "", "", recorder.id)
    above = (await organisations.all_above(conn)).get(owner, frozenset())
    return replace(bare, owner_above=above, maintainer_above=above)
