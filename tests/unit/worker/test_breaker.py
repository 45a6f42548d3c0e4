import asyncio

import pytest

from gateway.ports import Credential, Refused
from gateway.worker.breaker import SLOW_RETRY_SECONDS, Gates
from tests.hand_clock import HandClock

ACCOUNT = Credential("viewer", "wrong")


async def knock(gate, tries: list[int], answer: bool) -> None:
    async with gate.turn():
        tries.append(1)
        await asyncio.sleep(0)
        if answer:
            gate.accepted()
        else:
            gate.refused()
            raise Refused("no")


async def test_a_wrong_password_is_tried_once_by_32_channels():
    gate = Gates(HandClock()).of("10.0.0.1", ACCOUNT, 64)
    tries: list[int] = []
    results = await asyncio.gather(*(knock(gate, tries, False) for _ in range(32)), return_exceptions=True)
    assert len(tries) == 1
    assert all(isinstance(result, Refused) for result in results)


async def test_it_is_tried_again_after_a_long_while_and_then_by_one_again():
    clock = HandClock()
    gate = Gates(clock).of("10.0.0.1", ACCOUNT, None)
    tries: list[int] = []
    await asyncio.gather(knock(gate, tries, False), return_exceptions=True)
    clock.advance(SLOW_RETRY_SECONDS - 1)
    with pytest.raises(Refused):
        await knock(gate, tries, True)
    clock.advance(2)
    await asyncio.gather(*(knock(gate, tries, False) for _ in range(8)), return_exceptions=True)
    assert len(tries) == 2


async def test_once_accepted_all_go_at_once_up_to_the_limit_of_the_host():
    gate = Gates(HandClock()).of("10.0.0.1", ACCOUNT, 3)
    await knock(gate, [], True)
    inside, most = 0, 0

    async def opened() -> None:
        nonlocal inside, most
        async with gate.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(opened() for _ in range(12)))
    assert most == 3


async def test_other_accounts_and_changed_passwords_have_gates_of_their_own():
    gates = Gates(HandClock())
    await asyncio.gather(knock(gates.of("10.0.0.1", ACCOUNT, None), [], False), return_exceptions=True)
    tries: list[int] = []
    await knock(gates.of("10.0.0.1", Credential("viewer", "right"), None), tries, True)
    await knock(gates.of("10.0.0.2", ACCOUNT, None), tries, True)
    assert len(tries) == 2
    assert gates.closed == 1


async def test_a_failure_that_is_no_refusal_lets_the_next_try():
    gate = Gates(HandClock()).of("10.0.0.1", ACCOUNT, None)
    with pytest.raises(OSError, match="gone"):
        async with gate.turn():
            raise OSError("gone")
    tries: list[int] = []
    await knock(gate, tries, True)
    assert tries == [1]
