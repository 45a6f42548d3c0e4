"""Second factors in the database: phones (sealed secrets, the last step used) and recovery codes as hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import passkey_challenges, passkeys, recovery_codes, second_factors
from gateway.storage.upserting import insert


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An operator's phone: in force once confirmed; ``pending`` is one that is being set up."""

    operator_id: str
    secret: bytes | None
    confirmed_at: datetime | None
    last_step: int
    pending: bytes | None

    def __repr__(self) -> str:
        return f"SecondFactor(operator_id={self.operator_id!r}, confirmed_at={self.confirmed_at!r})"


async def get(connection: AsyncConnection, operator_id: str) -> SecondFactor | None:
    """What the operator has or is setting up."""
    statement = select(second_factors).where(second_factors.c.operator_id == operator_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else SecondFactor(**row)


async def enrolled(connection: AsyncConnection, operator_ids: Sequence[str] | None = None) -> set[str]:
    """Which of these operators (or of all) have a second factor in force: a phone, a passkey, or both."""
    phones = select(second_factors.c.operator_id).where(second_factors.c.confirmed_at.is_not(None))
    keys = select(passkeys.c.operator_id)
    if operator_ids is not None:
        phones = phones.where(second_factors.c.operator_id.in_(operator_ids))
        keys = keys.where(passkeys.c.operator_id.in_(operator_ids))
    return set((await connection.scalars(union(phones, keys))).all())


async def propose(connection: AsyncConnection, operator_id: str, sealed: bytes) -> None:
    """Keeps a secret that is not in force until it is confirmed."""
    statement = (
        insert(connection, second_factors)
        .values(operator_id=operator_id, pending=sealed, last_step=0)
        .on_conflict_do_update(index_elements=[second_factors.c.operator_id], set_={"pending": sealed})
    )
    await connection.execute(statement)


async def confirm(connection: AsyncConnection, operator_id: str, sealed: bytes, step: int, at: datetime) -> bool:
    """Puts the pending secret into force; False if another one was proposed meanwhile."""
    statement = (
        update(second_factors)
        .where(second_factors.c.operator_id == operator_id, second_factors.c.pending == sealed)
        .values(secret=sealed, pending=None, confirmed_at=at, last_step=step)
    )
    return (await connection.execute(statement)).rowcount == 1


async def use_step(connection: AsyncConnection, operator_id: str, step: int) -> bool:
    """Uses up a time step and all before it; False if it was used before."""
    statement = (
        update(second_factors)
        .where(second_factors.c.operator_id == operator_id, second_factors.c.last_step < step)
        .values(last_step=step)
    )
    return (await connection.execute(statement)).rowcount == 1


async def forget(connection: AsyncConnection, operator_id: str) -> bool:
    """Removes the phone, every passkey and the recovery codes; False if there was neither phone nor passkey."""
    phone = await forget_phone(connection, operator_id)
    await connection.execute(delete(passkey_challenges).where(passkey_challenges.c.operator_id == operator_id))
    keys = (await connection.execute(delete(passkeys).where(passkeys.c.operator_id == operator_id))).rowcount
    await forget_codes(connection, operator_id)
    return phone or keys > 0


async def forget_phone(connection: AsyncConnection, operator_id: str) -> bool:
    """Removes the phone alone; False if there was none."""
    statement = delete(second_factors).where(second_factors.c.operator_id == operator_id)
    return (await connection.execute(statement)).rowcount == 1


async def forget_codes(connection: AsyncConnection, operator_id: str) -> None:
    """Removes the recovery codes."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.operator_id == operator_id))


async def replace_codes(connection: AsyncConnection, operator_id: str, hashes: Iterable[str]) -> None:
    """New recovery codes instead of all old ones."""
    await forget_codes(connection, operator_id)
    rows = [{"operator_id": operator_id, "code_hash": one} for one in hashes]
    await connection.execute(recovery_codes.insert(), rows)


async def use_code(connection: AsyncConnection, operator_id: str, code_hash: str, at: datetime) -> bool:
    """Uses up a recovery code; False if there is none such, or it was used before."""
    statement = (
        update(recovery_codes)
        .where(
            recovery_codes.c.operator_id == operator_id,
            recovery_codes.c.code_hash == code_hash,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=at)
    )
    return (await connection.execute(statement)).rowcount == 1


async def codes_left(connection: AsyncConnection, operator_id: str) -> int:
    """How many recovery codes are still unused."""
    statement = (
        select(func.count())
        .select_from(recovery_codes)
        .where(recovery_codes.c.operator_id == operator_id, recovery_codes.c.used_at.is_(None))
    )
    return int((await connection.execute(statement)).scalar_one())
