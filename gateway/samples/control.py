"""The fault switches' Unix socket.

A line ``{"camera": id, "fault": name, "on": true}`` is answered ``{"ok": true}`` or ``{"ok": false, "error": why}``.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from gateway.samples.faults import Fault


def carry_out(line: bytes, switch: Callable[[str, Fault, bool], None]) -> dict[str, object]:
    """Does what one line says; the answer."""
    try:
        order = json.loads(line)
        fault = Fault(str(order["fault"]))
        switch(str(order["camera"]), fault, bool(order["on"]))
    except (ValueError, KeyError, TypeError) as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True}


@asynccontextmanager
async def serve_control(path: str, switch: Callable[[str, Fault, bool], None]) -> AsyncIterator[None]:
    """Answers on that Unix socket (mode 600) while the block runs."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(carry_out(line, switch)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            # The other end hung up, or its line was longer than the reader's limit.
            return
        finally:
            writer.close()

    _remove(path)
    server = await asyncio.start_unix_server(answer, path)
    os.chmod(path, 0o600)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _remove(path: str) -> None:
    """Removes a socket that an earlier process left behind, if there is one."""
    with suppress(FileNotFoundError):
        os.unlink(path)
