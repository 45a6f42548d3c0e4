"""Grants, sessions and accounts in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.operators import Role
from gateway.storage import epochs, grants, operators, sessions, tables
from gateway.storage.operators import Account
from gateway.storage.reaching import reach
from gateway.storage.sessions import Session
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, T1, grant, lay, new_id, operator


async def test_no_grants_mean_no_cameras(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        for who in (operator(), operator(T1, Role.DISTRICT_OPERATOR)):
            seen = await reach(connection, who, Action.LIST, NOW)
            statement = select(tables.cameras.c.id).where(seen.condition())
            assert (await connection.scalars(statement)).all() == []


async def test_every_change_of_permission_bumps_the_epoch(store: Store) -> None:
    given_grant = grant((GranteeKind.ORGANISATION, T1), (TargetKind.ALL, ""))
    account = Account(operator(), "hash", 0, None, NOW)
    session = Session(new_id(), "token", account.operator.id, None, NOW, NOW, NOW + timedelta(hours=8), "192.0.2.1")
    async with store.begin() as connection:
        await lay(connection)
        seen = [await epochs.get(connection, epochs.PERMISSION)]
        await grants.insert(connection, given_grant)
        seen.append(await epochs.get(connection, epochs.PERMISSION))
        assert await grants.revoke(connection, given_grant.id, NOW, "leader", "over")
        seen.append(await epochs.get(connection, epochs.PERMISSION))
        await operators.insert(connection, account)
        seen.append(await epochs.get(connection, epochs.PERMISSION))
        await sessions.insert(connection, session)
        assert await sessions.end(connection, session.id, NOW)
        seen.append(await epochs.get(connection, epochs.PERMISSION))
        assert await operators.disable(connection, account.operator.id, NOW)
        seen.append(await epochs.get(connection, epochs.PERMISSION))
    assert seen == sorted(set(seen))


async def test_a_grant_keeps_its_paper_trail(store: Store) -> None:
    one = grant((GranteeKind.ORGANISATION, T1), (TargetKind.CAMERA, "C-002"), purposes=frozenset({"PS-FLOOD"}))
    async with store.begin() as connection:
        one = await grants.insert(connection, one, policy="flood")
        record = await grants.get(connection, one.id)
        assert record is not None
        assert (record.grant, record.policy, record.revocation) == (one, "flood", None)
        later = NOW + timedelta(hours=1)
        assert await grants.revoke(connection, one.id, later, "leader", "the flood is over")
        assert not await grants.revoke(connection, one.id, later, "leader", "again")
        record = await grants.get(connection, one.id)
        assert record is not None
        assert record.revocation is not None
        assert (record.revocation.by, record.revocation.reason) == ("leader", "the flood is over")
        assert await grants.every(connection, active_at=later) == []
        assert len(await grants.every(connection, target=(TargetKind.CAMERA, "C-002"))) == 1


async def test_a_grant_must_name_exactly_one_target(store: Store) -> None:
    for target in ((TargetKind.ALL, "C-001"), (TargetKind.CAMERA, "")):
        with pytest.raises(ValueError, match="names"):
            async with store.begin() as connection:
                await grants.insert(connection, grant((GranteeKind.ORGANISATION, T1), target))


async def test_the_next_change_of_grants_is_known(store: Store) -> None:
    async with store.begin() as connection:
        assert await grants.next_change(connection, NOW) is None
        for hours in (5, 3):
            ends = NOW + timedelta(hours=hours)
            await grants.insert(connection, grant((GranteeKind.ROLE, "x"), (TargetKind.ALL, ""), not_after=ends))
        assert await grants.next_change(connection, NOW) == NOW + timedelta(hours=3)


async def test_a_session_lives_until_it_ends_expires_or_its_account_is_disabled(store: Store) -> None:
    account = Account(operator(), "hash", 0, None, NOW)
    who = account.operator
    expiry = NOW + timedelta(hours=8)
    session = Session(new_id(), "token", who.id, "PS-ORDER", NOW, NOW, expiry, "192.0.2.1", "browser")
    async with store.begin() as connection:
        await lay(connection)
        await operators.insert(connection, account)
        await sessions.insert(connection, session)
        assert await sessions.live(connection, "token", NOW) == (session, who, await epochs.scene(connection))
        assert await sessions.live_by_id(connection, session.id, NOW) == (session, who)
        assert await sessions.live(connection, "other", NOW) is None
        assert await sessions.live(connection, "token", expiry) is None
        await operators.disable(connection, who.id, NOW)
        assert await sessions.live(connection, "token", NOW) is None
        await operators.disable(connection, who.id, None)
        assert await sessions.end_all(connection, who.id, NOW, keep=session.id) == 0
        assert await sessions.end_all(connection, who.id, NOW) == 1
        assert await sessions.live(connection, "token", NOW) is None


async def test_wrong_passwords_are_counted(store: Store) -> None:
    account = Account(operator(), "hash", 0, None, NOW)
    async with store.begin() as connection:
        await lay(connection)
        await operators.insert(connection, account)
        assert await operators.count_failure(connection, account.operator.id, None) == 1
        until = NOW + timedelta(minutes=5)
        assert await operators.count_failure(connection, account.operator.id, until) == 2
        found = await operators.by_login(connection, account.operator.login)
        assert found is not None
        assert (found.failed_count, found.locked_until) == (2, until)
        assert "hash" not in repr(found).replace("password_hash", "")
        await operators.clear_failures(connection, account.operator.id)
        found = await operators.account(connection, account.operator.id)
        assert found is not None
        assert (found.failed_count, found.locked_until) == (0, None)
    with pytest.raises(IntegrityError):
        async with store.begin() as connection:
            await operators.insert(connection, account)
