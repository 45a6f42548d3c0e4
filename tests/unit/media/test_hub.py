"""The hub shares one pull, starts newcomers at the keyframe, and never waits for a slow viewer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gateway.domain.packets import Packet, StreamKey, StreamKind
from gateway.media import channel
from gateway.media.channel import Ended
from gateway.media.hub import Hub, open_hub
from gateway.ports import Unavailable

KEY = StreamKey("C1", StreamKind.SUB)
SETS = b"\0\0\0\1\x67\x42\xc0\x1e\0\0\0\1\x68\xce"


def packet(number: int, key: bool = False, size: int = 50, generation: int = 0) -> Packet:
    body = (SETS + b"\0\0\0\1\x65" if key else b"\0\0\0\1\x41") + b"\x99" * size
    return Packet(9000 * number, key, body, 0.0, generation)


class Pull:
    def __init__(self, sink: Callable[[Packet], None], ended: Callable[[str], None]) -> None:
        self.sink, self.ended, self.closed = sink, ended, False

    def close(self) -> None:
        self.closed = True


class Source:
    """An upstream that a test feeds by hand."""

    def __init__(self) -> None:
        self.pulls: list[Pull] = []
        self.words: list[str] = []
        self.down = False

    def subscribe(
        self, key: StreamKey, sink: Callable[[Packet], None], ended: Callable[[str], None], words: str = ""
    ) -> Pull:
        if self.down:
            raise Unavailable("no worker has this camera")
        self.words.append(words)
        self.pulls.append(Pull(sink, ended))
        return self.pulls[-1]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def watching(hub: Hub, source: Source) -> Pull:
    await settled()
    return source.pulls[-1]


async def test_two_viewers_share_one_pull_and_the_second_starts_at_the_keyframe() -> None:
    source = Source()
    async with open_hub(source, linger=0.01) as hub:
        async with hub.view(KEY) as first:
            pull = await watching(hub, source)
            for number in range(3):
                pull.sink(packet(number, key=number == 0))
            async with hub.view(KEY) as second:
                pull.sink(packet(3))
                units = [await second.next() for _ in range(4)]
                assert [unit.number for unit in units] == [1, 2, 3, 4]
                assert units[0].keyframe
                assert [await first.next() for _ in range(4)] == units
                assert units[0].fragment is units[0].fragment
        assert len(source.pulls) == 1
        assert not pull.closed
        await until(lambda: pull.closed)
        assert hub.channels == 0


async def test_a_slow_viewer_is_skipped_to_the_next_keyframe_and_counted() -> None:
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as slow, hub.view(KEY) as quick:
        pull = await watching(hub, source)
        seen = 0
        for number in range(channel.QUEUE_UNITS + 40):
            pull.sink(packet(number, key=number in (0, channel.QUEUE_UNITS + 20)))
            await quick.next()
            seen += 1
        assert seen == channel.QUEUE_UNITS + 40
        assert slow.depth == 20
        assert (await slow.next()).keyframe
        assert hub.tally.skipped == channel.QUEUE_UNITS + 20


async def test_a_queue_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "QUEUE_BYTES", 1000)
    monkeypatch.setattr(channel, "GOP_BYTES", 2000)
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as slow:
        pull = await watching(hub, source)
        pull.sink(packet(0, key=True, size=400))
        pull.sink(packet(1, size=700))
        assert slow.depth == 2
        pull.sink(packet(2, size=1000))
        assert slow.depth == 0
        pull.sink(packet(3, size=10))
        assert slow.depth == 0
        assert hub.tally.skipped == 4
        pull.sink(packet(4, key=True, size=100))
        pull.sink(packet(5, size=700))
        pull.sink(packet(6, key=True, size=700))
        assert slow.depth == 1
        assert (await slow.next()).packet.dts == packet(6).dts
        assert hub.tally.skipped == 6


async def test_a_queue_is_bounded_in_units_between_keyframes_too() -> None:
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as slow:
        pull = await watching(hub, source)
        for number in range(channel.GOP_UNITS):
            pull.sink(packet(number, key=number == 0))
        assert (slow.depth, hub.tally.skipped) == (channel.GOP_UNITS, 0)
        pull.sink(packet(channel.GOP_UNITS))
        assert (slow.depth, hub.tally.skipped) == (0, channel.GOP_UNITS + 1)


async def test_the_pictures_since_the_last_keyframe_reach_newcomers_whole_however_slowly_they_take_them() -> None:
    """Ten seconds of them come at once, to the first viewer from the worker, to others from here."""
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as first:
        pull = await watching(hub, source)
        pull.sink(packet(0, key=True))
        units = [await first.next()]
        for number in range(1, 250):
            pull.sink(packet(number))
        async with hub.view(KEY) as second:
            others = []
            for number in range(250, 300):
                pull.sink(packet(number))
                units.append(await first.next())
                others.append(await second.next())
            units += [await first.next() for _ in range(first.depth)]
            others += [await second.next() for _ in range(second.depth)]
        assert [unit.number for unit in units] == list(range(1, 301))
        assert others == units
        assert hub.tally.skipped == 0


async def test_an_ended_upstream_is_pulled_again_and_a_new_chapter_begins() -> None:
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as viewer:
        pull = await watching(hub, source)
        pull.sink(packet(0, key=True))
        pull.ended("the worker hung up")
        await until(lambda: len(source.pulls) == 2)
        assert pull.closed
        source.pulls[1].sink(packet(500, key=True))
        chapters = [(await viewer.next()).chapter.number for _ in range(2)]
        assert chapters == [0, 1]
        assert hub.tally.interruptions == 1


async def test_a_camera_that_stays_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.media.hub.PATIENCE", 0.05)
    source = Source()
    source.down = True
    async with open_hub(source) as hub, hub.view(KEY) as viewer:
        with pytest.raises(Ended, match="no worker has this camera") as problem:
            await viewer.next()
        assert problem.value.code == "unavailable"


async def test_ending_a_viewer_wakes_it_and_drops_what_waited() -> None:
    source = Source()
    async with open_hub(source) as hub, hub.view(KEY) as viewer:
        pull = await watching(hub, source)
        pull.sink(packet(0, key=True))
        viewer.end("revoked", "the grant was revoked")
        with pytest.raises(Ended, match="the grant was revoked"):
            await viewer.next()


async def test_r16_a_marked_stream_is_its_viewers_own_and_ends_with_it() -> None:
    source = Source()
    async with open_hub(source, linger=3600) as hub:
        async with hub.view(KEY), hub.view(KEY, "drainage D15"), hub.view(KEY, "metro D40"):
            await settled()
            assert sorted(source.words) == ["", "drainage D15", "metro D40"]
            closed = dict(zip(source.words, source.pulls, strict=True))
            assert (hub.channels, hub.marked, hub.viewers) == (3, 2, 3)
        await settled()
        assert (hub.channels, hub.marked, hub.viewers) == (1, 0, 0)
        told = {words: pull.closed for words, pull in closed.items()}
        assert told == {"": False, "drainage D15": True, "metro D40": True}
        async with hub.view(KEY, "over before it began"):
            pass
        assert hub.marked == 0


async def test_r16_a_marked_stream_that_is_refused_says_so_at_once() -> None:
    source = Source()
    async with open_hub(source) as hub:
        async with hub.view(KEY, "drainage D15") as viewer:
            (await watching(hub, source)).ended("this worker marks 24 live pictures already")
            with pytest.raises(Ended, match="marks 24 live pictures already"):
                await viewer.next()
        source.down = True
        async with hub.view(KEY, "drainage D15") as viewer:
            with pytest.raises(Ended, match="no worker has this camera"):
                await viewer.next()
        assert hub.marked == 0
