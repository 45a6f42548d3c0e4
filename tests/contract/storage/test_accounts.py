"""Accounts' dates, second factors, set-up links and held sessions, on both databases alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from gateway.domain.operators import Role
from gateway.storage import account_changes, epochs, identities, operators, second_factors, sessions, setup_links
from gateway.storage.account_changes import AccountChange
from gateway.storage.operators import Account
from gateway.storage.sessions import TOKEN, Session
from gateway.storage.setup_links import SetupLink
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, T2, lay, operator

HOUR = timedelta(hours=1)


async def _lay(store: Store) -> Account:
    account = Account(replace(operator(), id="me"), "hash", 0, None, NOW)
    async with store.begin() as conn:
        await lay(conn)
        await operators.insert(conn, account)
    return account


def _session(number: int, **changes: object) -> Session:
    values: dict[str, object] = {
        "id": f"S-{number}",
        "token_hash": f"{number:064d}",
        "operator_id": "me",
        "purpose": None,
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": NOW + 12 * HOUR,
        "remote": "127.0.0.1",
    }
    return Session(**(values | changes))  # type: ignore[arg-type]


async def test_an_account_is_rewritten_with_its_dates_and_bumps_the_epoch(store: Store) -> None:
    account = await _lay(store)
    person = replace(
        account.operator,
        name="改名",
        organisation_id=T2,
        roles=frozenset({Role.VENDOR}),
        valid_from=NOW,
        valid_until=NOW + HOUR,
    )
    new = replace(account, operator=person, contract="示例-1", pledged_at=NOW - HOUR, trained_at=NOW - 2 * HOUR)
    async with store.begin() as conn:
        before = await epochs.get(conn, epochs.PERMISSION)
        assert await operators.rewrite(conn, new)
        assert await epochs.get(conn, epochs.PERMISSION) > before
    async with store.read() as conn:
        assert await operators.account(conn, "me") == new


async def test_a_session_lives_only_within_its_accounts_term(store: Store) -> None:
    account = await _lay(store)
    async with store.begin() as conn:
        await sessions.insert(conn, _session(1))
        term = replace(account.operator, valid_from=NOW + HOUR, valid_until=NOW + 2 * HOUR)
        await operators.rewrite(conn, replace(account, operator=term))
    async with store.read() as conn:
        alive = [await sessions.live_by_id(conn, "S-1", NOW + ahead * HOUR) for ahead in (0, 1, 2)]
    assert [found is not None for found in alive] == [False, True, False]


async def test_locks_input_and_proofs_of_sessions(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await sessions.insert(conn, _session(1))
        await sessions.touch(conn, [("S-1", NOW + HOUR)])
        await sessions.prove(conn, "S-1", NOW)
    async with store.read() as conn:
        (one,) = await sessions.running(conn, NOW)
    assert (one.last_seen_at, one.input_at, one.proved_at) == (NOW + HOUR, None, NOW)
    assert one.locked_since(NOW + HOUR, 2 * HOUR) is None
    assert one.locked_since(NOW + 2 * HOUR, 2 * HOUR) == NOW + 2 * HOUR
    async with store.begin() as conn:
        await sessions.touch(conn, [("S-1", NOW + HOUR)], by_hand=True)
        assert await sessions.lock(conn, "S-1", NOW + HOUR)
        assert not await sessions.lock(conn, "S-1", NOW + 2 * HOUR), "the first lock counts"
    async with store.read() as conn:
        (one,) = await sessions.running(conn, NOW)
    assert (one.input_at, one.locked_at) == (NOW + HOUR, NOW + HOUR)
    async with store.begin() as conn:
        await sessions.unlock(conn, "S-1", NOW + 2 * HOUR)
    async with store.read() as conn:
        (one,) = await sessions.running(conn, NOW)
    assert one.locked_since(NOW + 3 * HOUR, 2 * HOUR) is None


async def test_running_sessions_are_those_of_people_newest_first(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await sessions.insert(conn, _session(1))
        await sessions.insert(conn, _session(2, created_at=NOW + HOUR))
        await sessions.insert(conn, _session(3, kind=TOKEN))
        await sessions.insert(conn, _session(4, ended_at=NOW))
    async with store.read() as conn:
        assert [one.id for one in await sessions.running(conn, NOW)] == ["S-2", "S-1"]
        assert await sessions.last_sign_ins(conn) == {"me": NOW + HOUR}


async def test_a_second_factor_is_proposed_confirmed_used_and_forgotten(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await second_factors.propose(conn, "me", b"first")
        await second_factors.propose(conn, "me", b"second")
        assert await second_factors.enrolled(conn) == set()
        assert not await second_factors.confirm(conn, "me", b"first", 5, NOW), "another was proposed meanwhile"
        assert await second_factors.confirm(conn, "me", b"second", 5, NOW)
        assert await second_factors.enrolled(conn, ["me", "you"]) == {"me"}
        assert not await second_factors.use_step(conn, "me", 5)
        assert await second_factors.use_step(conn, "me", 7)
        assert not await second_factors.use_step(conn, "me", 6)
        await second_factors.propose(conn, "me", b"third")
        factor = await second_factors.get(conn, "me")
        assert factor is not None
        assert (factor.secret, factor.pending, factor.last_step) == (b"second", b"third", 7)
        await second_factors.replace_codes(conn, "me", ["a", "b"])
        await second_factors.replace_codes(conn, "me", ["c", "d"])
        assert not await second_factors.use_code(conn, "me", "a", NOW)
        assert await second_factors.use_code(conn, "me", "c", NOW)
        assert not await second_factors.use_code(conn, "me", "c", NOW)
        assert await second_factors.codes_left(conn, "me") == 1
        assert await second_factors.forget(conn, "me")
        assert not await second_factors.forget(conn, "me")
        assert await second_factors.codes_left(conn, "me") == 0


async def test_of_two_who_use_the_same_code_or_link_at_once_one_succeeds(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await second_factors.propose(conn, "me", b"x")
        await second_factors.confirm(conn, "me", b"x", 1, NOW)
        await setup_links.insert(conn, SetupLink("L", "me", "t" * 64, "you", NOW, NOW + HOUR))

    async def step() -> bool:
        async with store.begin() as conn:
            return await second_factors.use_step(conn, "me", 2)

    async def link() -> bool:
        async with store.begin() as conn:
            return await setup_links.use(conn, "L", NOW)

    for use in (step, link):
        assert sorted(await asyncio.gather(*(use() for _ in range(5)))) == [False] * 4 + [True]


async def test_one_set_up_link_of_an_account_is_good_at_a_time(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        for number in (1, 2):
            await setup_links.insert(conn, SetupLink(f"L-{number}", "me", f"{number:064d}", "you", NOW, NOW + HOUR))
        assert await setup_links.good(conn, f"{1:064d}", NOW) is None
        found = await setup_links.good(conn, f"{2:064d}", NOW)
        assert found is not None
        assert found.id == "L-2"
        assert await setup_links.good(conn, f"{2:064d}", NOW + HOUR) is None
        assert await setup_links.waiting(conn, NOW) == {"me": found}
        assert await setup_links.waiting(conn, NOW, "you") == {}
        assert await setup_links.use(conn, "L-2", NOW)
        assert await setup_links.waiting(conn, NOW) == {}


async def test_a_set_up_link_is_released_with_a_code_that_so_many_may_try(store: Store) -> None:
    """At once, too: of ten who try the same code three are judged."""
    await _lay(store)
    async with store.begin() as conn:
        await setup_links.insert(conn, SetupLink("L", "me", "t" * 64, "you", NOW, NOW + HOUR))
        assert await setup_links.count_attempt(conn, "L", "first", 3) is None, "there is no code yet"
        assert await setup_links.release(conn, "L", "third", NOW, "first")
        assert await setup_links.count_attempt(conn, "L", "first", 3) == 1
        assert await setup_links.release(conn, "L", "third", NOW, "second")
        assert await setup_links.count_attempt(conn, "L", "first", 3) is None, "the former code is void"

    async def attempt() -> int | None:
        async with store.begin() as conn:
            return await setup_links.count_attempt(conn, "L", "second", 3)

    counted = await asyncio.gather(*(attempt() for _ in range(10)))
    assert sorted(count for count in counted if count is not None) == [1, 2, 3]
    async with store.begin() as conn:
        (link,) = (await setup_links.waiting(conn, NOW)).values()
        assert (link.released_by, link.released_at, link.code_hash) == ("third", NOW, "second")
        assert await setup_links.use(conn, "L", NOW)
        assert not await setup_links.release(conn, "L", "third", NOW, "third")


async def test_one_change_of_an_account_waits_at_a_time(store: Store) -> None:
    await _lay(store)
    wide = frozenset({Role.SHIFT_LEADER, Role.DISTRICT_OPERATOR})
    first = AccountChange("first", "me", wide, T2, "you", NOW)
    second = replace(first, id="second", opens=True, valid_until=NOW + HOUR, pledged_at=NOW)
    async with store.begin() as conn:
        await account_changes.put(conn, first)
        await account_changes.put(conn, second)
    async with store.read() as conn:
        assert await account_changes.every(conn) == {"me": second}
        assert await account_changes.every(conn, "you") == {}
    async with store.begin() as conn:
        assert await account_changes.drop(conn, "me")
        assert not await account_changes.drop(conn, "me")


async def test_a_directorys_people_are_asked_about_in_turn_until_they_are_withdrawn(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await operators.insert(conn, Account(replace(operator(), id="other", login="other"), "", 0, None, NOW))
        await identities.link(conn, "ldap", "s1", "me", NOW)
        await identities.link(conn, "ldap", "s2", "other", NOW)
        await identities.link(conn, "https://sso", "s1", "me", NOW)
        assert [one.operator_id for one in await identities.unchecked(conn, "ldap", NOW, 9)] == ["me", "other"]
        await identities.check(conn, "ldap", ["me"], NOW + HOUR)
        assert [one.subject for one in await identities.unchecked(conn, "ldap", NOW, 9)] == ["s2"]
        await identities.check(conn, "ldap", ["other"], NOW + 2 * HOUR)
        due = await identities.unchecked(conn, "ldap", NOW + 2 * HOUR, 9)
        assert [one.operator_id for one in due] == ["me", "other"]
        assert len(await identities.unchecked(conn, "ldap", NOW + 2 * HOUR, 1)) == 1
        await identities.withdraw(conn, "ldap", "me", NOW + HOUR)
    async with store.read() as conn:
        assert [one.operator_id for one in await identities.unchecked(conn, "ldap", NOW + 3 * HOUR, 9)] == ["other"]
        link = await identities.link_of(conn, "ldap", "me")
        assert link is not None
        assert (link.subject, link.withdrawn_at) == ("s1", NOW + HOUR)
        elsewhere = await identities.link_of(conn, "https://sso", "me")
        assert elsewhere is not None
        assert elsewhere.withdrawn_at is None
        assert await identities.linked(conn, "ldap") == {"me", "other"}
        assert await identities.link_of(conn, "ldap", "nobody") is None
