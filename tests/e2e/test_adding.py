"""Adding devices in the browser: an RTSP source typed by hand, and a recorder of several channels asked by ONVIF."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from gateway.samples.plan import Device, Plan, read_plan
from tests.e2e.conftest import ROOT, Desk
from tests.e2e.test_wall import decoded
from tests.running import items, wait_until

PLAN: Plan = read_plan(ROOT / "config" / "sample" / "plan.yaml")


def fill(page: Page, name: str, text: str) -> None:
    """Types into the field of that test name, whether it is on the input or around it."""
    page.locator(f'[data-test="{name}"] input, input[data-test="{name}"]').first.fill(text)


def connect(desk: Desk, device: Device, account: str = "viewer") -> None:
    """Opens the dialog and says where the device is."""
    desk.go("cameras")
    desk.page.locator('[data-test="camera-add"]').click()
    fill(desk.page, "add-host", device.host)
    fill(desk.page, "add-user", account)
    password = (desk.district.data / "sample-device-password").read_text("ascii").strip()
    fill(desk.page, "add-password", password)


def place(page: Page) -> None:
    """Where it stands; the form starts without a place."""
    assert page.locator('[data-test="add-latitude"] input, input[data-test="add-latitude"]').first.input_value() == ""
    fill(page, "add-latitude", "32.05")
    fill(page, "add-longitude", "121.05")
    page.keyboard.press("Tab")
    fill(page, "add-need", "道路交通秩序(示例)")


def playing(page: Page, count: int) -> dict[str, int]:
    """Waits until that many new cameras show pictures that go on."""
    wait_until(lambda: sum(frames > 20 for frames in decoded(page).values()) >= count, f"{count} pictures to play")
    return decoded(page)


def test_an_rtsp_source_typed_by_hand_plays(desks: Callable[..., Desk]) -> None:
    desk = desks("jinsha")
    device = next(one for one in PLAN.devices if len(one.channels) == 1)
    connect(desk, device)
    desk.page.get_by_text("RTSP", exact=True).first.click()
    fill(desk.page, "add-rtsp-port", str(PLAN.rtsp_port))
    fill(desk.page, "add-try-main", device.channels[0].main)
    fill(desk.page, "add-try-sub", device.channels[0].sub)
    desk.page.locator('[data-test="add-probe"]').click()
    assert "h264 1280×720" in desk.page.locator('[data-test="add-found"]').inner_text()
    fill(desk.page, "add-name", "手工添加(示例)")
    place(desk.page)
    desk.shoot("add-rtsp")
    desk.page.locator('[data-test="add-submit"]').click()
    assert len(playing(desk.page, 1)) == 1


def test_a_recorder_is_added_with_some_of_its_channels_in_one_step(desks: Callable[..., Desk]) -> None:
    desk = desks("jinsha")
    device = max(PLAN.devices, key=lambda one: len(one.channels))
    connect(desk, device)
    fill(desk.page, "add-port", str(PLAN.onvif_port))
    desk.page.locator('[data-test="add-probe"]').click()
    page = desk.page
    page.locator('[data-test="channel"]').first.wait_for()
    assert page.locator('[data-test="channel"]').count() == len(device.channels)
    assert page.locator('[data-test="add-found-port"] input').first.input_value() == str(PLAN.rtsp_port)
    page.locator('[data-test="pick-all"]').click()
    for number in (2, 3, 5):
        page.locator(f'[data-test="pick-{number}"]').click()
        fill(page, f"pick-name-{number}", f"录像机通道{number}(示例)")
    fill(page, "add-name", "新录像机(示例)")
    place(page)
    desk.shoot("add-recorder")
    page.locator('[data-test="add-submit"]').click()
    shown = playing(page, 3)
    assert len(shown) == 3
    with desk.district.client("jinsha") as client:
        added = [row for row in items(client, "/api/v1/cameras", q="录像机通道") if row["id"] in shown]
        assert sorted(row["channel"] for row in added) == [2, 3, 5]
        assert len({row["recorder_id"] for row in added}) == 1
        file = client.get(f"/api/v1/cameras/{added[0]['id']}").json()
        assert (file["host"], file["rtsp_port"], file["onvif_port"]) == (device.host, PLAN.rtsp_port, PLAN.onvif_port)
    desk.shoot("added-recorder")
