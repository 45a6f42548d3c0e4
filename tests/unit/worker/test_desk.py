"""What a worker's desk takes on, over all its gateways."""

import asyncio
import threading

import pytest

from gateway.clock import SystemClock
from gateway.fleet.wire_marks import MAX_CLIPS, MarkWish
from gateway.ports import Unavailable
from gateway.worker import desk as desk_module
from gateway.worker.desk import WorkerDesk


async def test_no_more_clips_are_held_than_can_be_marked_in_time_whoever_waits_for_them(monkeypatch):
    going = threading.Event()

    def marked(data: bytes, wish: MarkWish) -> bytes:
        if wish == clip:
            going.wait()
        return data

    monkeypatch.setattr(desk_module, "marked", marked)
    desk, clip = WorkerDesk(SystemClock()), MarkWish("video/mp4", "jinxin")
    async with asyncio.TaskGroup() as group:
        held = [group.create_task(desk.mark(b"clip", clip)) for _ in range(MAX_CLIPS)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="ask again in a minute"):
            await desk.mark(b"one more", clip)
        assert await desk.mark(b"still", MarkWish("image/jpeg", "jinxin")) == b"still"
        going.set()
    assert {one.result() for one in held} == {b"clip"}
    assert await desk.mark(b"again", clip) == b"again", "there is room again"
