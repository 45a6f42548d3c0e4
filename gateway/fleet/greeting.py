"""How the gateway's end of a worker link comes up: connect, exchange greetings, hang up at the end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.fleet import framing, wire
from gateway.fleet.address import LinkAddress
from gateway.fleet.framing import Splitter, WireError
from gateway.ports import Unavailable

CHUNK = 256 * 1024
"""Bytes read from a link at a time."""
MAX_GREETING = 65536


@asynccontextmanager
async def greeted(
    address: LinkAddress, gateway_id: str, tls: ssl.SSLContext | None, seconds: float
) -> AsyncIterator[tuple[str, asyncio.StreamReader, asyncio.StreamWriter]]:
    """The worker's id and an open connection to it, hung up at the end. Raises ``Unavailable``."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await _connect(address, tls)
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"no worker answers at {address}") from error
    try:
        try:
            async with asyncio.timeout(seconds):
                worker_id = await _greet(reader, writer, gateway_id)
        except (OSError, EOFError, TimeoutError, WireError) as error:
            raise Unavailable(f"who answers at {address} is not a worker of this protocol: {error}") from error
        yield worker_id, reader, writer
    finally:
        writer.transport.abort()


async def _connect(
    address: LinkAddress, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.path is not None:
        return await asyncio.open_unix_connection(address.path, limit=CHUNK)
    return await asyncio.open_connection(address.host, address.port, ssl=tls, limit=CHUNK)


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gateway_id: str) -> str:
    writer.write(framing.control_frame({"type": "hello", "gateway": gateway_id, "protocol": framing.PROTOCOL}))
    await writer.drain()
    hello = await read_greeting(reader)
    return wire.text(hello, "worker", 64)


async def read_greeting(reader: asyncio.StreamReader) -> dict[str, object]:
    """The other end's "hello". Raises ``WireError`` if it is none of our protocol, ``EOFError`` if it hung up."""
    head = await reader.readexactly(4)
    length = int.from_bytes(head)
    if not 1 <= length <= MAX_GREETING:
        raise WireError("its greeting is too long")
    (frame,) = Splitter().feed(head + await reader.readexactly(length))
    hello = framing.read_control(frame.payload) if frame.kind == framing.CONTROL else {}
    if hello.get("type") != "hello" or hello.get("protocol") != framing.PROTOCOL:
        raise WireError(f"it does not speak protocol {framing.PROTOCOL}")
    return hello
