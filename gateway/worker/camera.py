"""One assigned camera at work: its sub-stream always, its main stream while somebody wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from adapters import onvif
from gateway.domain.cameras import CameraState
from gateway.domain.packets import StreamKey, StreamKind
from gateway.fleet.wire import AssignedCamera, StatusReport
from gateway.ports import Clock, Credential, DeviceAddress, Unavailable
from gateway.worker import budget
from gateway.worker.breaker import Gates
from gateway.worker.eye import Eye
from gateway.worker.handoff import Handoff
from gateway.worker.pulling import Pull
from gateway.worker.source import Source
from gateway.worker.stream import Stream, Subscriber

ONVIF_PORT = 80
LINGER_SECONDS = 10.0
"""How long a main stream is still pulled after its last reader left: people go back and forth between cameras."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What every camera of a worker uses."""

    clock: Clock
    gates: Gates
    handoff: Handoff
    changed: Callable[[str], None]
    """Called with a camera's id when its state is another."""


class Camera:
    """A camera's streams and their lifetimes. ``run`` is its life; all else happens on the loop beside it."""

    def __init__(self, assigned: AssignedCamera, trade: Trade) -> None:
        self.assigned = assigned
        self.eye: Eye | None = None
        self._trade = trade
        self._credential = (
            Credential(assigned.username, assigned.password or "") if assigned.username is not None else None
        )
        self._addresses = {stream.kind: stream for stream in assigned.streams}
        self._asks = assigned.scheme == "onvif"
        self._onvif_port = assigned.onvif_port or ONVIF_PORT
        # Main and sub may be the same encoding, which is never pulled twice.
        self._single = not self._asks and len({(one.path, one.transport) for one in assigned.streams}) == 1
        has_sub = self._asks or StreamKind.SUB in self._addresses
        self.watched_kind = StreamKind.SUB if has_sub else StreamKind.MAIN
        self._resolved: dict[StreamKind, DeviceAddress] | None = None
        self.watched = self._new_stream(self.watched_kind)
        self._wanted: dict[StreamKind, Stream] = {}
        self._pulls: dict[StreamKind, list[Pull]] = {}
        self._group: asyncio.TaskGroup | None = None

    def _new_stream(self, kind: StreamKind) -> Stream:
        key = StreamKey(self.assigned.camera_id, kind)
        return Stream(key, lambda: self._trade.changed(self.assigned.camera_id))

    async def run(self) -> None:
        """Pulls what is to be pulled until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                await self._source(self.watched).run(
                    self._trade.clock, f"pull {self.assigned.name} {self.watched_kind}"
                )
        finally:
            self._group = None
            for stream in (self.watched, *self._wanted.values()):
                stream.end("the camera has left this worker")

    def stream(self, kind: StreamKind) -> Stream | None:
        """The stream of that kind, if it is being pulled; a camera with one encoding has that for both."""
        return self.watched if kind is self.watched_kind or self._single else self._wanted.get(kind)

    def attach(self, kind: StreamKind, reader: Subscriber) -> Stream:
        """Lets somebody read a stream, which is pulled from now on if it was not. Raises ``Unavailable``."""
        stream = self.stream(kind)
        if stream is None:
            stream = self._pull_on_demand(kind)
        stream.attach(reader)
        if stream is not self.watched:
            _give_back(stream)
        return stream

    def _pull_on_demand(self, kind: StreamKind) -> Stream:
        if self._group is None or not (self._asks or kind in self._addresses):
            raise Unavailable(f"the camera has no {kind} stream")
        stream = self._wanted[kind] = Stream(StreamKey(self.assigned.camera_id, kind), lambda: _give_back(stream))
        self._group.create_task(self._while_wanted(kind, stream))
        return stream

    async def _while_wanted(self, kind: StreamKind, stream: Stream) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                name = f"pull {self.assigned.name} {kind}"
                pulling = group.create_task(self._source(stream).run(self._trade.clock, name))
                idle = 0.0
                while idle < LINGER_SECONDS:
                    await self._trade.clock.sleep(1.0)
                    idle = 0.0 if stream.readers else idle + 1.0
                pulling.cancel()
        finally:
            self._wanted.pop(kind, None)
            stream.end("nobody reads it any more")

    def _source(self, stream: Stream) -> Source:
        # What an ONVIF device names is at the same device: whoever finds it gone has found all of its channels gone.
        port = self._onvif_port if self._asks else self.assigned.rtsp_port
        gate = self._trade.gates.of(self.assigned.host, port, self._credential, self.assigned.host_limit)

        async def address() -> DeviceAddress:
            return await self._address(stream.key.kind)

        return Source(
            stream,
            gate,
            self._credential,
            address,
            self._forget,
            self._trade.handoff,
            pulls=self._pulls.setdefault(stream.key.kind, []),
        )

    async def _address(self, kind: StreamKind) -> DeviceAddress:
        """Where a stream is. An ONVIF device is asked once, and again after a failure."""
        if self._asks:
            if self._resolved is None:
                host, channel = self.assigned.host, self.assigned.channel
                self._resolved = await onvif.resolve(host, self._onvif_port, self._credential, channel)
                self._single = len(set(self._resolved.values())) == 1
            # A device with one encoding is watched on that one.
            return self._resolved.get(kind) or self._resolved[StreamKind.MAIN]
        where = self._addresses.get(kind)
        if where is None:
            raise Unavailable("the camera has no address for this stream")
        return DeviceAddress("rtsp", self.assigned.host, self.assigned.rtsp_port, where.path, where.transport)

    def _forget(self) -> None:
        self._resolved = None

    def alive_at(self) -> float | None:
        """When the watched stream last sent something; None while the device refuses us."""
        return None if self.watched.state is CameraState.REFUSED else self.watched.last_at

    def tick(self, now: float) -> None:
        """Lets a second pass for the streams' figures."""
        for stream in (self.watched, *self._wanted.values()):
            stream.tick(now)

    def status(self) -> StatusReport:
        """How the camera stands now."""
        stream, description = self.watched, self.watched.description
        state, reason = stream.state, stream.reason
        faults = self.eye.watcher.faults if self.eye is not None else frozenset()
        if state is CameraState.ONLINE and faults:
            state, reason = CameraState.FAULTY, ", ".join(sorted(faults))
        return StatusReport(
            camera_id=self.assigned.camera_id,
            state=state,
            reason=reason,
            codec=description.codec if description is not None else "",
            width=description.width if description is not None else 0,
            height=description.height if description is not None else 0,
            fps=stream.fps,
            kbps=stream.kbps,
            shed=budget.NAMES[self.eye.rung] if self.eye is not None else "full",
            clock_offset=stream.device_clock() if stream.state is CameraState.ONLINE else None,
        )


def _give_back(stream: Stream) -> None:
    """Tells who waits for a stream on demand that it does not come, instead of letting them wait."""
    if stream.received == 0 and stream.state in (CameraState.OFFLINE, CameraState.REFUSED):
        stream.end(stream.reason)
