"""Marked copies are held for the one they name, for a minute, and within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.exports import Region
from gateway.domain.operators import Operator, Role
from gateway.ports import Refused, Unavailable
from gateway.services.marked_copies import MarkedCopies
from tests.integration.moving_clock import MovingClock

SIZE = 100


class Hand:
    """Writes the words behind the file, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refusing = False

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Region] = ()) -> bytes:
        self.asked.append(words)
        await asyncio.sleep(0)
        if self.refusing:
            raise Refused("the clip cannot be read")
        return (data + words.encode()).ljust(SIZE)


def _person(name: str) -> Operator:
    return Operator(f"id-{name}", name, name, "A", frozenset({Role.SYSTEM_MANAGER}))


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{index}.mp4" for index in range(5)]
    for path in found:
        path.write_bytes(path.name.encode())
    return found


async def test_who_asks_twice_waits_once_and_nobody_gets_anothers_copy(clips: list[Path]) -> None:
    hand, clock = Hand(), MovingClock()
    copies = MarkedCopies(hand, clock)
    one, other = _person("one"), _person("other")
    first, again = await asyncio.gather(copies.clip(one, clips[0]), copies.clip(one, clips[0]))
    assert (first == again, len(hand.asked)) == (True, 1)
    assert b"other" in await copies.clip(other, clips[0])
    moved = await copies.clip(replace(one, organisation_id="B"), clips[0])
    assert b"one B" in moved, "who has come to another unit is named with it"
    assert len(hand.asked) == 3
    clock.skip(61)
    assert await copies.clip(one, clips[0]) != first
    assert copies.size == SIZE, "what is over its minute is gone"


async def test_a_still_is_marked_each_time(clips: list[Path]) -> None:
    hand = Hand()
    copies = MarkedCopies(hand, MovingClock())
    await copies.still(_person("one"), clips[0])
    await copies.still(_person("one"), clips[0])
    assert (len(hand.asked), copies.size) == (2, 0)


async def test_what_is_held_is_bounded_for_one_and_for_all(clips: list[Path]) -> None:
    hand = Hand()
    copies = MarkedCopies(hand, MovingClock(), most=3 * SIZE, most_of_one=2 * SIZE)
    one, other = _person("one"), _person("other")
    await copies.clip(other, clips[0])
    for path in clips[:4]:
        await copies.clip(one, path)
    assert copies.size == 3 * SIZE
    asked = len(hand.asked)
    await copies.clip(other, clips[0])
    assert len(hand.asked) == asked, "whoever asks for much pushes out their own copies and not those of others"
    await copies.clip(_person("third"), clips[1])
    assert copies.size == 3 * SIZE


async def test_what_cannot_be_marked_is_not_handed_out_and_asked_again_the_next_time(clips: list[Path]) -> None:
    hand = Hand()
    copies = MarkedCopies(hand, MovingClock())
    hand.refusing = True
    with pytest.raises(Unavailable, match="cannot be marked"):
        await copies.clip(_person("one"), clips[0])
    hand.refusing = False
    assert b"one" in await copies.clip(_person("one"), clips[0])
