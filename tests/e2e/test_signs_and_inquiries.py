"""A sign recorded with its photo, and a citizen's inquiry walked from intake to reply, each by who does it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from tests.e2e.conftest import Desk
from tests.e2e.test_adding import fill
from tests.running import wait_until


def _png() -> bytes:
    """A small blue picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\x20\x50\xa0" * 32) * 24
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _at(page: Page, name: str) -> Locator:
    return page.locator(f'[data-test="{name}"]')


def _day(page: Page, label: str, text: str) -> None:
    """Types into the date picker of that label and leaves it."""
    page.locator(f'.el-dialog input[aria-label="{label}"]').fill(text)
    page.keyboard.press("Enter")


def _write(page: Page, name: str, text: str) -> None:
    """Types into a text area."""
    page.locator(f'textarea[data-test="{name}"], [data-test="{name}"] textarea').first.fill(text)


def _percent(page: Page) -> float:
    shown = _at(page, "signs-total").get_attribute("data-percent")
    return float(shown or 0)


def unlabelled(page: Page) -> list[str]:
    """Inputs of the open dialog that a screen reader could not name."""
    script = """() => [...document.querySelectorAll('.el-dialog :is(input, textarea, select)')]
        .filter((one) => one.type !== 'hidden' && one.offsetParent !== null)
        .filter((one) => !one.getAttribute('aria-label') && !one.labels?.length && !one.getAttribute('aria-labelledby'))
        .map((one) => one.outerHTML.slice(0, 200))"""
    found: list[str] = page.evaluate(script)
    return found


def test_r04_a_sign_is_recorded_with_its_photo(desks: Callable[..., Desk]) -> None:
    desk = desks("jinsha")
    page = desk.page
    desk.go("cameras")
    _at(page, "tab-signs").click()
    _at(page, "sign-row").first.wait_for()
    before = _percent(page)
    row = page.locator('[data-test="sign-row"][data-standing="missing"]').first
    camera = row.get_attribute("data-camera")
    row.locator('[data-test="sign-record"]').click()
    _at(page, "sign-form").wait_for()
    _day(page, "设置日期", f"{date.today() - timedelta(days=100)}")
    _day(page, "最近检查", f"{date.today() - timedelta(days=10)}")
    fill(page, "sign-place", "路口东南角灯杆（示例）")
    _at(page, "sign-submit").click()
    assert _at(page, "form-trouble").inner_text() == "标识完好时必须有照片。"
    pdf = {"name": "sign.jpg", "mimeType": "image/jpeg", "buffer": b"%PDF-1.7 sample"}
    _at(page, "sign-photo").set_input_files(files=pdf)
    assert unlabelled(page) == []
    desk.shoot("sign-dialog")
    _at(page, "sign-photo").set_input_files(files={"name": "sign.png", "mimeType": "image/png", "buffer": _png()})
    _at(page, "sign-submit").click()
    page.locator(f'[data-test="sign-row"][data-camera="{camera}"][data-standing="current"]').wait_for()
    wait_until(lambda: _percent(page) > before, "the share to grow")
    desk.shoot("signs")
    page.goto(f"{desk.district.base_url}/#/cameras/{camera}")
    _at(page, "camera-tab-sign").click()
    picture = _at(page, "sign-picture")
    picture.wait_for()
    wait_until(lambda: picture.evaluate("one => one.naturalWidth") == 32, "the photo to be shown")
    desk.shoot("sign-card")


def _choose(page: Page, field: str, option: Locator) -> None:
    """Opens a select and clicks an option of it."""
    _at(page, field).first.click()
    option.first.click()


def _move(desk: Desk, name: str, state: str, fields: Callable[[Page], Any] = lambda page: None) -> None:
    """Makes one step of the open inquiry, and waits until it stands where that leads."""
    page = desk.page
    _at(page, f"inquiry-{name}").click()
    _at(page, "inquiry-move-form").wait_for()
    fields(page)
    assert unlabelled(page) == []
    _at(page, "inquiry-move-submit").click()
    page.locator(f'[data-test="inquiry"][data-state="{state}"]').wait_for()


def test_r21_a_citizens_inquiry_is_walked_from_intake_to_reply(desks: Callable[..., Desk]) -> None:
    desk, unit = desks("district"), desks("jinsha")
    with desk.district.client("jinsha") as client:
        camera = client.get("/api/v1/cameras?limit=50").json()["items"]
        owned = next(one for one in camera if "manage" in one["actions"])
        leader = desk.district.client("leader")
        me = leader.get("/api/v1/session").json()["operator"]["id"]
        leader.close()
    page = desk.page
    desk.go("tickets")
    _at(page, "tab-inquiries").click()
    _at(page, "inquiry-new").click()
    fill(page, "inquiry-name", "张某某（示例）")
    fill(page, "inquiry-contact", "书面（示例）")
    fill(page, "inquiry-place", "路口东南角（示例）")
    page.locator('textarea[data-test="inquiry-why"], [data-test="inquiry-why"] textarea').first.fill(
        "自行车被撞倒（示例）"
    )
    box = page.locator('[data-test="inquiry-cameras"] input, input[data-test="inquiry-cameras"]').first
    box.fill(owned["name_zh"])
    page.locator(f'[data-test="camera-option-{owned["id"]}"]').click()
    page.keyboard.press("Escape")
    assert unlabelled(page) == []
    desk.shoot("inquiry-intake")
    _at(page, "inquiry-submit").click()
    page.locator('[data-test="inquiry"][data-state="taken"]').wait_for()
    number = page.url.rsplit("/", 1)[-1]
    _move(desk, "identify", "identified")
    assert _at(page, "inquiry-consent").count() == 0, "the consent is another's to give"
    unit.page.goto(f"{unit.district.base_url}/#/inquiries/{number}")
    _move(unit, "consent", "consented")
    page.reload()

    def appointment(page: Page) -> None:
        _day(page, "查阅时间", f"{date.today() + timedelta(days=3)} 10:00:00")
        fill(page, "inquiry-where", "二楼值班室（示例）")

    _move(desk, "appoint", "appointed", appointment)
    _move(
        desk,
        "show",
        "viewed",
        lambda page: _choose(page, "inquiry-supervisor", page.locator(f'[data-test="inquiry-staff-{me}"]')),
    )

    def reply(page: Page) -> None:
        _write(page, "inquiry-words", "已当面查阅（示例）")

    _move(desk, "answer", "answered", reply)
    assert _at(page, "inquiry-reply").inner_text() == "已当面查阅（示例）"
    moves = _at(page, "inquiry-step").evaluate_all("all => all.map(one => one.dataset.move)")
    assert moves == ["take", "identify", "consent", "appoint", "show", "answer"]
    desk.shoot("inquiry")
