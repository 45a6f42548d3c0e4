"""Set-up links in the database: one of an account is good at a time, once, and not for long. Tokens only as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import setup_links


@dataclass(frozen=True, slots=True)
class SetupLink:
    """A link by which an account's owner sets the password."""

    id: str
    operator_id: str
    token_hash: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


async def insert(connection: AsyncConnection, link: SetupLink) -> None:
    """Adds a link; every earlier one of the account works no more."""
    await void(connection, link.operator_id, link.made_at)
    values = {name: getattr(link, name) for name in SetupLink.__dataclass_fields__}
    await connection.execute(setup_links.insert().values(values))


async def void(connection: AsyncConnection, operator_id: str, at: datetime) -> None:
    """Makes every unused link of the account useless."""
    statement = update(setup_links).where(setup_links.c.operator_id == operator_id, setup_links.c.used_at.is_(None))
    await connection.execute(statement.values(used_at=at))


async def good(connection: AsyncConnection, token_hash: str, at: datetime) -> SetupLink | None:
    """The link with that token's hash, if it can be used at that time."""
    statement = select(setup_links).where(
        setup_links.c.token_hash == token_hash, setup_links.c.used_at.is_(None), setup_links.c.expires_at > at
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else SetupLink(**row)


async def use(connection: AsyncConnection, link_id: str, at: datetime) -> bool:
    """Uses the link up; False if somebody else just did."""
    statement = update(setup_links).where(setup_links.c.id == link_id, setup_links.c.used_at.is_(None))
    return (await connection.execute(statement.values(used_at=at))).rowcount == 1


async def waiting(connection: AsyncConnection, at: datetime) -> dict[str, datetime]:
    """Until when the good link of each account can be used, by operator."""
    statement = select(setup_links.c.operator_id, setup_links.c.expires_at)
    statement = statement.where(setup_links.c.used_at.is_(None), setup_links.c.expires_at > at)
    return {operator_id: until for operator_id, until in await connection.execute(statement)}
