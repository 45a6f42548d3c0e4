"""The ONVIF adapter against what real devices said."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import onvif
from adapters.reachability import Unreachable
from gateway.domain.packets import StreamKind
from gateway.ports import Credential, Refused, Unavailable
from tests.peers.onvif_replay import replaying

DEVICES = Path(__file__).parents[2] / "fixtures/devices/onvif"
ACCOUNT = Credential("viewer", "s3cret")
HIKVISION = DEVICES / "hikvision-ds-2cd2012-i"
"""Its Profile_1 is the large encoding, and Profile_2 the small one that is taken."""
PLAYABLE = sorted(path.name for path in DEVICES.iterdir() if (path / "GetStreamUri-1.xml").exists())


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """The library takes proxy settings out of the environment."""
    before = dict(os.environ)
    yield
    os.environ.update(before)


@pytest.mark.parametrize("device", PLAYABLE)
async def test_every_recorded_device_is_resolved_at_the_dialled_host(device):
    async with replaying(DEVICES / device) as replay:
        found = await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)
    assert StreamKind.MAIN in found
    for address in found.values():
        assert address.host == "127.0.0.1"
        assert address.scheme == "rtsp"
        assert address.path.startswith("/")
        assert "@" not in address.path


@pytest.mark.parametrize("device", PLAYABLE)
async def test_every_recorded_device_says_what_it_is(device):
    async with replaying(DEVICES / device) as replay:
        found = await onvif.probe("127.0.0.1", replay.port, ACCOUNT, limit=2)
    assert found.manufacturer
    assert found.model
    assert found.channels
    for channel in found.channels:
        assert channel.codec in ("h264", "h265")
        assert channel.width > 0
        assert channel.snapshot is None or channel.snapshot.startswith("http://127.0.0.1:")


async def test_requests_are_signed_and_never_carry_the_password():
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)
    signed = [request for request in replay.requests if b"UsernameToken" in request]
    assert signed
    assert not any(b"s3cret" in request for request in replay.requests)


async def test_a_device_that_refuses_the_account():
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>'
        b'<s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">ter:NotAuthorized</s:Value></s:Subcode></s:Code>'
        b'<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>'
    )
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.status, replay.body = b"400 Bad Request", body
        with pytest.raises(Refused):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)


@pytest.mark.parametrize(
    "body", [b"", b"<html>login</html>", b"<a>", b"\x00\xff", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"]
)
async def test_nonsense_is_unavailable(body):
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.body = body
        with pytest.raises(Unavailable):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)


async def test_a_silent_device_is_given_up(monkeypatch):
    monkeypatch.setattr(onvif, "CALL_SECONDS", 0.2)
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.silent = True
        with pytest.raises(Unavailable, match="in time"):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)


async def test_nobody_there(free_port):
    with pytest.raises(Unreachable):
        await onvif.resolve("127.0.0.1", free_port, ACCOUNT)


async def test_a_device_that_takes_http_digest_only_is_resolved():
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.digest = (ACCOUNT.username, ACCOUNT.password)
        assert StreamKind.MAIN in await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)
        with pytest.raises(Refused):
            await onvif.resolve("127.0.0.1", replay.port, Credential("viewer", "wrong"))


async def test_a_device_that_gives_no_snapshots_to_this_user_still_says_its_channels():
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.faults = {"GetSnapshotUri"}
        found = await onvif.probe("127.0.0.1", replay.port, ACCOUNT, limit=3)
    assert found.channels
    assert {channel.snapshot for channel in found.channels} == {None}
    assert replay.asked["GetSnapshotUri"] <= onvif.PARALLEL_CALLS


async def test_a_device_that_takes_too_long_over_all_its_channels_is_given_up(monkeypatch):
    monkeypatch.setattr(onvif, "PROBE_SECONDS", 0.3)
    async with replaying(DEVICES / PLAYABLE[0]) as replay:
        replay.delay = 0.2
        with pytest.raises(Unavailable, match="all its channels"):
            await onvif.probe("127.0.0.1", replay.port, ACCOUNT)


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    """A recorder with two channels of that camera; the second one's profiles are called Second_1 to Second_3."""
    folder = Path(shutil.copytree(HIKVISION, tmp_path / "recorder"))
    answer = folder / "GetProfiles-1.xml"
    first = re.findall(r"<(\w+:Profiles) .*?</\1>", text := answer.read_text("utf-8"), re.DOTALL)[0]
    begin, end = text.index(f"<{first} "), text.rindex(f"</{first}>") + len(first) + 3
    second = text[begin:end].replace("Profile_", "Second_").replace("VideoSource_1", "VideoSource_2")
    answer.write_text(text[:end] + second + text[end:], "utf-8")
    return folder


async def test_a_channel_without_a_stream_does_not_lose_the_recorders_others(recorder):
    async with replaying(recorder) as replay:
        assert [one.number for one in (await onvif.probe("127.0.0.1", replay.port, ACCOUNT)).channels] == [1, 2]
        replay.streams = {"Profile_1": None}
        found = await onvif.probe("127.0.0.1", replay.port, ACCOUNT)
        assert [(one.number, one.sub is None) for one in found.channels] == [(2, False)]
        replay.streams = {"Profile_1": None, "Second_1": "rtsps://192.0.2.10/main"}
        with pytest.raises(Unavailable):
            await onvif.probe("127.0.0.1", replay.port, ACCOUNT)


@pytest.mark.parametrize("named", [None, "rtsps://192.0.2.10/sub", "http://192.0.2.10/sub"])
async def test_a_small_encoding_that_cannot_be_had_does_not_lose_the_large_one(named):
    async with replaying(HIKVISION) as replay:
        assert len(await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)) == 2
        replay.streams = {"Profile_2": named}
        assert list(await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)) == [StreamKind.MAIN]
        (channel,) = (await onvif.probe("127.0.0.1", replay.port, ACCOUNT)).channels
        assert channel.sub is None
        replay.streams = {"Profile_1": named}
        with pytest.raises(Unavailable):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)


async def test_a_small_encoding_that_is_not_answered_for_is_asked_for_again(monkeypatch):
    monkeypatch.setattr(onvif, "CALL_SECONDS", 0.5)
    async with replaying(HIKVISION) as replay:
        replay.swallowed = {"Profile_2"}
        with pytest.raises(Unavailable, match="in time"):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)


PASSING = [None, b"", b"<html><body>busy</body></html>", b"busy"]
"""A hang-up, and what stands in a 503."""


@pytest.mark.parametrize("said", PASSING)
async def test_a_passing_failure_is_not_taken_for_a_camera_without_a_small_encoding(said):
    """Or the large one would be pulled in its place for good."""
    async with replaying(HIKVISION) as replay:
        replay.failing = {"Profile_2": [said] * 9}
        with pytest.raises(Unavailable):
            await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)
        replay.failing = {}
        assert len(await onvif.resolve("127.0.0.1", replay.port, ACCOUNT)) == 2


@pytest.mark.parametrize("said", PASSING)
async def test_a_channel_that_fails_once_is_asked_for_again_and_never_left_out_in_silence(recorder, said):
    async with replaying(recorder) as replay:
        # the library itself asks again after a hang-up
        replay.failing = {"Second_1": [said] * (2 if said is None else 1)}
        assert [one.number for one in (await onvif.probe("127.0.0.1", replay.port, ACCOUNT)).channels] == [1, 2]
        replay.failing = {"Second_1": [said] * 9}
        with pytest.raises(Unavailable):
            await onvif.probe("127.0.0.1", replay.port, ACCOUNT)
