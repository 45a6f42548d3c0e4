"""Passkeys in the database: public keys of security keys, phones and computers, and how often each was used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """One operator's passkey: bound to the host at which it was made, known to browsers by its credential."""

    id: str
    operator_id: str
    host: str
    credential: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    name: str
    created_at: datetime
    used_at: datetime | None = None


async def insert(connection: AsyncConnection, passkey: Passkey) -> None:
    """Adds a passkey; a credential that is known already raises ``IntegrityError``."""
    values = {name: getattr(passkey, name) for name in Passkey.__dataclass_fields__}
    await connection.execute(passkeys.insert().values(values | {"transports": list(passkey.transports)}))


async def of_operator(connection: AsyncConnection, operator_id: str) -> list[Passkey]:
    """The operator's passkeys, oldest first."""
    statement = select(passkeys).where(passkeys.c.operator_id == operator_id)
    rows = await connection.execute(statement.order_by(passkeys.c.created_at, passkeys.c.id))
    return [_from(row) for row in rows.mappings()]


async def find(connection: AsyncConnection, operator_id: str, host: str, credential: str) -> Passkey | None:
    """The operator's passkey with that credential at that host; nobody else's, and none of another host."""
    statement = select(passkeys).where(
        passkeys.c.operator_id == operator_id, passkeys.c.host == host, passkeys.c.credential == credential
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else _from(row)


async def use(connection: AsyncConnection, passkey_id: str, sign_count: int, at: datetime) -> bool:
    """Notes a use; False if the counter did not go on. Passkeys that never count stay at nought."""
    goes_on = passkeys.c.sign_count < sign_count
    if sign_count == 0:
        goes_on = or_(goes_on, passkeys.c.sign_count == 0)
    statement = update(passkeys).where(and_(passkeys.c.id == passkey_id, goes_on))
    return (await connection.execute(statement.values(sign_count=sign_count, used_at=at))).rowcount == 1


async def remove(connection: AsyncConnection, operator_id: str, passkey_id: str) -> bool:
    """Removes one of the operator's passkeys; False if it is none of theirs."""
    statement = delete(passkeys).where(passkeys.c.operator_id == operator_id, passkeys.c.id == passkey_id)
    return (await connection.execute(statement)).rowcount == 1


def _from(row: RowMapping | Mapping[str, Any]) -> Passkey:
    return Passkey(**{**row, "transports": tuple(row["transports"])})
