"""Set-up links in the database: one of an account is good at a time, once, and not for long. Tokens and the codes that
release them only as hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import setup_links

MACHINE = "cli"
"""Who made a link that was printed on the machine itself: nobody needs to release what its keeper could do anyway."""


@dataclass(frozen=True, slots=True)
class SetupLink:
    """A link by which an account's owner sets the password, and the second person's release of it."""

    id: str
    operator_id: str
    token_hash: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    released_by: str | None = None
    released_at: datetime | None = None
    code_hash: str | None = None
    wrong_codes: int = 0

    @property
    def needs_release(self) -> bool:
        """True if it sets nothing up without the code of a second person."""
        return self.made_by != MACHINE

    def __repr__(self) -> str:
        return f"SetupLink(id={self.id!r}, operator_id={self.operator_id!r})"


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


async def release(connection: AsyncConnection, link_id: str, by: str, at: datetime, code_hash: str) -> bool:
    """Gives the link a code, instead of any former one and with all attempts anew; False if it was used meanwhile."""
    statement = update(setup_links).where(setup_links.c.id == link_id, setup_links.c.used_at.is_(None))
    values = {"released_by": by, "released_at": at, "code_hash": code_hash, "wrong_codes": 0}
    return (await connection.execute(statement.values(values))).rowcount == 1


async def count_attempt(connection: AsyncConnection, link_id: str, code_hash: str, most: int) -> int | None:
    """Counts an attempt at that code, before it is judged: how many there were, or None if no more is allowed.

    Of many who try at once no more than that many get an answer, right or wrong.
    """
    column = setup_links.c.wrong_codes
    statement = update(setup_links).where(
        setup_links.c.id == link_id,
        setup_links.c.used_at.is_(None),
        setup_links.c.code_hash == code_hash,
        column < most,
    )
    found = (await connection.execute(statement.values(wrong_codes=column + 1).returning(column))).scalar_one_or_none()
    return None if found is None else int(found)


async def waiting(connection: AsyncConnection, at: datetime, operator_id: str | None = None) -> dict[str, SetupLink]:
    """The link of each account, or of that one, that can be used at that time, by operator."""
    statement = select(setup_links).where(setup_links.c.used_at.is_(None), setup_links.c.expires_at > at)
    if operator_id is not None:
        statement = statement.where(setup_links.c.operator_id == operator_id)
    found = [SetupLink(**row) for row in (await connection.execute(statement)).mappings()]
    return {link.operator_id: link for link in found}
