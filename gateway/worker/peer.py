"""One gateway that has dialled this worker: what it asks, and what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from gateway.domain.packets import Packet, StreamKind
from gateway.domain.scans import Scan
from gateway.fleet import framing, wire
from gateway.fleet.framing import Splitter, WireError
from gateway.fleet.greeting import CHUNK
from gateway.fleet.wire_marks import MAX_WORDS, MarkWish, failed_to_json, mark_from_json
from gateway.fleet.wire_scans import Scanned, scan_from_json, scanned_to_json
from gateway.fleet.wire_trials import (
    Offered,
    Tried,
    offered_to_json,
    question_from_json,
    trial_from_json,
    tried_to_json,
)
from gateway.ports import Credential, DeviceAddress, Json, Refused, Unavailable
from gateway.worker.camera import Camera
from gateway.worker.stream import Stream, Subscriber

log = structlog.get_logger(__name__)

SLOW_BYTES = 4 * 1024 * 1024
"""More than this unsent, and pictures are left out up to the next keyframe."""
DEAD_BYTES = 64 * 1024 * 1024
"""More than this unsent, and the gateway is hung up on: it is told everything when it dials again."""
MAX_SUBSCRIPTIONS = 4096
MAX_STILLS = 64
MAX_TRIALS = 8


class Desk(Protocol):
    """What gateways can ask of a worker."""

    def assign(self, assignment: wire.Assignment) -> None:
        """Replaces the set of cameras."""
        ...

    def camera(self, camera_id: str) -> Camera:
        """The camera of that id. Raises ``Unavailable``."""
        ...

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """A JPEG of the newest picture, with the words across it. Raises ``Unavailable``."""
        ...

    async def rendition(self, camera_id: str, kind: StreamKind, words: str, reader: Subscriber) -> None:
        """Hands the camera's stream to the reader with the words burned in, until cancelled. Raises ``Unavailable``."""
        ...

    async def mark(self, data: bytes, wish: MarkWish) -> bytes:
        """A still or clip as the wish has it. Raises ``Refused``."""
        ...

    async def look(self, address: DeviceAddress, credential: Credential | None) -> Tried:
        """What a stream is that is not assigned. Raises ``Unavailable`` or ``Refused``."""
        ...

    async def ask(self, host: str, port: int, credential: Credential | None) -> Offered:
        """What an ONVIF device offers. Raises ``Unavailable`` or ``Refused``."""
        ...

    async def scan(self, wish: Scan) -> Scanned:
        """What devices are on the network."""
        ...

    async def acknowledged(self, event_id: str, serial: int) -> None:
        """A gateway has that report for good."""
        ...

    async def evidence_acknowledged(self, event_id: str, kind: str) -> None:
        """A gateway has that evidence for good."""
        ...


class _Reader:
    """A subscription: sends a stream's packets, whole groups of pictures left out while the gateway is slow."""

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer, self._number = peer, number
        self.stream: Stream | None = None
        self.task: asyncio.Task[None] | None = None
        """What makes the rendition that is read instead of a stream."""
        self._skipping = False

    def described(self, description: wire.StreamDescription) -> None:
        self._peer.control(wire.description_to_json(self._number, description))

    def packet(self, packet: Packet) -> None:
        if self._peer.unsent > SLOW_BYTES:
            self._skipping = True
        elif packet.keyframe:
            self._skipping = False
        if self._skipping:
            self._peer.skipped += 1
            return
        self._peer.picture(self._number, packet)

    def ended(self, reason: str) -> None:
        self._peer.stream_ended(self._number, reason)

    def leave(self) -> None:
        """Reads no more; a rendition of its own ends."""
        if self.stream is not None:
            self.stream.detach(self)
        if self.task is not None:
            self.task.cancel()


class Peer:
    """A greeted connection from a gateway."""

    def __init__(self, gateway_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, desk: Desk) -> None:
        self.gateway_id = gateway_id
        self.assigned_at = 0.0
        self.skipped = 0
        self._reader, self._writer, self._desk = reader, writer, desk
        self._readers: dict[int, _Reader] = {}
        self._stills = self._trials = 0

    @property
    def unsent(self) -> int:
        """Bytes the gateway has not taken yet."""
        return self._writer.transport.get_write_buffer_size()

    def control(self, message: Json) -> None:
        """Sends a control message; never left out."""
        self._write(framing.control_frame(message))

    def blob(self, header: Json, data: bytes) -> None:
        """Sends a file; never left out."""
        self._write(framing.blob_frame(header, data))

    def picture(self, number: int, packet: Packet) -> None:
        """Sends a packet; one too large for the protocol is left out and counted."""
        try:
            self._write(framing.packet_frame(number, packet))
        except WireError:
            self.skipped += 1

    def _write(self, data: bytes) -> None:
        if self._writer.is_closing():
            return
        self._writer.write(data)
        if self.unsent > DEAD_BYTES:
            log.warning("a gateway does not read; hanging up", gateway=self.gateway_id)
            self._writer.transport.abort()

    def stream_ended(self, number: int, reason: str) -> None:
        """Tells that a subscription is over."""
        if self._readers.pop(number, None) is not None:
            self.control({"type": "stream_end", "number": number, "reason": reason})

    async def run(self) -> None:
        """Answers until the gateway hangs up. Raises ``WireError`` if it breaks the protocol."""
        splitter = Splitter()
        try:
            async with asyncio.TaskGroup() as group:
                while chunk := await self._reader.read(CHUNK):
                    for frame in splitter.feed(chunk):
                        if frame.kind == framing.PACKET:
                            raise WireError("a gateway sends no packets")
                        if frame.kind == framing.BLOB:
                            self._take_blob(*framing.read_blob(frame.payload), group)
                            continue
                        await self._take(framing.read_control(frame.payload), group)
        finally:
            for reader in self._readers.values():
                reader.leave()
            self._readers.clear()

    async def _take(self, message: Json, group: asyncio.TaskGroup) -> None:
        match message["type"]:
            case "assign":
                self.assigned_at = asyncio.get_running_loop().time()
                self._desk.assign(wire.assignment_from_json(message))
            case "subscribe":
                self._subscribe(message)
            case "unsubscribe":
                reader = self._readers.pop(wire.whole(message, "number"), None)
                if reader is not None:
                    reader.leave()
            case "subscribe_marked":
                self._subscribe_marked(message, group)
            case "still":
                self._ask_still(message, group)
            case "try":
                self._ask_trial(message, group)
            case "ask":
                self._ask_device(message, group)
            case "scan":
                self._scan(message, group)
            case "ack":
                for item in wire.items(message, "items"):
                    await _each(item, self._desk.acknowledged)
            case "evidence_ack":
                await self._desk.evidence_acknowledged(wire.uuid_text(message, "event"), wire.evidence_kind(message))
            case _:
                log.debug("a gateway says something newer than this worker", type=message["type"])

    def _new_reader(self, message: Json) -> tuple[int, _Reader]:
        number = wire.whole(message, "number", 0, 2**32 - 1)
        if number in self._readers or len(self._readers) >= MAX_SUBSCRIPTIONS:
            raise WireError("a subscription's number is taken, or there are too many")
        reader = self._readers[number] = _Reader(self, number)
        return number, reader

    def _subscribe(self, message: Json) -> None:
        camera_id, kind = wire.text(message, "camera"), wire.text(message, "stream", 16)
        number, reader = self._new_reader(message)
        try:
            camera = self._desk.camera(camera_id)
            reader.stream = camera.attach(StreamKind(kind), reader)
        except (Unavailable, ValueError) as error:
            self.stream_ended(number, str(error))

    def _subscribe_marked(self, message: Json, group: asyncio.TaskGroup) -> None:
        camera_id, kind = wire.text(message, "camera"), wire.text(message, "stream", 16)
        words = wire.text(message, "words", MAX_WORDS)
        number, reader = self._new_reader(message)
        reader.task = group.create_task(self._rendition(number, reader, camera_id, kind, words))

    async def _rendition(self, number: int, reader: _Reader, camera_id: str, kind: str, words: str) -> None:
        try:
            await self._desk.rendition(camera_id, StreamKind(kind), words, reader)
        except (Unavailable, ValueError) as error:
            self.stream_ended(number, str(error))

    def _ask_still(self, message: Json, group: asyncio.TaskGroup) -> None:
        request = wire.whole(message, "request")
        camera_id = wire.text(message, "camera")
        width = None if message.get("width") is None else wire.whole(message, "width", 16, 16384)
        words = "" if message.get("words") is None else wire.text(message, "words", 200)
        if self._stills >= MAX_STILLS:
            self.control({"type": "still_failed", "request": request, "reason": "too many stills are being made"})
            return
        self._stills += 1
        group.create_task(self._still(request, camera_id, width, words))

    def _ask_trial(self, message: Json, group: asyncio.TaskGroup) -> None:
        request = wire.whole(message, "request")
        address, credential = trial_from_json(message)

        async def look() -> Json:
            return tried_to_json(request, await self._desk.look(address, credential))

        self._knock(request, look, group)

    def _ask_device(self, message: Json, group: asyncio.TaskGroup) -> None:
        request = wire.whole(message, "request")
        host, port, credential = question_from_json(message)

        async def ask() -> Json:
            return offered_to_json(request, await self._desk.ask(host, port, credential))

        self._knock(request, ask, group)

    def _scan(self, message: Json, group: asyncio.TaskGroup) -> None:
        request = wire.whole(message, "request")
        wish = scan_from_json(message)

        async def scan() -> Json:
            return scanned_to_json(request, await self._desk.scan(wish))

        self._knock(request, scan, group)

    def _knock(self, request: int, ask: Callable[[], Awaitable[Json]], group: asyncio.TaskGroup) -> None:
        """Has a device opened or asked, and answers how it went."""
        if self._trials >= MAX_TRIALS:
            self.control(tried_to_json(request, Unavailable("too many devices are being asked")))
            return
        self._trials += 1
        group.create_task(self._knocked(request, ask))

    async def _knocked(self, request: int, ask: Callable[[], Awaitable[Json]]) -> None:
        try:
            answer = await ask()
        except (Refused, Unavailable) as problem:
            answer = tried_to_json(request, problem)
        finally:
            self._trials -= 1
        self.control(answer)

    def _take_blob(self, header: Json, data: bytes, group: asyncio.TaskGroup) -> None:
        if header["type"] != "mark":
            log.debug("a gateway sends something newer than this worker", type=header["type"])
            return
        request, wish = wire.whole(header, "request"), mark_from_json(header)
        if self._stills >= MAX_STILLS:
            self.control(failed_to_json(request, Unavailable("too many pictures are being made")))
            return
        self._stills += 1
        group.create_task(self._mark(request, data, wish))

    async def _mark(self, request: int, data: bytes, wish: MarkWish) -> None:
        try:
            found = await self._desk.mark(data, wish)
            if len(found) > framing.MAX_FRAME - 4096:
                raise Refused("the marked file is too large")
        except (Refused, Unavailable) as problem:
            self.control(failed_to_json(request, problem))
        else:
            self.blob({"type": "marked", "request": request}, found)
        finally:
            self._stills -= 1

    async def _still(self, request: int, camera_id: str, width: int | None, words: str) -> None:
        try:
            data = await self._desk.still(camera_id, width, words)
        except Unavailable as error:
            self.control({"type": "still_failed", "request": request, "reason": str(error)})
        else:
            self.blob({"type": "still", "request": request}, data)
        finally:
            self._stills -= 1


async def _each(item: object, acknowledged: Callable[[str, int], Awaitable[None]]) -> None:
    if not isinstance(item, list) or len(item) != 2:
        raise WireError("an acknowledged item is not [event id, serial]")
    pair = {"event": item[0], "serial": item[1]}
    await acknowledged(wire.uuid_text(pair, "event"), wire.whole(pair, "serial"))
