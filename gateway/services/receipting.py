"""Receipts of what the gateway deletes by itself, and one line of audit for each batch of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.services.office import SYSTEM, Office
from gateway.storage import deletion_receipts, events
from gateway.storage.deletion_receipts import DeletionReceipt
from gateway.storage.evidence import Evidence


async def give(office: Office, conn: AsyncConnection, gone: Sequence[Evidence], rule: str, at: datetime) -> None:
    """Writes the receipts in the transaction of the deletion; nothing for nothing.

    The audit's line holds a digest over the receipts, so that none can be changed or taken away unseen.
    """
    if not gone:
        return
    known = await events.many(conn, {item.event_id for item in gone})
    receipts = [
        DeletionReceipt(
            id=office.new_id(),
            at=at,
            what=item.kind,
            object_id=item.event_id,
            camera_id=known[item.event_id].camera_id,
            sha256=item.sha256,
            bytes=item.bytes,
            rule=rule,
            by=office.gateway_id,
        )
        for item in gone
    ]
    await deletion_receipts.insert(conn, receipts)
    total = sum(item.bytes for item in gone)
    sealed = digest(receipts)
    await office.note(
        conn, at, SYSTEM, "delete_evidence", "evidence", "", count=len(gone), bytes=total, rule=rule, digest=sealed
    )


def digest(receipts: Sequence[DeletionReceipt]) -> str:
    """SHA-256 over the receipts in the order of their ids."""
    whole = hashlib.sha256()
    for one in sorted(receipts, key=lambda item: item.id):
        whole.update(
            f"{one.id}|{one.what}|{one.object_id}|{one.camera_id}|{one.sha256}|{one.bytes}|{one.rule}\n".encode()
        )
    return whole.hexdigest()
