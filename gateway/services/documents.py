"""Documents in a camera's file: acceptance, consent, filing; kept byte for byte as files, never opened here."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.messages import Topic
from gateway.services.catalogue import known
from gateway.services.errors import Conflict, Invalid, NotFound
from gateway.services.file_history import Pen, changes
from gateway.services.lawfulness import lacking, must_be_whole, refuse_lacking
from gateway.services.office import Caller, Office
from gateway.services.uploads import kept, kind_of
from gateway.storage import camera_documents, cameras, file_changes
from gateway.storage.camera_documents import Document

FOLDER = "documents"
LARGEST = 16 * 1024 * 1024
PER_CAMERA = 40


class DocumentKind(StrEnum):
    """What a document is for."""

    ACCEPTANCE = "acceptance"
    CONSENT = "consent"
    FILING = "filing"
    NEED = "need"
    SIGN = "sign"
    """A photo of the sign beside the camera."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as a list shows it."""

    id: str
    kind: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    uploaded_by_name: str | None
    created_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document's file, what it is, and what to call it."""

    path: Path
    media_type: str
    name: str


async def listed(office: Office, caller: Caller, camera_id: str) -> list[DocumentView]:
    """The documents in the file of a camera the caller manages, newest first."""
    async with office.store.read() as conn:
        await known(office, conn, caller, camera_id, Action.MANAGE)
        found = await camera_documents.of_camera(conn, camera_id)
    return [_view(one.document, one.uploaded_by_name) for one in found]


async def add(
    office: Office, caller: Caller, camera_id: str, kind: DocumentKind, name: str, data: bytes
) -> DocumentView:
    """Puts a document into a camera's file. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``."""
    media_type, ending = _kind(data)
    if kind is DocumentKind.SIGN and not media_type.startswith("image/"):
        raise Invalid("the photo of a sign is a JPEG or PNG file", field="file")
    at = office.clock.now()
    async with office.store.read() as conn:
        await known(office, conn, caller, camera_id, Action.MANAGE)
    document_id = office.new_id()
    called = _named(name, ending)
    # The camera's id may hold dots: it is no name of a folder.
    path = f"{document_id[:8]}/{document_id}.{ending}"
    digest = hashlib.sha256(data).hexdigest()
    document = Document(
        document_id, camera_id, kind.value, called, path, media_type, len(data), digest, caller.operator.id, at
    )
    async with kept(office, office.data / FOLDER / path, data, "document"):
        await _insert(office, caller, document)
    await office.ring(Topic.CAMERAS, camera_id)
    return _view(document, caller.operator.name)


async def _insert(office: Office, caller: Caller, document: Document) -> None:
    async with office.store.begin() as conn:
        await known(office, conn, caller, document.camera_id, Action.MANAGE)
        there = await camera_documents.of_camera(conn, document.camera_id)
        if sum(one.document.withdrawn_at is None for one in there) >= PER_CAMERA:
            raise Conflict(f"a camera's file has at most {PER_CAMERA} documents")
        await camera_documents.insert(conn, document)
        await _tell(office, conn, caller, document, "add_document", document.created_at)


async def withdraw(office: Office, caller: Caller, camera_id: str, document_id: str) -> None:
    """Marks a document as withdrawn; its file stays. Raises ``NotFound``, ``Forbidden``, or ``Invalid`` if the camera
    is live and may not be without it.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        camera, _ = await known(office, conn, caller, camera_id, Action.MANAGE)
        document = await camera_documents.get(conn, camera_id, document_id)
        if document is None or not await camera_documents.withdraw(conn, camera_id, document_id, at):
            raise NotFound("document")
        file = await cameras.get_file(conn, camera_id)
        if file is not None and must_be_whole(camera) and document.kind == DocumentKind.CONSENT:
            refuse_lacking(tuple(name for name in await lacking(conn, camera, file.filing) if name == "consent"))
        await _tell(office, conn, caller, document, "withdraw_document", at)
    await office.ring(Topic.CAMERAS, camera_id)


async def read(office: Office, caller: Caller, camera_id: str, document_id: str) -> DocumentFile:
    """A document's file; that it was taken out is written into the audit. Raises ``NotFound`` or ``Forbidden``."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        await known(office, conn, caller, camera_id, Action.MANAGE)
        document = await camera_documents.get(conn, camera_id, document_id)
        if document is None:
            raise NotFound("document")
        await office.note(conn, at, caller.operator.id, "read_document", "camera", camera_id, document=document.id)
    return await file_of(office, document)


async def file_of(office: Office, document: Document) -> DocumentFile:
    """The file of a document that was found for somebody who may have it. Raises ``NotFound``."""
    path = office.data / FOLDER / document.path
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("document")
    return DocumentFile(path, document.media_type, document.name)


async def _tell(
    office: Office, conn: AsyncConnection, caller: Caller, document: Document, action: str, at: datetime
) -> None:
    """The audit entry and the history of an added or withdrawn document."""
    await office.note(
        conn,
        at,
        caller.operator.id,
        action,
        "camera",
        document.camera_id,
        typed={"name": document.name},
        document=document.id,
        document_kind=document.kind,
        sha256=document.sha256,
    )
    word = f"{document.kind}: {document.name}"
    before, after = ({}, {"document": word}) if action == "add_document" else ({"document": word}, {})
    pen = Pen(caller.operator.id, at, "api")
    await file_changes.insert(conn, changes(pen, "camera", document.camera_id, before, after))


def _kind(data: bytes) -> tuple[str, str]:
    if len(data) > LARGEST:
        raise Invalid(f"a document has at most {LARGEST // 1024 // 1024} MiB", field="file")
    kind = kind_of(data, ("pdf", "jpg", "png"))
    if kind is None:
        raise Invalid("a document is a PDF, JPEG or PNG file", field="file")
    return kind


def _named(name: str, ending: str) -> str:
    """The file's name without folders and control characters, with the ending of what it is."""
    plain = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())
    stem = plain.rsplit(".", 1)[0].strip(" .")[:100] or "document"
    return f"{stem}.{ending}"


def _view(document: Document, uploaded_by_name: str | None) -> DocumentView:
    names = ("id", "kind", "name", "media_type", "bytes", "sha256", "created_at", "withdrawn_at")
    return DocumentView(**{name: getattr(document, name) for name in names}, uploaded_by_name=uploaded_by_name)
