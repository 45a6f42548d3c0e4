"""Documents in cameras' files: what they are and where they lie; withdrawn ones stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import camera_documents, operators
from gateway.storage.upserting import chunks


@dataclass(frozen=True, slots=True)
class Document:
    """One document; ``path`` is relative to the folder of documents and never leaves the gateway."""

    id: str
    camera_id: str
    kind: str
    name: str
    path: str
    media_type: str
    bytes: int
    sha256: str
    uploaded_by: str
    created_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentListed:
    """The same with its uploader's name."""

    document: Document
    uploaded_by_name: str | None


async def insert(connection: AsyncConnection, document: Document) -> None:
    """Adds a document."""
    await connection.execute(camera_documents.insert().values(asdict(document)))


async def of_camera(connection: AsyncConnection, camera_id: str) -> list[DocumentListed]:
    """The camera's documents, newest first; withdrawn ones too."""
    statement = (
        select(camera_documents, operators.c.name.label("uploaded_by_name"))
        .select_from(camera_documents.outerjoin(operators, operators.c.id == camera_documents.c.uploaded_by))
        .where(camera_documents.c.camera_id == camera_id)
        .order_by(camera_documents.c.id.desc())
    )
    names = Document.__dataclass_fields__
    return [
        DocumentListed(Document(**{name: row[name] for name in names}), row["uploaded_by_name"])
        for row in (await connection.execute(statement)).mappings()
    ]


async def get(connection: AsyncConnection, camera_id: str, document_id: str) -> Document | None:
    """One document of that camera."""
    columns = camera_documents.c
    statement = select(camera_documents).where(columns.id == document_id, columns.camera_id == camera_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Document(**row)


async def withdraw(connection: AsyncConnection, camera_id: str, document_id: str, at: datetime) -> bool:
    """Marks a document as withdrawn; False if there is none that still counts."""
    columns = camera_documents.c
    this = (columns.id == document_id) & (columns.camera_id == camera_id) & columns.withdrawn_at.is_(None)
    return (await connection.execute(update(camera_documents).where(this).values(withdrawn_at=at))).rowcount == 1


async def count(connection: AsyncConnection, camera_ids: Iterable[str], kind: str) -> dict[str, int]:
    """How many documents of that kind that still count each of the cameras has; cameras without any are left out."""
    found: dict[str, int] = {}
    columns = camera_documents.c
    for chunk in chunks(camera_ids):
        statement = (
            select(columns.camera_id, func.count())
            .where(columns.camera_id.in_(chunk), columns.kind == kind, columns.withdrawn_at.is_(None))
            .group_by(columns.camera_id)
        )
        found |= {row[0]: row[1] for row in await connection.execute(statement)}
    return found
