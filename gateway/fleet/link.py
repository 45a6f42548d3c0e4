"""The gateway's end of the worker link: one dialled connection per worker."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from gateway.domain.packets import Packet, StreamKey
from gateway.domain.scans import Scan
from gateway.fleet import framing, wire
from gateway.fleet.address import LinkAddress
from gateway.fleet.framing import Splitter, WireError
from gateway.fleet.greeting import CHUNK, greeted
from gateway.fleet.inbox import Inbox, Reports
from gateway.fleet.wire_events import event_from_json
from gateway.fleet.wire_marks import ENOUGH_CLIPS, MAX_CLIPS, MarkWish, failed_from_json, mark_to_json, marked_to_json
from gateway.fleet.wire_scans import Scanned, scan_to_json, scanned_from_json
from gateway.fleet.wire_trials import (
    Offered,
    Tried,
    offered_from_json,
    question_to_json,
    trial_to_json,
    tried_from_json,
)
from gateway.ports import Credential, DeviceAddress, Json, Refused, Unavailable

__all__ = ["Inbox", "Reports", "Subscription", "WorkerLink", "dial"]

log = structlog.get_logger(__name__)

MAX_UNSENT = 40 * 1024 * 1024
"""Bytes that may wait to be sent to a worker before the link is given up: a worker that does not read is not there."""
SILENCE_SECONDS = 10.0
"""A worker speaks every 2 s; one that has said nothing for this long is gone."""
STILL_SECONDS = 10.0
MARK_SECONDS = 180.0
"""How long a worker may take to write words across every picture of a clip."""
MAX_STILLS = 64
TRIAL_SECONDS = 30.0
"""Longer than a worker takes to wait its turn, to dial and to wait for a keyframe."""
SCAN_SECONDS = 50.0
"""How long a worker may take to scan a network."""
QUESTION_SECONDS = 60.0
"""Longer than a worker takes to wait its turn and to ask a device for all its channels."""
MAX_TRIALS = 8


class Subscription:
    """One stream of one camera being received. ``description`` is None until the worker has described the stream."""

    def __init__(
        self,
        link: WorkerLink,
        number: int,
        key: StreamKey,
        sink: Callable[[Packet], None],
        ended: Callable[[str], None],
    ) -> None:
        self._link = link
        self.number = number
        self.key = key
        self.sink = sink
        self.ended = ended
        self.description: wire.StreamDescription | None = None

    def close(self) -> None:
        """Ends the subscription: the sink is not called any more, nor is ``ended``. Safe to call twice."""
        self._link._drop(self, tell=True)


class WorkerLink:
    """One dialled connection to a worker; made by ``dial``."""

    def __init__(
        self, worker_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reports: Reports
    ) -> None:
        self.worker_id = worker_id
        self._reader, self._writer = reader, writer
        self._reports = reports
        self._splitter = Splitter()
        self.inbox = Inbox(worker_id, reports)
        self._subscriptions: dict[int, Subscription] = {}
        self._stills: dict[int, asyncio.Future[bytes]] = {}
        self._clips = 0
        self._trials: dict[int, asyncio.Future[Tried | Offered | Scanned]] = {}
        self._last_number = 0
        self._chunks = 0
        self._over = False

    async def assign(
        self, cameras: Sequence[wire.AssignedCamera], rules: Sequence[Json], budget_cores: float, epoch: int = 0
    ) -> None:
        """Replaces the worker's whole set of cameras; unchanged ones keep running. A worker ignores older epochs."""
        assignment = wire.Assignment(epoch, tuple(cameras), tuple(rules), budget_cores)
        self._send(wire.assignment_to_json(assignment))
        await self._drain()

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Subscription:
        """Asks for a stream, with the words burned into every picture if there are any. ``sink`` is called on the loop
        and must not block; its first packet is a keyframe.

        ``ended`` is called once, with a reason, when the worker or the link ends it: the camera is not assigned there
        any more, or the link broke. A camera that is merely offline does not end it: packets come when it is back.
        """
        self._last_number += 1
        subscription = Subscription(self, self._last_number, key, sink, ended)
        if self._over:
            asyncio.get_running_loop().call_soon(ended, "the link to the worker is down")
            return subscription
        self._subscriptions[subscription.number] = subscription
        number, plain = subscription.number, {"camera": key.camera_id, "stream": key.kind.value}
        asked = {"type": "subscribe", "number": number} | plain
        self._send(marked_to_json(number, key, words) if words else asked)
        return subscription

    async def still(self, camera_id: str, width: int | None, words: str = "") -> bytes:
        """A JPEG of the camera's newest decodable picture, at most ``width`` pixels wide, with the words across it.

        Raises ``Unavailable``.
        """
        asked: Json = {"type": "still", "camera": camera_id, "width": width, "words": words}
        return await self._pictured(lambda request: framing.control_frame(asked | {"request": request}), STILL_SECONDS)

    @property
    def clips(self) -> int:
        """How many clips this gateway waits for."""
        return self._clips

    async def mark(self, data: bytes, wish: MarkWish) -> bytes:
        """The still or clip as the wish has it. Raises ``Unavailable``, or ``Refused`` for what cannot be marked."""
        if len(data) > framing.MAX_FRAME - 70_000:
            raise Refused("the file is too large to be marked")
        clip = wish.media_type != "image/jpeg"
        if clip and self._clips >= MAX_CLIPS:
            raise Unavailable(ENOUGH_CLIPS)
        self._clips += clip
        try:
            return await self._pictured(
                lambda request: framing.blob_frame(mark_to_json(request, wish), data), MARK_SECONDS
            )
        finally:
            self._clips -= clip

    async def _pictured(self, frame: Callable[[int], bytes], seconds: float) -> bytes:
        """The picture that the worker answers with."""
        if self._over or len(self._stills) >= MAX_STILLS:
            raise Unavailable("the worker cannot take another still now")
        self._last_number += 1
        request = self._last_number
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._stills[request] = future
        try:
            self._write(frame(request))
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise Unavailable("the worker made no still in time") from None
        finally:
            self._stills.pop(request, None)

    async def look(self, address: DeviceAddress, credential: Credential | None) -> Tried:
        """Has a stream opened once that need not be in any catalogue. Raises ``Unavailable`` or ``Refused``."""
        outcome = await self._knocked(lambda request: trial_to_json(request, address, credential), TRIAL_SECONDS)
        if not isinstance(outcome, Tried):
            raise Unavailable("the worker answered something else")
        return outcome

    async def ask(self, host: str, port: int, credential: Credential | None) -> Offered:
        """Has an ONVIF device asked what it offers. Raises ``Unavailable`` or ``Refused``."""
        outcome = await self._knocked(
            lambda request: question_to_json(request, host, port, credential), QUESTION_SECONDS
        )
        if not isinstance(outcome, Offered):
            raise Unavailable("the worker answered something else")
        return outcome

    async def scan(self, wish: Scan) -> Scanned:
        """Has a network scanned for devices. Raises ``Unavailable``."""
        outcome = await self._knocked(lambda request: scan_to_json(request, wish), SCAN_SECONDS)
        if not isinstance(outcome, Scanned):
            raise Unavailable("the worker answered something else")
        return outcome

    async def _knocked(self, wish: Callable[[int], Json], seconds: float) -> Tried | Offered | Scanned:
        """The worker's answer to a wish that has it open or ask a device."""
        if self._over or len(self._trials) >= MAX_TRIALS:
            raise Unavailable("the worker cannot ask another device now")
        self._last_number += 1
        request = self._last_number
        future: asyncio.Future[Tried | Offered | Scanned] = asyncio.get_running_loop().create_future()
        self._trials[request] = future
        try:
            self._send(wish(request))
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise Unavailable("the device does not answer") from None
        finally:
            self._trials.pop(request, None)

    async def acknowledge(self, items: Iterable[tuple[str, int]]) -> None:
        """Tells the worker that these (event id, serial) are stored for good and may be forgotten."""
        pairs = [[event_id, serial] for event_id, serial in items]
        if pairs:
            self._send({"type": "ack", "items": pairs})
            await self._drain()

    async def acknowledge_evidence(self, event_id: str, kind: str) -> None:
        """Tells the worker that this still or clip, or the word that there is none, is stored for good."""
        self._send({"type": "evidence_ack", "event": event_id, "kind": kind})
        await self._drain()

    async def run(self) -> None:
        """Reads until the worker hangs up, then returns. Raises ``Unavailable`` if it fell silent or broke protocol.

        In every case all subscriptions have been told that they ended, and waiting stills have failed.
        """
        reason = "the worker hung up"
        try:
            async with asyncio.TaskGroup() as group:
                aside = [group.create_task(self.inbox.run()), group.create_task(self._watch())]
                await self._read()
                for task in aside:
                    task.cancel()
        except BaseExceptionGroup as errors:
            reason = _first(errors)
            raise Unavailable(reason) from None
        finally:
            self._end(reason)

    async def _read(self) -> None:
        while chunk := await self._receive():
            self._chunks += 1
            for frame in self._splitter.feed(chunk):
                self._take(frame)

    async def _receive(self) -> bytes:
        try:
            return await self._reader.read(CHUNK)
        except OSError:
            return b""

    async def _watch(self) -> None:
        heard = -1
        while heard != self._chunks:
            heard = self._chunks
            await asyncio.sleep(SILENCE_SECONDS)
        raise Unavailable(f"the worker has been silent for {SILENCE_SECONDS:.0f} s")

    def _take(self, frame: framing.Frame) -> None:
        if frame.kind == framing.PACKET:
            self._take_packet(frame.payload)
        elif frame.kind == framing.BLOB:
            self._take_blob(*framing.read_blob(frame.payload))
        else:
            self._take_control(framing.read_control(frame.payload))

    def _take_packet(self, payload: bytes) -> None:
        subscription = self._subscriptions.get(framing.stream_number(payload))
        if subscription is not None and subscription.description is not None:
            _, packet = framing.read_packet(payload, subscription.description.codec)
            subscription.sink(packet)

    def _take_blob(self, header: Json, data: bytes) -> None:
        if header["type"] in ("still", "marked"):
            self._answer_still(wire.whole(header, "request"), data)
        elif header["type"] == "evidence":
            self.inbox.evidence(header, data)

    def _take_control(self, message: Json) -> None:
        match message["type"]:
            case "metrics":
                figures = {key: wire.number(message, key) for key in message if key != "type"}
                self._reports.metrics(self.worker_id, figures)
            case "status":
                self.inbox.status([wire.status_from_json(value) for value in wire.items(message, "cameras")])
            case "event":
                self.inbox.event(wire.whole(message, "serial"), event_from_json(message.get("event")))
            case "evidence_missing":
                self.inbox.evidence(message, None)
            case "stream":
                number, description = wire.description_from_json(message)
                if (subscription := self._subscriptions.get(number)) is not None:
                    subscription.description = description
            case "stream_end":
                if (ended := self._subscriptions.get(wire.whole(message, "number"))) is not None:
                    self._drop(ended, tell=False)
                    ended.ended(wire.text(message, "reason"))
            case "still_failed":
                self._answer_still(wire.whole(message, "request"), Unavailable(wire.text(message, "reason")))
            case "mark_failed":
                self._answer_still(wire.whole(message, "request"), failed_from_json(message))
            case "tried" | "try_failed":
                self._answer_trial(wire.whole(message, "request"), tried_from_json(message))
            case "scanned":
                self._answer_trial(wire.whole(message, "request"), scanned_from_json(message))
            case "offered":
                self._answer_trial(wire.whole(message, "request"), offered_from_json(message))
            case _:
                log.debug("a worker says something newer than this gateway", type=message["type"])

    def _answer_still(self, request: int, answer: bytes | Refused | Unavailable) -> None:
        future = self._stills.get(request)
        if future is None or future.done():
            return
        if not isinstance(answer, bytes):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def _answer_trial(self, request: int, outcome: Tried | Offered | Scanned | Refused | Unavailable) -> None:
        future = self._trials.get(request)
        if future is None or future.done():
            return
        if isinstance(outcome, Tried | Offered | Scanned):
            future.set_result(outcome)
        else:
            future.set_exception(outcome)

    def _drop(self, subscription: Subscription, *, tell: bool) -> None:
        if self._subscriptions.pop(subscription.number, None) is not None and tell:
            self._send({"type": "unsubscribe", "number": subscription.number})

    def _send(self, message: Json) -> None:
        self._write(framing.control_frame(message))

    def _write(self, frame: bytes) -> None:
        if self._over or self._writer.is_closing():
            return
        self._writer.write(frame)
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT:
            log.warning("a worker does not read what it is told; hanging up", worker=self.worker_id)
            self._writer.transport.abort()

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise Unavailable("the link to the worker is down") from error

    def _end(self, reason: str) -> None:
        self._over = True
        subscriptions, self._subscriptions = self._subscriptions, {}
        for subscription in subscriptions.values():
            subscription.ended(reason)
        waiting: list[asyncio.Future[Any]] = [*self._stills.values(), *self._trials.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(Unavailable(reason))


def _first(errors: BaseExceptionGroup[BaseException]) -> str:
    error = errors.exceptions[0]
    if isinstance(error, WireError):
        return f"the worker broke the protocol: {error}"
    if isinstance(error, Unavailable):
        return str(error)
    raise errors


@asynccontextmanager
async def dial(
    address: LinkAddress,
    gateway_id: str,
    reports: Reports,
    *,
    tls: ssl.SSLContext | None = None,
    seconds: float = 5.0,
) -> AsyncIterator[WorkerLink]:
    """A link to the worker that listens there, greeted; inside, run ``link.run()`` beside whatever uses it.

    ``tls`` is needed for tcp:// (a client context with a certificate the worker trusts). Raises ``Unavailable`` if
    nobody answers within ``seconds`` or who answers is not a worker of this protocol.
    """
    async with greeted(address, gateway_id, tls, seconds) as (worker_id, reader, writer):
        link = WorkerLink(worker_id, reader, writer, reports)
        try:
            yield link
        finally:
            link._end("the gateway hung up")
