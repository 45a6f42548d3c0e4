"""Files that people put in: told by their first bytes, never opened here, and written so that a file and its row stand
or fall together.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.disk import is_full
from gateway.ports import Unavailable
from gateway.services.office import Office
from gateway.services.synced import write_synced

_SIGNATURES: tuple[tuple[bytes, bytes, str, str], ...] = (
    (b"%PDF-", b"", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", b"", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", b"", "image/png", "png"),
    (b"RIFF", b"WEBP", "image/webp", "webp"),
)
"""The first bytes, those from the ninth on, the media type, the ending."""


def kind_of(data: bytes, endings: Collection[str]) -> tuple[str, str] | None:
    """The file's media type and ending; None if it is none of those."""
    for first, ninth, media_type, ending in _SIGNATURES:
        if ending in endings and data.startswith(first) and data.startswith(ninth, 8):
            return media_type, ending
    return None


@asynccontextmanager
async def kept(office: Office, path: Path, data: bytes, noun: str) -> AsyncIterator[None]:
    """The file is on the disk while its row is written, and is taken away again if that fails.

    Raises ``Unavailable`` if the disk is full.
    """
    try:
        await asyncio.to_thread(office.reserve.check, office.data, len(data))
        await asyncio.to_thread(write_synced, path, data)
    except OSError as problem:
        if not is_full(problem):
            raise
        sentence = f"the {noun} was not kept because the gateway's disk is full: tell the operator"
        raise Unavailable(sentence) from None
    try:
        yield
    except BaseException:
        _take_away(path)
        raise


def _take_away(path: Path) -> None:
    # not in a thread: what was cancelled does not wait any more
    path.unlink(missing_ok=True)
