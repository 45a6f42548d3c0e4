"""The hub: one channel per watched stream, opened by the first viewer and kept a little after the last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.domain.packets import StreamKey
from gateway.media.channel import Channel, Tally, Upstream, Viewer
from gateway.ports import Unavailable

LINGER = 10.0
"""Seconds a channel lives on without viewers, so that a click back is answered at once."""
PATIENCE = 20.0
"""Seconds a channel waits for its camera to come back before its viewers are told."""
_RETRY = 0.25
_LOOK = 2.0


class Hub:
    """Shares streams. Made by ``open_hub``, whose block owns every channel's task."""

    def __init__(self, upstream: Upstream, group: asyncio.TaskGroup, linger: float = LINGER) -> None:
        self._upstream = upstream
        self._group = group
        self._linger = linger
        self._channels: dict[StreamKey, Channel] = {}
        self._marked: set[Channel] = set()
        self._tasks: dict[Channel, asyncio.Task[None]] = {}
        self.tally = Tally()

    @property
    def channels(self) -> int:
        """Streams pulled now."""
        return len(self._all)

    @property
    def marked(self) -> int:
        """Streams that are one viewer's own, with their name burned in."""
        return len(self._marked)

    @property
    def viewers(self) -> int:
        """Viewers of all streams."""
        return sum(len(channel.viewers) for channel in self._all)

    @property
    def depth(self) -> int:
        """The longest viewer queue."""
        return max((channel.depth for channel in self._all), default=0)

    @property
    def _all(self) -> list[Channel]:
        return [*self._channels.values(), *self._marked]

    @asynccontextmanager
    async def view(self, key: StreamKey, words: str = "") -> AsyncIterator[Viewer]:
        """A viewer of that stream for the length of the block. It gets ``Ended`` if the camera stays away.

        With words it is a stream of the viewer's own, which ends with the block, or with the worker's refusal.
        """
        if words:
            async with self._view_marked(key, words) as viewer:
                yield viewer
            return
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(key, self._upstream, self.tally)
            self._tasks[channel] = self._group.create_task(self._serve(channel), name=f"channel {key}")
        viewer = channel.join()
        try:
            yield viewer
        finally:
            channel.viewers.discard(viewer)
            if not channel.viewers:
                channel.left.set()

    @asynccontextmanager
    async def _view_marked(self, key: StreamKey, words: str) -> AsyncIterator[Viewer]:
        channel = Channel(key, self._upstream, self.tally, words)
        viewer = channel.join()
        self._marked.add(channel)
        task = self._tasks[channel] = self._group.create_task(self._serve_marked(channel), name=f"marked {key}")
        try:
            yield viewer
        finally:
            channel.viewers.discard(viewer)
            task.cancel()
            self._forget(channel)  # also where the task has not begun

    async def _serve_marked(self, channel: Channel) -> None:
        """Pulls once: who is told why it ended may ask again."""
        try:
            channel.open()
            await self._until_interrupted(channel)
        except Unavailable as problem:
            channel.reason = str(problem)
        finally:
            self._forget(channel)
            channel.end_viewers("unavailable", channel.reason or "the gateway stopped serving this stream")

    def _forget(self, channel: Channel) -> None:
        channel.close()
        self._marked.discard(channel)
        self._tasks.pop(channel, None)

    def close(self) -> None:
        """Ends every channel; their viewers are told."""
        for task in self._tasks.values():
            task.cancel()

    async def _serve(self, channel: Channel) -> None:
        """Pulls until nobody has watched for a while; pulls again whenever the upstream ends."""
        try:
            async with asyncio.TaskGroup() as group:
                pull = group.create_task(self._pull(channel))
                await self._unwatched(channel)
                self._channels.pop(channel.key, None)
                pull.cancel()
        finally:
            channel.close()
            del self._tasks[channel]
            if self._channels.get(channel.key) is channel:
                del self._channels[channel.key]
            channel.end_viewers("unavailable", "the gateway stopped serving this stream")

    async def _unwatched(self, channel: Channel) -> None:
        """Returns when a whole linger has passed without a viewer."""
        while True:
            await channel.left.wait()
            channel.left.clear()
            await asyncio.sleep(self._linger)
            if not channel.viewers and not channel.left.is_set():
                return

    async def _pull(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        gone = loop.time()
        while True:
            try:
                channel.open()
            except Unavailable as problem:
                channel.reason = str(problem)
            else:
                await self._until_interrupted(channel)
                channel.close()
                gone = max(gone, channel.heard_at)
            if loop.time() - gone > PATIENCE:
                channel.end_viewers("unavailable", channel.reason or "the camera does not answer")
                gone = loop.time()
            await asyncio.sleep(_RETRY)

    async def _until_interrupted(self, channel: Channel) -> None:
        """Waits for the end of the subscription; tells the viewers if pictures stay away although it stands."""
        loop = asyncio.get_running_loop()
        silent_since = loop.time()
        while not channel.interruption.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await channel.interruption.wait()
            if loop.time() - max(silent_since, channel.heard_at) > PATIENCE:
                channel.end_viewers("unavailable", "the camera sends no pictures now")
                silent_since = loop.time()


@asynccontextmanager
async def open_hub(upstream: Upstream, linger: float = LINGER) -> AsyncIterator[Hub]:
    """A hub whose channels end with the block."""
    async with asyncio.TaskGroup() as group:
        hub = Hub(upstream, group, linger)
        try:
            yield hub
        finally:
            hub.close()
