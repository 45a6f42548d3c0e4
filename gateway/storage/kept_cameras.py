"""Cameras as lists showed them last, kept until an epoch moves: lists are asked for more often than files change."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage import camera_lists
from gateway.storage.camera_lists import CameraListed
from gateway.storage.epochs import Catalogue

MOST = 5_000
"""Cameras that are kept; when there are more, all are read anew."""


class KeptCameras:
    """What was read of cameras under the newest epochs seen. Every change of a camera's file, of its recorder, groups,
    areas and organisations bumps one of them in its own transaction, so what is kept is what the connection would read,
    but for the state: that changes by itself.
    """

    def __init__(self) -> None:
        self._under = Catalogue(0, 0)
        self._kept: dict[str, CameraListed] = {}

    async def of(self, connection: AsyncConnection, under: Catalogue, ids: Iterable[str]) -> dict[str, CameraListed]:
        """The cameras with those ids; the epochs were read by the same connection in the same transaction.

        They come without streams, and with the state that they had when they were read first.
        """
        kept = self._kept if under == self._under else {}
        wanted = list(ids)
        if lacking := [one for one in wanted if one not in kept]:
            read = {item.camera.id: item for item in await camera_lists.by_ids(connection, lacking, streams=False)}
            self._keep(under, read)
            return {one: item for one in wanted if (item := kept.get(one) or read.get(one))}
        return {one: kept[one] for one in wanted}

    def _keep(self, under: Catalogue, read: dict[str, CameraListed]) -> None:
        """Under newer epochs everything is kept anew; who still reads an older state of the database keeps nothing."""
        if under.permission < self._under.permission or under.assignment < self._under.assignment:
            return
        if under != self._under or len(self._kept) + len(read) > MOST:
            self._under, self._kept = under, {}
        self._kept |= read
