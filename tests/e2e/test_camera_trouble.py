"""Cameras that give no picture: what the tile says, what to do about it, and how the picture comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from gateway.samples.faults import Fault
from tests.e2e.conftest import Desk
from tests.e2e.test_accounts import fill
from tests.e2e.test_triage import SAMPLE, faulty
from tests.e2e.test_wall import pick
from tests.peers.gstreamer import serving
from tests.running import District, items, wait_until

PASSWORD = "示例-right-1"
USER = "viewer"


def added(client: httpx.Client, name: str, port: int, streams: dict[str, str], **more: str) -> dict[str, Any]:
    """A camera of the department at that port, as the API makes it."""
    made = client.post(
        "/api/v1/cameras",
        json={
            "name_zh": name,
            "kind": "road",
            "scheme": "rtsp",
            "host": "127.0.0.1",
            "rtsp_port": port,
            "streams": [{"kind": kind, "path": path} for kind, path in streams.items()],
            "owner_id": "T-320612001",
            "township_code": "320612001",
            "purposes": ["PS-ORDER"],
            "filing": {"need_statement": "道路交通秩序(示例)", "place_type": "public_road"},
            "latitude": 32.06,
            "longitude": 121.06,
            **more,
        },
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


@contextmanager
def camera_of(client: httpx.Client, name: str, port: int, streams: dict[str, str], **more: str) -> Iterator[str]:
    """The id of such a camera, out of service afterwards."""
    camera = added(client, name, port, streams, **more)["id"]
    try:
        yield camera
    finally:
        now = client.get(f"/api/v1/cameras/{camera}").json()
        client.patch(f"/api/v1/cameras/{camera}", json={"version": now["version"], "enabled": False})


def state_of(client: httpx.Client, camera: str) -> str:
    return str(client.get(f"/api/v1/cameras/{camera}").json()["state"])


def open_page(desk: Desk, camera: str) -> Page:
    """The camera's own page."""
    desk.page.goto(f"{desk.district.base_url}/#/cameras/{camera}")
    desk.page.locator('[data-test="camera-page"]').wait_for()
    return desk.page


def on_wall(desk: Desk, camera: str) -> Page:
    """The camera alone on a wall of four."""
    page = desk.page
    desk.go("wall")
    page.locator('[data-test="layout-4"]').click()
    pick(page, camera)
    return page


@pytest.mark.peer("gstreamer")
def test_a_wrong_password_is_said_with_what_to_do_and_the_right_one_brings_the_picture(
    desks: Callable[..., Desk], district: District
) -> None:
    account = {"username": USER, "password": "示例-wrong"}
    with (
        serving(["/cam=h264"], user=USER, password=PASSWORD) as port,
        district.client("jinsha") as client,
        camera_of(client, "密码有误(示例)", port, {"main": "/cam"}, **account) as camera,
    ):
        wait_until(lambda: state_of(client, camera) == "refused", "the device to refuse the password")
        desk = desks("jinsha")
        page = on_wall(desk, camera)
        words = page.locator('[data-test="tile-words"]')
        expect(words).to_contain_text("设备拒绝了密码")
        expect(page.locator('[data-test="tile-hint"]')).to_contain_text("在点位档案中更正设备的用户名和密码")
        desk.shoot("refused")
        page.locator('[data-test="language-en"]').click()
        expect(words).to_contain_text("The device refused the password")
        expect(page.locator('[data-test="tile-hint"]')).to_contain_text("corrects user name and password")
        assert words.inner_text().count("password") < 4, "the tile does not say one thing three times"
        desk.shoot("refused.en")
        page.locator('[data-test="language-zh"]').click()
        open_page(desk, camera)
        expect(page.locator('[data-test="camera-reason"]')).to_contain_text("设备不接受该用户名和密码")
        page.locator('[data-test="camera-edit"]').click()
        fill(page, "field-password", PASSWORD)
        page.locator('[data-test="camera-save"]').click()
        page.locator('video[data-test="tile"][data-state="playing"]').wait_for()
        desk.shoot("password-mended")


@pytest.mark.peer("gstreamer")
def test_a_stream_that_the_browser_cannot_play_is_said_with_the_choice(
    desks: Callable[..., Desk], district: District
) -> None:
    with (
        serving(["/main=h265", "/sub=h264"]) as port,
        district.client("jinsha") as client,
        camera_of(client, "主码流 H.265(示例)", port, {"main": "/main", "sub": "/sub"}) as camera,
    ):
        wait_until(lambda: state_of(client, camera) == "online", "the camera to come online")
        desk = desks("jinsha")
        page = on_wall(desk, camera)
        page.locator('video[data-test="tile"][data-state="playing"]').wait_for()
        page.locator('[data-test="slot"]').first.hover()
        page.locator('[data-test="tile-full"]').first.click()
        words = page.locator('[data-test="tile-words"]')
        expect(words).to_contain_text("浏览器无法播放此码流")
        expect(page.locator('[data-test="tile-hint"]')).to_contain_text("H.264")
        desk.shoot("unplayable")
        page.locator('[data-test="use-sub"]').click()
        page.locator('video[data-test="tile"][data-stream="sub"][data-state="playing"]').wait_for()


def test_a_camera_that_is_away_says_so_and_comes_back_by_itself(desks: Callable[..., Desk], district: District) -> None:
    with district.client("jinsha") as client:
        online = items(client, "/api/v1/cameras", limit=200, state="online", owner="T-320612001")
        camera = [str(one["id"]) for one in online if one["id"].startswith(SAMPLE)][-1]
        desk = desks("jinsha")
        page = on_wall(desk, camera)
        playing = page.locator('video[data-test="tile"][data-state="playing"]')
        playing.wait_for()
        with faulty(district, camera, Fault.DROP):
            wait_until(lambda: state_of(client, camera) == "offline", "the camera to be offline")
            words = page.locator('[data-test="tile-words"]')
            expect(words).to_contain_text("自动重试")
            expect(page.locator('[data-test="slot"]').first).to_contain_text("离线")
            desk.shoot("away")
        playing.wait_for()
        expect(page.locator('[data-test="tile-words"]')).to_have_count(0)
