"""What accounts are to become once a second person releases it, in the database: one change of an account at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Term
from gateway.domain.operators import Role
from gateway.storage.tables import account_changes


@dataclass(frozen=True, slots=True)
class AccountChange:
    """The roles and the organisation that the account is to have, and who asked for it.

    One that ``opens`` an account that is over enables it and gives it these dates; else they mean nothing.
    """

    id: str
    operator_id: str
    roles: frozenset[Role]
    organisation_id: str
    asked_by: str
    asked_at: datetime
    opens: bool = False
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    pledged_at: datetime | None = None
    trained_at: datetime | None = None

    def term(self, created_at: datetime) -> Term:
        """The dates on which an account that was made then rests once it is open again."""
        return Term(created_at, self.valid_from, self.valid_until, self.pledged_at, self.trained_at)


async def put(connection: AsyncConnection, change: AccountChange) -> None:
    """Adds a change, instead of the one that the account had."""
    await drop(connection, change.operator_id)
    values = {name: getattr(change, name) for name in AccountChange.__dataclass_fields__}
    await connection.execute(account_changes.insert().values(values | {"roles": sorted(change.roles)}))


async def drop(connection: AsyncConnection, operator_id: str) -> bool:
    """Takes away the account's change; False if it had none."""
    statement = delete(account_changes).where(account_changes.c.operator_id == operator_id)
    return (await connection.execute(statement)).rowcount > 0


async def every(connection: AsyncConnection, operator_id: str | None = None) -> dict[str, AccountChange]:
    """The change that waits of each account, or of that one, by operator."""
    statement = select(account_changes)
    if operator_id is not None:
        statement = statement.where(account_changes.c.operator_id == operator_id)
    rows = (await connection.execute(statement)).mappings()
    return {row["operator_id"]: AccountChange(**{**row, "roles": frozenset(map(Role, row["roles"]))}) for row in rows}
