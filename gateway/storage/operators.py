"""Operators' accounts in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Term
from gateway.domain.operators import Operator, Role
from gateway.storage import epochs
from gateway.storage.organisations import above, ids_in
from gateway.storage.tables import operators
from gateway.storage.upserting import chunks


@dataclass(frozen=True, slots=True)
class Account:
    """An operator and what signing in needs. The hash never shows in a repr."""

    operator: Operator
    password_hash: str
    failed_count: int
    locked_until: datetime | None
    created_at: datetime
    sample: bool = False
    contract: str = ""
    pledged_at: datetime | None = None
    trained_at: datetime | None = None

    @property
    def term(self) -> Term:
        """The dates on which the account rests."""
        operator = self.operator
        return Term(self.created_at, operator.valid_from, operator.valid_until, self.pledged_at, self.trained_at)

    def __repr__(self) -> str:
        return f"Account(operator={self.operator!r}, password_hash=***)"


async def get(connection: AsyncConnection, operator_id: str) -> Operator | None:
    """The operator with that id, disabled or not."""
    found = await account(connection, operator_id)
    return None if found is None else found.operator


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Operator]:
    """The operators with those ids, by id; unknown ids are left out."""
    found: dict[str, Operator] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        for row in (await connection.execute(select_operators().where(operators.c.id.in_(chunk)))).mappings():
            found[row["id"]] = operator_from(row)
    return found


async def names(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, str]:
    """What the people with those ids are called, by id; unknown ids are left out."""
    return {key: person.name for key, person in (await many(connection, ids)).items()}


async def account(connection: AsyncConnection, operator_id: str) -> Account | None:
    """The account with that id."""
    return await _one(connection, operators.c.id == operator_id)


async def by_login(connection: AsyncConnection, login: str) -> Account | None:
    """The account with that sign-in name (exactly)."""
    return await _one(connection, operators.c.login == login)


async def every(connection: AsyncConnection, organisation_id: str | None = None) -> list[Account]:
    """All accounts, or one organisation's, by login."""
    statement = select_operators().order_by(operators.c.login)
    if organisation_id is not None:
        statement = statement.where(operators.c.organisation_id == organisation_id)
    return [_account_from(row) for row in (await connection.execute(statement)).mappings()]


async def insert(connection: AsyncConnection, item: Account) -> None:
    """Adds an account and bumps the permission epoch. Raises IntegrityError if the id or login is taken."""
    operator = item.operator
    values = {
        "id": operator.id,
        "login": operator.login,
        "name": operator.name,
        "organisation_id": operator.organisation_id,
        "roles": sorted(role.value for role in operator.roles),
        "language": operator.language,
        "password_hash": item.password_hash,
        "failed_count": item.failed_count,
        "locked_until": item.locked_until,
        "disabled_at": operator.disabled_at,
        "created_at": item.created_at,
        "sample": item.sample,
        "valid_from": operator.valid_from,
        "valid_until": operator.valid_until,
        "contract": item.contract,
        "pledged_at": item.pledged_at,
        "trained_at": item.trained_at,
    }
    await connection.execute(operators.insert().values(values))
    await epochs.bump(connection, epochs.PERMISSION)


async def disable(connection: AsyncConnection, operator_id: str, at: datetime | None) -> bool:
    """Disables the account from that time, or with None enables it again; bumps the permission epoch."""
    return await _change(connection, operator_id, {"disabled_at": at})


async def set_roles(connection: AsyncConnection, operator_id: str, roles: frozenset[Role]) -> bool:
    """Replaces the operator's roles; bumps the permission epoch."""
    return await _change(connection, operator_id, {"roles": sorted(role.value for role in roles)})


async def rewrite(connection: AsyncConnection, item: Account) -> bool:
    """Stores the account's name, organisation, roles, contract and dates anew; bumps the permission epoch."""
    operator = item.operator
    values = {
        "name": operator.name,
        "organisation_id": operator.organisation_id,
        "roles": sorted(role.value for role in operator.roles),
        "valid_from": operator.valid_from,
        "valid_until": operator.valid_until,
        "contract": item.contract,
        "pledged_at": item.pledged_at,
        "trained_at": item.trained_at,
    }
    return await _change(connection, operator.id, values)


async def set_password(connection: AsyncConnection, operator_id: str, password_hash: str) -> bool:
    """Stores a new password hash and forgets failed attempts; bumps the permission epoch."""
    values = {"password_hash": password_hash, "failed_count": 0, "locked_until": None}
    return await _change(connection, operator_id, values)


async def set_language(connection: AsyncConnection, operator_id: str, language: str) -> bool:
    """Stores the language the operator reads."""
    return await _change(connection, operator_id, {"language": language}, permission=False)


async def count_failure(connection: AsyncConnection, operator_id: str, locked_until: datetime | None) -> int:
    """Counts one wrong password, locks the account if a time is given, and returns the count so far."""
    statement = (
        update(operators)
        .where(operators.c.id == operator_id)
        .values(failed_count=operators.c.failed_count + 1, locked_until=locked_until)
        .returning(operators.c.failed_count)
    )
    return int((await connection.execute(statement)).scalar_one())


async def clear_failures(connection: AsyncConnection, operator_id: str) -> None:
    """Forgets wrong passwords after a right one."""
    await _change(connection, operator_id, {"failed_count": 0, "locked_until": None}, permission=False)


def select_operators() -> Select[Any]:
    """A selection of accounts, each with the organisations above its own."""
    return select(operators, above(operators.c.organisation_id).label("above"))


def operator_from(row: RowMapping) -> Operator:
    """The operator in a row of ``select_operators``."""
    return Operator(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        organisation_id=row["organisation_id"],
        roles=frozenset(Role(role) for role in row["roles"]),
        language=row["language"],
        disabled_at=row["disabled_at"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        above=ids_in(row["above"]),
    )


async def _change(
    connection: AsyncConnection, operator_id: str, values: dict[str, Any], *, permission: bool = True
) -> bool:
    result = await connection.execute(update(operators).where(operators.c.id == operator_id).values(values))
    if permission:
        await epochs.bump(connection, epochs.PERMISSION)
    return result.rowcount == 1


async def _one(connection: AsyncConnection, condition: Any) -> Account | None:
    row = (await connection.execute(select_operators().where(condition))).mappings().one_or_none()
    return None if row is None else _account_from(row)


def _account_from(row: RowMapping) -> Account:
    return Account(
        operator=operator_from(row),
        password_hash=row["password_hash"],
        failed_count=row["failed_count"],
        locked_until=row["locked_until"],
        created_at=row["created_at"],
        sample=row["sample"],
        contract=row["contract"],
        pledged_at=row["pledged_at"],
        trained_at=row["trained_at"],
    )
