"""Passkeys and their challenges, on both databases alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.storage import operators, passkey_challenges, passkeys, second_factors
from gateway.storage.operators import Account
from gateway.storage.passkey_challenges import ENROL, USE, Challenge
from gateway.storage.passkeys import Passkey
from gateway.storage.store import Store
from tests.contract.storage.district import NOW, lay, operator

MINUTE = timedelta(minutes=1)
KEY = Passkey("P-1", "me", "gateway.test", "x" * 1366, b"\x00public", 5, ("nfc", "usb"), "示例", NOW)
ASKED = Challenge("C-1", "me", "S-1", USE, b"\x00challenge", NOW + 5 * MINUTE)


async def _lay(store: Store) -> None:
    async with store.begin() as conn:
        await lay(conn)
        for login in ("me", "you"):
            await operators.insert(conn, Account(replace(operator(), id=login, login=login), "hash", 0, None, NOW))


async def test_a_passkey_is_found_by_its_owner_and_host_and_forgotten_with_the_second_factor(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await passkeys.insert(conn, KEY)
        assert await second_factors.enrolled(conn, ["me", "you"]) == {"me"}
        assert await passkeys.of_operator(conn, "me") == [KEY]
        assert await passkeys.find(conn, "me", "gateway.test", KEY.credential) == KEY
        assert await passkeys.find(conn, "you", "gateway.test", KEY.credential) is None
        assert await passkeys.find(conn, "me", "other.test", KEY.credential) is None
        assert not await passkeys.remove(conn, "you", "P-1")
        await second_factors.propose(conn, "me", b"x")
        await second_factors.confirm(conn, "me", b"x", 1, NOW)
        assert await second_factors.enrolled(conn) == {"me"}
        assert await second_factors.forget_phone(conn, "me")
        assert await second_factors.enrolled(conn) == {"me"}
        await passkey_challenges.insert(conn, ASKED, NOW)
        await second_factors.replace_codes(conn, "me", ["a"])
        assert await second_factors.forget(conn, "me")
        assert await passkeys.of_operator(conn, "me") == []
        assert await second_factors.codes_left(conn, "me") == 0
        assert await passkey_challenges.take(conn, "C-1", "me", "S-1", USE, NOW) is None
        assert not await second_factors.forget(conn, "me")


async def test_a_credential_is_enrolled_once(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await passkeys.insert(conn, KEY)
    with pytest.raises(IntegrityError):
        async with store.begin() as conn:
            await passkeys.insert(conn, replace(KEY, id="P-2", operator_id="you"))


async def test_the_counter_goes_on_or_stays_at_nought(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await passkeys.insert(conn, KEY)
        for count, fits in ((5, False), (4, False), (0, False), (6, True), (6, False), (4_294_967_295, True)):
            assert await passkeys.use(conn, "P-1", count, NOW + MINUTE) is fits, count
        (found,) = await passkeys.of_operator(conn, "me")
        assert (found.sign_count, found.used_at) == (4_294_967_295, NOW + MINUTE)
        await passkeys.insert(conn, replace(KEY, id="P-2", credential="y", sign_count=0))
        for count, fits in ((0, True), (0, True), (1, True), (0, False)):
            assert await passkeys.use(conn, "P-2", count, NOW) is fits, count


async def test_a_challenge_is_taken_once_by_whom_and_for_what_it_was_made(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await passkey_challenges.insert(conn, ASKED, NOW)
        for other in (
            {"challenge_id": "C-2"},
            {"operator_id": "you"},
            {"session_id": "S-2"},
            {"session_id": None},
            {"kind": ENROL},
        ):
            said = {"challenge_id": "C-1", "operator_id": "me", "session_id": "S-1", "kind": USE} | other
            assert await passkey_challenges.take(conn, at=NOW, **said) is None, other  # type: ignore[arg-type]
        assert await passkey_challenges.take(conn, "C-1", "me", "S-1", USE, NOW) == ASKED.challenge
        assert await passkey_challenges.take(conn, "C-1", "me", "S-1", USE, NOW) is None
        await passkey_challenges.insert(conn, replace(ASKED, session_id=None), NOW)
        assert await passkey_challenges.take(conn, "C-1", "me", None, USE, NOW + 5 * MINUTE) is None
        await passkey_challenges.insert(conn, ASKED, NOW)
        await passkey_challenges.insert(conn, replace(ASKED, id="C-2", expires_at=NOW + 9 * MINUTE), NOW + 5 * MINUTE)
        assert await passkey_challenges.take(conn, "C-1", "me", "S-1", USE, NOW) is None, "cleared away"


async def test_of_two_answers_to_one_challenge_one_is_heard(store: Store) -> None:
    await _lay(store)
    async with store.begin() as conn:
        await passkey_challenges.insert(conn, ASKED, NOW)

    async def take() -> bytes | None:
        async with store.begin() as conn:
            return await passkey_challenges.take(conn, "C-1", "me", "S-1", USE, NOW)

    found = await asyncio.gather(take(), take())
    assert sorted(found, key=bool) == [None, ASKED.challenge]
