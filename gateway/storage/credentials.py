"""Device credentials in the database; passwords only ever encrypted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import Credential
from gateway.storage import epochs
from gateway.storage.secrets import SecretBox
from gateway.storage.tables import credentials
from gateway.storage.upserting import chunks, put


async def replace(
    connection: AsyncConnection, box: SecretBox, credential_id: str, credential: Credential, at: datetime
) -> None:
    """Stores a credential under its id, or overwrites it; bumps the assignment epoch."""
    sealed = box.seal(credential_id, credential.password)
    row = {"id": credential_id, "username": credential.username, "secret": sealed, "updated_at": at}
    await put(connection, credentials, [row])
    await epochs.bump(connection, epochs.ASSIGNMENT)


async def get(connection: AsyncConnection, box: SecretBox, credential_id: str) -> Credential | None:
    """The credential with that id. Raises ``BadKey`` if the key is not the one it was stored with."""
    return (await many(connection, box, [credential_id])).get(credential_id)


async def many(connection: AsyncConnection, box: SecretBox, ids: Iterable[str]) -> dict[str, Credential]:
    """The credentials with those ids, by id; unknown ids are left out. Raises ``BadKey``."""
    found: dict[str, Credential] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = await connection.execute(select(credentials).where(credentials.c.id.in_(chunk)))
        for row in rows.mappings():
            found[row["id"]] = Credential(row["username"], box.open(row["id"], row["secret"]))
    return found


async def usernames(connection: AsyncConnection) -> dict[str, str]:
    """Every credential's user name by its id, for export and display; no password is opened."""
    rows = await connection.execute(select(credentials.c.id, credentials.c.username))
    return {row.id: row.username for row in rows}


async def username(connection: AsyncConnection, credential_id: str | None) -> str | None:
    """The user name of one credential, None if there is none."""
    if credential_id is None:
        return None
    found: str | None = await connection.scalar(select(credentials.c.username).where(credentials.c.id == credential_id))
    return found
