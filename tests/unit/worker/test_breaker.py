import asyncio

import pytest

from adapters.reachability import Unreachable
from gateway.ports import Credential, Refused, Unavailable
from gateway.worker.breaker import MOST_FAILURES, SLOW_RETRY_SECONDS, Gates
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
    gate = Gates(HandClock()).of("10.0.0.1", 554, ACCOUNT, 64)
    tries: list[int] = []
    results = await asyncio.gather(*(knock(gate, tries, False) for _ in range(32)), return_exceptions=True)
    assert len(tries) == 1
    assert all(isinstance(result, Refused) for result in results)


async def test_it_is_tried_again_after_a_long_while_and_then_by_one_again():
    clock = HandClock()
    gate = Gates(clock).of("10.0.0.1", 554, ACCOUNT, None)
    tries: list[int] = []
    await asyncio.gather(knock(gate, tries, False), return_exceptions=True)
    clock.advance(SLOW_RETRY_SECONDS - 1)
    with pytest.raises(Refused):
        await knock(gate, tries, True)
    clock.advance(2)
    await asyncio.gather(*(knock(gate, tries, False) for _ in range(8)), return_exceptions=True)
    assert len(tries) == 2


async def test_once_accepted_all_go_at_once_up_to_the_limit_of_the_host():
    gate = Gates(HandClock()).of("10.0.0.1", 554, ACCOUNT, 3)
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


async def test_a_mended_password_is_tried_at_once_and_other_hosts_are_not_concerned():
    gates = Gates(HandClock())
    await asyncio.gather(knock(gates.of("10.0.0.1", 554, ACCOUNT, None), [], False), return_exceptions=True)
    tries: list[int] = []
    await knock(gates.of("10.0.0.1", 554, Credential("viewer", "right"), None), tries, True)
    await knock(gates.of("10.0.0.2", 554, ACCOUNT, None), tries, True)
    assert len(tries) == 2
    assert gates.closed == 1


async def guesses(gates: Gates, passwords: list[str], tries: list[int]) -> None:
    for password in passwords:
        with pytest.raises(Refused):
            await knock(gates.of("10.0.0.1", 554, Credential("viewer", password), None), tries, False)


async def test_different_wrong_passwords_of_one_user_share_few_failures():
    clock = HandClock()
    gates = Gates(clock)
    tries: list[int] = []
    await guesses(gates, [f"wrong {number}" for number in range(9)], tries)
    assert len(tries) == MOST_FAILURES
    with pytest.raises(Refused, match="several passwords"):
        await knock(gates.of("10.0.0.1", 554, Credential("viewer", "right"), None), tries, True)
    gates.forget_all_but(set())
    await guesses(gates, ["another"], tries)
    assert len(tries) == MOST_FAILURES
    await knock(gates.of("10.0.0.1", 554, Credential("other user", "right"), None), [], True)
    clock.advance(SLOW_RETRY_SECONDS + 1)
    await knock(gates.of("10.0.0.1", 554, Credential("viewer", "right"), None), tries, True)
    assert len(tries) == MOST_FAILURES + 1


async def test_who_guesses_passwords_does_not_lock_out_the_one_that_works():
    gates = Gates(HandClock())
    right = gates.of("10.0.0.1", 554, Credential("viewer", "right"), None)
    await knock(right, [], True)
    await guesses(gates, ["a", "b", "c", "d"], [])
    right.doubted()
    tries: list[int] = []
    await knock(right, tries, True)
    assert tries == [1]


async def test_a_password_that_stops_working_counts_as_any_other():
    gates = Gates(HandClock())
    await knock(gates.of("10.0.0.1", 554, Credential("viewer", "old"), None), [], True)
    tries: list[int] = []
    await guesses(gates, ["old", "old", "a", "b", "c", "old"], tries)
    assert len(tries) == MOST_FAILURES


def test_hosts_are_told_apart_without_regard_to_case():
    gates = Gates(HandClock())
    gates.of("NVR.example", 554, ACCOUNT, None).refused()
    assert gates.of("nvr.example", 554, ACCOUNT, None).closed_for() > 0


async def fail(gate, tries: list[str], name: str, says: Exception) -> None:
    async with gate.turn():
        tries.append(name)
        await asyncio.sleep(0)
        raise says


async def test_a_host_that_does_not_answer_is_tried_by_one_of_32_channels_that_wait_and_by_the_next_that_comes():
    gate = Gates(HandClock()).of("10.0.0.1", 554, ACCOUNT, 64)
    for trial in range(1, 4):
        tries: list[str] = []
        gone = Unreachable(f"no answer {trial}")
        results = await asyncio.gather(*(fail(gate, tries, "x", gone) for _ in range(32)), return_exceptions=True)
        assert len(tries) == 1
        assert {(type(result), str(result)) for result in results} == {(Unreachable, str(gone))}


async def test_another_port_of_a_host_that_does_not_answer_at_one_is_tried():
    gates = Gates(HandClock())
    tries: list[str] = []
    doors = [gates.of("10.0.0.1", port, ACCOUNT, None) for port in (554, 8554, 554, 8554)]
    gone = Unreachable("no answer")
    await asyncio.gather(*(fail(door, tries, str(door._port), gone) for door in doors), return_exceptions=True)
    assert tries == ["554", "8554"]


async def test_a_device_that_answers_what_is_of_no_use_is_asked_for_each_stream():
    gate = Gates(HandClock()).of("10.0.0.1", 554, ACCOUNT, None)
    tries: list[str] = []
    useless = Unavailable("no such stream")
    await asyncio.gather(*(fail(gate, tries, "x", useless) for _ in range(4)), return_exceptions=True)
    assert len(tries) == 4


async def test_a_failure_that_is_no_refusal_lets_the_next_try():
    gate = Gates(HandClock()).of("10.0.0.1", 554, ACCOUNT, None)
    with pytest.raises(OSError, match="gone"):
        async with gate.turn():
            raise OSError("gone")
    tries: list[int] = []
    await knock(gate, tries, True)
    assert tries == [1]
