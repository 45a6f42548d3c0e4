"""The sample cameras' RTSP against a client that others wrote (FFmpeg through PyAV) and the letter of the RFC."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from contextlib import closing

import av
import numpy as np
import pytest

from gateway.samples.running import SampleDistrict
from tests.contract.samples.conftest import PASSWORD, Opening
from tests.contract.samples.rtsp_client import PATIENCE, connected


def url_of(district: SampleDistrict, camera_id: str, kind: str = "sub", user: str = "") -> str:
    device = next(d for d in district.devices if camera_id in d.cameras)
    channel = device.cameras[camera_id].channel
    return f"rtsp://{user}{device.host}:{district.rtsp_port}{channel.main if kind == 'main' else channel.sub}"


def pull(url: str, transport: str, packets: int) -> tuple[list[tuple[int, bool, bytes]], int, int]:
    """Time stamp, key and data of so many packets, and the picture's size."""
    options = {"rtsp_transport": transport, "stimeout": "60000000"}
    with av.open(url, options=options, timeout=(PATIENCE, None)) as container:
        stream = container.streams.video[0]
        got = []
        for packet in container.demux(stream):
            if packet.pts is not None:
                got.append((int(packet.pts), packet.is_keyframe, bytes(packet)))
            if len(got) >= packets:
                break
        return got, stream.codec_context.width, stream.codec_context.height


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("kind", "size"), [("sub", (640, 360)), ("main", (1280, 720))])
async def test_ffmpeg_plays_both_streams_over_both_transports(
    opened: Opening, transport: str, kind: str, size: tuple[int, int]
) -> None:
    async with opened() as district:
        url = url_of(district, "TZ-001-001", kind, f"viewer:{PASSWORD}@")
        packets, width, height = await asyncio.to_thread(pull, url, transport, 25)
        assert (width, height) == size
        assert any(key for _, key, _ in packets)
        steps = {b[0] - a[0] for a, b in itertools.pairwise(packets)}
        assert steps == {9000} if transport == "tcp" else 9000 in steps


async def test_time_stamps_run_on_over_several_loops(opened: Opening) -> None:
    async with opened(pace=8.0) as district:
        camera = next(c for c in district.cameras if len(c.tape("sub")) == 80)
        url = url_of(district, camera.id, "sub", f"viewer:{PASSWORD}@")
        packets, _, _ = await asyncio.to_thread(pull, url, "tcp", 200)
        assert {b[0] - a[0] for a, b in itertools.pairwise(packets)} == {9000}


async def test_ffmpeg_is_told_that_a_password_is_wrong(opened: Opening) -> None:
    async with opened() as district:
        url = url_of(district, "TZ-001-001", "sub", "viewer:wrong@")
        with pytest.raises(av.error.HTTPUnauthorizedError):
            await asyncio.to_thread(pull, url, "tcp", 1)


async def test_a_recorders_path_with_a_query_is_played(opened: Opening) -> None:
    async with opened(cameras=119) as district:
        camera = next(c for c in district.cameras if "?" in c.channel.sub)
        url = url_of(district, camera.id, "sub", f"viewer:{PASSWORD}@")
        packets, _, _ = await asyncio.to_thread(pull, url, "tcp", 5)
        assert len(packets) == 5


async def test_a_client_starts_in_the_middle_of_a_group_of_pictures(opened: Opening) -> None:
    async with opened() as district:
        url = url_of(district, "TZ-001-001")
        starts = []
        for _ in range(3):
            async with connected(district.devices[0].host, district.rtsp_port, PASSWORD) as client:
                await client.play(url)
                channel, packet = await client.packet()
                while channel:
                    channel, packet = await client.packet()
                starts.append(packet[12] & 0x1F)
            await asyncio.sleep(0.3)
        # Parameter sets (24: aggregated) stand in front of a keyframe only.
        assert any(kind != 24 for kind in starts)


async def test_the_description_says_what_a_decoder_needs(opened: Opening) -> None:
    async with opened() as district:
        url = url_of(district, "TZ-001-001")
        async with connected(district.devices[0].host, district.rtsp_port, PASSWORD) as client:
            options = await client.ask("OPTIONS", url)
            assert options.status == 200
            assert "GET_PARAMETER" in options.header("Public")
            reply = await client.describe(url)
            text = reply.body.decode()
            assert reply.header("Content-Type") == "application/sdp"
            assert "packetization-mode=1" in text
            assert "sprop-parameter-sets=Z2QAH" in text
            assert "a=control:trackID=0" in text


async def test_wrong_turns_have_their_own_answers(opened: Opening) -> None:
    async with opened() as district:
        url = url_of(district, "TZ-001-001")
        async with connected(district.devices[0].host, district.rtsp_port, PASSWORD) as client:
            assert (await client.describe(url)).status == 200
            assert (await client.ask("DESCRIBE", url.replace("/102", "/9902"))).status == 404
            assert (await client.set_up(url, "RAW/RAW/UDP")).status == 461
            assert (await client.ask("PLAY", url, Session="nobody")).status == 454
            assert (await client.ask("RECORD", url)).status == 405
            assert (await client.ask("GET_PARAMETER", url)).status == 200


async def test_a_paused_session_is_quiet_and_a_torn_down_one_is_gone(opened: Opening) -> None:
    async with opened() as district:
        device = district.devices[0]
        url = url_of(district, "TZ-001-001")
        async with connected(device.host, district.rtsp_port, PASSWORD) as client:
            session = await client.play(url)
            await client.packet()
            assert device.opens == 1
            assert (await client.ask("PAUSE", url, Session=session)).status == 200
            assert device.opens == 0
            assert (await client.ask("PLAY", url, Session=session)).status == 200
            await client.packet()
            assert (await client.ask("TEARDOWN", url, Session=session)).status == 200
            assert device.opens == 0
            assert (await client.ask("PLAY", url, Session=session)).status == 454


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def test_a_closed_connection_frees_its_stream(opened: Opening) -> None:
    async with opened() as district:
        device = district.devices[0]
        async with connected(device.host, district.rtsp_port, PASSWORD) as client:
            await client.play(url_of(district, "TZ-001-001"))
            await client.packet()
        await until(lambda: device.opens == 0)


async def test_an_old_nonce_is_called_stale_and_a_new_one_works(opened: Opening) -> None:
    async with opened(nonce_seconds=0.5) as district:
        url = url_of(district, "TZ-001-001")
        async with connected(district.devices[0].host, district.rtsp_port, PASSWORD) as client:
            assert (await client.ask("DESCRIBE", url)).status == 401
            await asyncio.sleep(0.7)
            stale = await client.ask("DESCRIBE", url)
            assert stale.status == 401
            assert "stale=TRUE" in stale.header("WWW-Authenticate")
            assert (await client.ask("DESCRIBE", url)).status == 200


async def test_a_recorder_opens_only_so_many_streams_at_once(opened: Opening) -> None:
    async with opened() as district:
        device = district.devices[0]
        limit = device.device.max_opens
        url = url_of(district, "TZ-001-001")
        async with connected(device.host, district.rtsp_port, PASSWORD) as client:
            assert (await client.describe(url)).status == 200
            statuses = [(await client.set_up(url)).status for _ in range(limit + 1)]
        assert statuses == [200] * limit + [453]


async def test_a_reader_that_does_not_read_is_dropped(opened: Opening) -> None:
    async with opened(pace=40.0) as district:
        device = district.devices[0]
        url = url_of(district, "TZ-001-001", "main")
        async with connected(device.host, district.rtsp_port, PASSWORD, limit=4096) as client:
            with closing(client.writer.get_extra_info("socket").dup()) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                await client.play(url)
                await until(lambda: district.tally.slow_readers == 1)
                # The connection is aborted at once; the loop tells of it a turn later.
                await until(lambda: device.opens == 0)


async def test_pictures_of_the_tape_come_out_of_the_decoder(opened: Opening) -> None:
    def decode(url: str) -> float:
        with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(PATIENCE, None)) as container:
            frame = next(container.decode(container.streams.video[0]))
            return float(np.asarray(frame.to_ndarray(format="gray")).std())

    async with opened() as district:
        spread = await asyncio.to_thread(decode, url_of(district, "TZ-001-001", "sub", f"viewer:{PASSWORD}@"))
        assert spread > 20
