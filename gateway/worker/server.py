"""The worker's door: gateways dial it, several at once."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from gateway.fleet import framing, wire
from gateway.fleet.address import LinkAddress
from gateway.fleet.framing import WireError
from gateway.fleet.greeting import CHUNK, read_greeting
from gateway.ports import Json
from gateway.worker.peer import Desk, Peer

log = structlog.get_logger(__name__)

GREETING_SECONDS = 5.0
MAX_GATEWAYS = 32
DEAD_PEER_MILLISECONDS = 10_000


class Door:
    """Who is connected. ``greeting`` makes the messages a gateway gets first."""

    def __init__(self, worker_id: str, desk: Desk, greeting: Callable[[], Sequence[Json]]) -> None:
        self._worker_id, self._desk, self._greeting = worker_id, desk, greeting
        self._peers: set[Peer] = set()
        self._skipped_before = 0

    @property
    def peers(self) -> Sequence[Peer]:
        """The gateways that are connected now."""
        return tuple(self._peers)

    @property
    def skipped(self) -> int:
        """Pictures left out because a gateway was slow, since this worker began."""
        return self._skipped_before + sum(peer.skipped for peer in self._peers)

    def conductor(self) -> Peer | None:
        """The gateway that reports go to: the one that assigned last, or any other."""
        return max(self._peers, key=lambda peer: peer.assigned_at, default=None)

    def tell(self, message: Json) -> None:
        """Sends a control message to every gateway."""
        for peer in self._peers:
            peer.control(message)

    @asynccontextmanager
    async def open(self, address: LinkAddress, tls: ssl.SSLContext | None) -> AsyncIterator[None]:
        """Listens there while inside; on leaving every gateway is hung up on. Raises ``OSError``."""
        async with asyncio.TaskGroup() as group:

            def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.append(group.create_task(self._serve(reader, writer)))
                tasks[:] = [task for task in tasks if not task.done()]

            tasks: list[asyncio.Task[None]] = []
            server = await _listen(address, tls, arrived)
            try:
                yield
            finally:
                server.close()
                for task in tasks:
                    task.cancel()
                if address.path is not None:
                    _vacate(address.path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer: Peer | None = None
        try:
            peer = await self._greet(reader, writer)
            await peer.run()
        except Exception as error:
            _say_why(error)
        finally:
            if peer is not None:
                self._peers.discard(peer)
                self._skipped_before += peer.skipped
                log.info("a gateway has left", gateway=peer.gateway_id)
            writer.transport.abort()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Peer:
        if len(self._peers) >= MAX_GATEWAYS:
            raise WireError("too many gateways are connected")
        async with asyncio.timeout(GREETING_SECONDS):
            hello = await read_greeting(reader)
        _give_up_soon(writer)
        peer = Peer(wire.text(hello, "gateway", 128), reader, writer, self._desk)
        peer.control({"type": "hello", "worker": self._worker_id, "protocol": framing.PROTOCOL, "pid": os.getpid()})
        for message in self._greeting():
            peer.control(message)
        self._peers.add(peer)
        log.info("a gateway has come", gateway=peer.gateway_id)
        return peer


async def _listen(
    address: LinkAddress,
    tls: ssl.SSLContext | None,
    arrived: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None],
) -> asyncio.Server:
    if address.path is None:
        return await asyncio.start_server(arrived, address.host, address.port, ssl=tls, limit=CHUNK)
    _vacate(address.path)
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(arrived, address.path, limit=CHUNK)
    finally:
        os.umask(before)


def _give_up_soon(writer: asyncio.StreamWriter) -> None:
    """Lets the system end a TCP connection whose other machine is gone; what we say every 2 s finds it out."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MILLISECONDS)


def _vacate(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _say_why(error: BaseException) -> None:
    """Logs why a gateway is hung up on; what is our own mistake costs that connection, not the worker."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OSError | EOFError | TimeoutError):
        log.info("a gateway's connection ended", reason=str(error) or type(error).__name__)
    elif isinstance(error, WireError):
        log.warning("a gateway broke the protocol", reason=str(error))
    else:
        log.error("a gateway's request failed", exc_info=error)
